#!/usr/bin/env python3
"""The service watches by itself: a planted change is told to its owner once, is updated and closes, over a kill too."""

import datetime
import http.client
import json
import re
import sqlite3
import threading
import time
import unittest

from outreach_test import SECRET, Receiver
from support import Serve, Workspace, wait_until

CHANNELS = """
purposes: {service: {consent: opt_out}}
channels:
  web: {}
  ops:
    adapter: webhook
    webhook: {url: "http://127.0.0.1:%(port)d/ops", secrets: [PUSH_SECRET], private_addresses: true, timeout: 5s}
alerts: ops
"""

JOURNEY = """
journey: order
version: 1
title: From order to use
owner: shop@example.net
key: event.order
abandon_after: 1d
stages: [buy]
touchpoints:
  ordered: {stage: buy, title: Order, channels: [web], start: true, on: ordered, next: [used]}
  used: {stage: buy, channels: [web], on: used, goal: true, ends: happy}
"""

DAILY = 20
PATIENCE = 240  # seconds: a round may take no more than a twentieth of the time, and sanitizers take theirs


class Shop(Workspace):
    def __init__(self, receiver):
        super().__init__()
        self.write("channels.yaml", CHANNELS % {"port": receiver.port})
        (self.path / "journeys/trial-to-subscription.yaml").unlink()
        self.write("journeys/order.yaml", JOURNEY)
        self.write("lotse.yaml", "serve: {alerts: {every: 1s}}\n")
        self.channel = re.search(r"lotse_channel_\S+", self.token("add", "shop", "--role", "channel")).group()
        self.analyst = re.search(r"lotse_analyst_\S+", self.token("add", "eye", "--role", "analyst")).group()
        self.begin = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=60)

    def serve(self):
        return Serve(self, environment={"PUSH_SECRET": SECRET})

    def days(self, first, last, lost_of_ten):
        """What DAILY customers did on each of these days: some never come back."""
        events = []
        for number in range(first * DAILY, last * DAILY):
            at = self.begin + datetime.timedelta(days=number / DAILY)
            kinds = [("ordered", 0)] if number % 10 < lost_of_ten else [("ordered", 0), ("used", 1)]
            events += [{"id": f"{kind}-{number}", "type": kind, "channel": "web", "ids": {"user_id": f"u{number}"},
                        "time": (at + datetime.timedelta(hours=hours)).isoformat(timespec="milliseconds"),
                        "properties": {"order": f"o{number}"}} for kind, hours in kinds]
        return events

    def post(self, serve, events):
        status, _, text = serve.request("POST", "/v1/events", events, self.channel)
        assert status == 200, text

    def drop_offs(self, serve):
        listed = json.loads(serve.request("GET", "/v1/incidents?journey=order", token=self.analyst)[2])["incidents"]
        return [one for one in listed if one["kind"] == "drop_off"]


def told(receiver):
    """(template, incident) of the alerts about drop-off that have arrived, each with how often."""
    with receiver.lock:
        bodies = {key: json.loads(next(iter(bodies))) for key, bodies in receiver.bodies.items() if receiver.taken[key]}
        counts = dict(receiver.taken)
    return [(body["data"]["template"], body["data"]["with"]["incident"], body["data"]["address"], counts[key])
            for key, body in sorted(bodies.items()) if "dropped off" in body["data"]["with"]["detail"]]


def rounds(serve, token):
    return float(re.search(r"^lotse_incident_rounds_total (\S+)$", serve.request("GET", "/metrics", token=token)[2], re.M).group(1))


def look_again(serve, token):
    """Waits for a whole round that begins after now."""
    before = rounds(serve, token)
    wait_until("two more rounds", lambda: rounds(serve, token) >= before + 2, PATIENCE)


def listen(serve, token, lines):
    connection = http.client.HTTPConnection("127.0.0.1", serve.port)
    connection.request("GET", "/v1/changes", headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()

    def read():
        try:
            while line := answer.readline():
                lines.append(line.decode().strip())
        except OSError:
            pass  # the service has ended

    threading.Thread(target=read, daemon=True).start()


class Incidents(unittest.TestCase):
    def test_a_change_is_told_once_updated_and_closed_over_a_kill(self):
        receiver = Receiver()
        with Shop(receiver) as shop:
            with shop.serve() as serve:
                shop.post(serve, shop.days(0, 40, 2))
                look_again(serve, shop.analyst)
                self.assertEqual((shop.drop_offs(serve), told(receiver)), ([], []))

                lines = []
                listen(serve, shop.analyst, lines)
                shop.post(serve, shop.days(40, 43, 6))
                incident = wait_until("the incident", lambda: shop.drop_offs(serve), PATIENCE)[0]
                self.assertIsNone(incident["closed"])
                self.assertEqual((incident["touchpoint"], incident["incident"]["owner"]), ("ordered", "shop@example.net"))
                wait_until("the owner to hear", lambda: told(receiver))
                self.assertEqual(told(receiver), [("incident_opened", incident["id"], "shop@example.net", 1)])
                wait_until("the stream to tell", lambda: "event: incident" in lines)
                look_again(serve, shop.analyst)
                serve.process.kill()
                serve.process.wait()

            with shop.serve() as serve:
                look_again(serve, shop.analyst)
                self.assertEqual(len(told(receiver)), 1)  # neither repeated nor lost
                self.assertEqual([one["id"] for one in shop.drop_offs(serve)], [incident["id"]])

                shop.post(serve, shop.days(43, 48, 6))
                wait_until("the update", lambda: len(told(receiver)) > 1, PATIENCE)
                self.assertIn("incident_updated", [one[0] for one in told(receiver)])

                shop.post(serve, shop.days(48, 58, 2))
                wait_until("the end", lambda: shop.drop_offs(serve)[0]["closed"], PATIENCE)
                wait_until("the owner to hear of it", lambda: "incident_closed" in [one[0] for one in told(receiver)])
                look_again(serve, shop.analyst)
                heard = told(receiver)
                self.assertEqual({one[1] for one in heard}, {incident["id"]})
                self.assertEqual({one[3] for one in heard}, {1})
                self.assertEqual([one[0] for one in heard].count("incident_opened"), 1)
                self.assertEqual([one[0] for one in heard].count("incident_closed"), 1)
                self.assertEqual(receiver.badly_signed, [])
                metrics = serve.request("GET", "/metrics", token=shop.analyst)[2]
                self.assertRegex(metrics, r"(?m)^lotse_incidents_open \d+$")

            with sqlite3.connect(shop.path / "lotse.db") as store:
                row = store.execute("SELECT kind, touchpoint, owner, closed IS NOT NULL, disproved, before, lost > 20 FROM incidents"
                                    " WHERE id = ?", (incident["id"],)).fetchone()
            self.assertEqual(row[:5], ("drop_off", "ordered", "shop@example.net", 1, 0))
            self.assertAlmostEqual(row[5], 0.2, 1)
            self.assertEqual(row[6], 1)
        receiver.end()


if __name__ == "__main__":
    unittest.main()
