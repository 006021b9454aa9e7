#!/usr/bin/env python3
"""`risk` in conditions: curves from the command line and from the service, and who gets a call by them."""

import datetime
import json
import re
import sqlite3
import unittest

from support import Serve, Workspace, wait_until

CHANNELS = """
channels:
  web: {}
  phone: {human: true}
"""

JOURNEY = """
journey: order
version: 1
title: From order to use
owner: shop@example.net
key: event.order
abandon_after: 2d
stages: [buy]
touchpoints:
  ordered:
    stage: buy
    channels: [web]
    start: true
    on: ordered
    next: [{to: call, after: 2h, when: risk > 0.4}, used]
  call: {channels: [phone], handover: {team: desk}}
  used: {stage: buy, channels: [web], on: used, goal: true, ends: happy}
"""

NOW = datetime.datetime.now(datetime.timezone.utc)


class Shop(Workspace):
    def __init__(self):
        super().__init__()
        self.write("channels.yaml", CHANNELS)
        (self.path / "journeys/trial-to-subscription.yaml").unlink()
        self.write("journeys/order.yaml", JOURNEY)
        self.write("lotse.yaml", "")

    def ingest(self, events):
        self.write("events.ndjson", "".join(json.dumps(event) + "\n" for event in events))
        run = self.lotse("ingest", self.path / "events.ndjson", "-w", self.path)
        assert run.returncode == 0, run.stderr

    def report(self, *words):
        return self.lotse("report", "risk", "-w", self.path, *words)

    def recorded(self):
        with sqlite3.connect(self.path / "lotse.db") as store:
            return store.execute("SELECT journey, at, curves FROM risk_refreshes").fetchall()


def event(user, kind, ago):
    return {"id": f"{kind}-{user}", "type": kind, "channel": "web", "ids": {"user_id": user},
            "time": (NOW - ago).isoformat(timespec="milliseconds"), "properties": {"order": user}}


def past(customers):
    """Orders of twenty days ago; two in three are used within the hour."""
    events = []
    for number in range(customers):
        ago = datetime.timedelta(days=20, minutes=-number)
        events.append(event(f"u{number}", "ordered", ago))
        if number % 3:
            events.append(event(f"u{number}", "used", ago - datetime.timedelta(hours=1)))
    return events


class Risk(unittest.TestCase):
    def test_the_command_line_records_curves_once_and_only_when_asked(self):
        with Shop() as shop:
            # Ordered three hours ago: the call was due an hour ago, before there were any curves.
            shop.ingest(past(90) + [event("early", "ordered", datetime.timedelta(hours=3))])
            self.assertEqual(shop.report().returncode, 0)
            self.assertEqual(shop.recorded(), [])

            run = shop.report("--record", "--as-of", "2024-01-01")
            self.assertEqual((run.returncode, run.stdout), (2, ""))
            self.assertIn("--record is about what is known now: leave --as-of out", run.stderr)

            draft = JOURNEY.replace("version: 1", "version: 2")
            (shop.path / "journeys/draft.yaml").write_text(draft)
            run = shop.report("--record")
            self.assertEqual((run.returncode, run.stdout), (2, ""))
            self.assertIn("version 2 of `order` is not published yet", run.stderr)
            (shop.path / "journeys/draft.yaml").unlink()
            run = shop.report("--record")
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertEqual(run.stderr, "recorded: from now on `risk` in conditions reads these curves\n")
            self.assertIn("early", run.stdout)
            [(journey, _, curves)] = shop.recorded()
            self.assertEqual(journey, "order")
            # Who is there after an hour is one of the thirty of whom none came back; from four days on nobody is.
            self.assertRegex(curves, r"^1 ordered 0:33 3600000:100 \d+:-\n$")

            run = shop.report("--record")
            self.assertEqual(run.stderr, "nothing to record: these curves are in force already\n")
            self.assertEqual(len(shop.recorded()), 1)
            run = shop.lotse("customer", "early", "-w", shop.path, "--as-of", "now", "--format", "json")
            self.assertEqual(run.returncode, 0, run.stderr)
            [instance] = json.loads(run.stdout)["instances"]
            self.assertEqual(instance["effects"], [])

    def test_the_service_computes_them_when_there_are_none_and_not_again_that_night(self):
        with Shop() as shop:
            shop.ingest(past(90))
            reader = re.search(r"lotse_analyst_\S+", shop.token("add", "eye", "--role", "analyst")).group()
            channel = re.search(r"lotse_channel_\S+", shop.token("add", "shop", "--role", "channel")).group()

            def refreshes(serve):
                text = serve.request("GET", "/metrics", token=reader)[2]
                return int(re.search(r"(?m)^lotse_risk_refreshes_total (\d+)$", text).group(1))

            with Serve(shop) as serve:
                wait_until("the curves", lambda: refreshes(serve) == 1)
                serve.says("risk curves computed anew")
                self.assertIn("order", serve.err())
                run = shop.report("--record")
                self.assertEqual(run.returncode, 3)
                self.assertIn("another lotse is writing to this store", run.stderr)
                # Two hours ago and a moment: the call is due soon, and decided on by these curves.
                late = event("late", "ordered", datetime.timedelta(hours=2))
                late["time"] = (datetime.datetime.now(datetime.timezone.utc)
                                - datetime.timedelta(hours=2, seconds=-2)).isoformat(timespec="milliseconds")
                status, _, text = serve.request("POST", "/v1/events", [late], channel)
                self.assertEqual(status, 200, text)
                agent = re.search(r"lotse_agent_\S+", shop.token("add", "desk", "--role", "agent")).group()
                wait_until("the task", lambda: "call" in serve.request("GET", "/v1/tasks?team=desk", token=agent)[2])
                serve.process.kill()
                serve.process.wait()

            self.assertEqual(len(shop.recorded()), 1)
            with Serve(shop) as serve:
                self.assertIn("call", serve.request("GET", "/v1/tasks?team=desk", token=agent)[2])
                self.assertEqual(refreshes(serve), 0)


if __name__ == "__main__":
    unittest.main()
