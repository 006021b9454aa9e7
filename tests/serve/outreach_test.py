#!/usr/bin/env python3
"""What Lotse sends arrives, once for whoever keeps to the key, however often the engine is killed and the receiver fails."""

import base64
import collections
import datetime
import hashlib
import hmac
import http.client
import http.server
import json
import os
import random
import re
import socket
import sqlite3
import threading
import time
import unittest

from support import Serve, Workspace, wait_until

SECRET = "whsec_" + base64.b64encode(b"twenty-four bytes or more").decode()
ROUNDS = int(os.environ.get("LOTSE_KILLS", "50"))

CHANNELS = """
purposes: {service: {consent: opt_out}}
channels:
  web: {}
  desk: {human: true}
  push:
    adapter: webhook
    purposes: [service]
    webhook: {url: "http://127.0.0.1:%(port)d/push", secrets: [PUSH_SECRET], private_addresses: true, timeout: 1s}
  sms:
    adapter: webhook
    purposes: [service]
    webhook: {url: "http://127.0.0.1:%(port)d/sms", secrets: [PUSH_SECRET], private_addresses: true, timeout: 1s}
teams:
  care: {title: Care, webhook: {url: "http://127.0.0.1:%(port)d/care", secrets: [PUSH_SECRET], private_addresses: true, timeout: 1s}}
"""

JOURNEY = """
journey: order
version: 1
title: From order to use
owner: shop@example.net
key: event.order
stages: [buy]
context: {amount: {type: number, default: 0}}
value: context.amount
touchpoints:
  ordered:
    stage: buy
    channels: [web]
    start: true
    on: ordered
    capture: {amount: event.amount}
    next: [thanks, {to: call, on: help_wanted}, used]
  thanks: {channels: [push, sms], send: {template: thanks, purpose: service, with: {amount: context.amount}}}
  call: {channels: [desk], handover: {team: care}, promise: 4h}
  used: {stage: buy, channels: [web], on: used, goal: true}
"""


class Receiver(http.server.ThreadingHTTPServer):
    """Takes what is posted. `behave(path, id, attempt)` says how it answers."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, behave=lambda path, key, attempt: 200):
        super().__init__(("127.0.0.1", 0), Handler)
        self.behave = behave
        self.lock = threading.Lock()
        self.bodies = collections.defaultdict(set)
        self.attempts = collections.Counter()
        self.taken = collections.Counter()
        self.paths = {}
        self.badly_signed = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        pass  # a killed engine drops its connections

    def end(self):
        self.shutdown()
        self.server_close()

    @property
    def port(self):
        return self.server_address[1]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        key, stamp = self.headers["webhook-id"], self.headers["webhook-timestamp"]
        expected = base64.b64encode(hmac.new(base64.b64decode(SECRET[6:]), f"{key}.{stamp}.".encode() + body,
                                             hashlib.sha256).digest()).decode()
        to = self.server
        with to.lock:
            if f"v1,{expected}" not in self.headers["webhook-signature"].split() or abs(time.time() - int(stamp)) > 60:
                to.badly_signed.append(key)
            to.bodies[key].add(body)
            to.attempts[key] += 1
            to.paths[key] = self.path
            answer = to.behave(self.path, key, to.attempts[key])
            if answer in (200, "forget"):
                to.taken[key] += 1
        if answer == "hang":
            time.sleep(3)
        if answer in ("hang", "drop", "forget"):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(answer)
        if answer == 429:
            self.send_header("Retry-After", "1")
        if answer == 301:
            self.send_header("Location", "/elsewhere")
        self.send_header("content-length", "0")
        self.end_headers()


class Shop(Workspace):
    def __init__(self, receiver):
        super().__init__()
        self.write("channels.yaml", CHANNELS % {"port": receiver.port})
        self.write("journeys/trial-to-subscription.yaml", "")
        (self.path / "journeys/trial-to-subscription.yaml").unlink()
        self.write("journeys/order.yaml", JOURNEY)
        self.channel = re.search(r"lotse_channel_\S+", self.token("add", "shop", "--role", "channel")).group()
        self.agent = re.search(r"lotse_agent_\S+", self.token("add", "desk", "--role", "agent")).group()
        self.admin = re.search(r"lotse_admin_\S+", self.token("add", "ops", "--role", "admin")).group()

    def serve(self):
        return Serve(self, environment={"PUSH_SECRET": SECRET})


def event(kind, user, **properties):
    now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
    return {"id": f"{kind}-{user}", "type": kind, "time": now, "channel": "web",
            "ids": {"user_id": user}, "properties": {"order": f"o-{user}", "amount": 10, **properties}}


def metric(serve, name, token):
    text = serve.request("GET", "/metrics", token=token)[2]
    return float(re.search(rf"^{name} (\S+)$", text, re.M).group(1))


class Outreach(unittest.TestCase):
    def test_a_message_a_task_and_its_end(self):
        receiver = Receiver()
        with Shop(receiver) as shop, shop.serve() as serve:
            trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            self.assertEqual(serve.status("POST", "/v1/events", event("ordered", "ada"), shop.channel,
                                          {"traceparent": trace}), 200)
            wait_until("the message", lambda: len(receiver.taken) == 1)
            message = json.loads(next(iter(next(iter(receiver.bodies.values())))))
            self.assertEqual(message["traceparent"], trace)
            self.assertEqual((message["type"], message["subject"], message["data"]["template"], message["data"]["with"]),
                             ("lotse.message.requested", "user_id:ada", "thanks", {"amount": 10}))

            self.assertEqual(serve.status("POST", "/v1/events", event("help_wanted", "ada"), shop.channel), 200)
            wait_until("the task", lambda: len(receiver.taken) == 2)
            tasks = json.loads(serve.request("GET", "/v1/tasks?team=care", token=shop.agent)[2])
            self.assertEqual((tasks["open"], tasks["tasks"][0]["touchpoint"]), (1, "call"))
            task = f"/v1/tasks/{tasks['tasks'][0]['key']}"
            self.assertIn(tasks["tasks"][0]["key"], receiver.bodies)

            claim = lambda by: serve.request("POST", f"{task}/claim", {"by": by}, shop.agent)
            self.assertEqual(json.loads(claim("kim")[2])["tasks"][0]["claimed_by"], "kim")
            self.assertEqual(claim("kim")[0], 200)
            self.assertEqual(claim("sam")[0], 409)
            self.assertEqual(serve.status("POST", f"{task}/release", token=shop.agent), 200)
            self.assertEqual(claim("sam")[0], 200)
            self.assertEqual(serve.status("POST", f"{task}/notes", {}, shop.agent), 400)
            for key in ("n-1", '"n-1"'):
                self.assertEqual(serve.status("POST", f"{task}/notes", {"text": "called"}, shop.agent,
                                              {"Idempotency-Key": key}), 200)
            detail = json.loads(serve.request("GET", task, token=shop.agent)[2])
            self.assertEqual(detail["context"], {"amount": 10})
            self.assertEqual([entry["what"] for entry in detail["log"]], ["claimed", "claimed", "released", "claimed", "noted"])
            self.assertEqual(serve.status("POST", f"{task}/complete", {"reslt": "helped"}, shop.agent), 400)
            self.assertEqual(serve.status("POST", f"{task}/complete", {"result": "helped"}, shop.agent), 204)
            self.assertEqual(serve.status("GET", task, token=shop.agent), 404)
            self.assertEqual(json.loads(serve.request("GET", "/v1/tasks", token=shop.agent)[2])["open"], 0)
        receiver.end()

    def test_a_receiver_that_wants_no_more_is_left_alone_and_the_next_channel_is_taken(self):
        receiver = Receiver(lambda path, key, attempt: 410 if path == "/push" else 200)
        with Shop(receiver) as shop, shop.serve() as serve:
            for user in ("ada", "bob"):
                self.assertEqual(serve.status("POST", "/v1/events", event("ordered", user), shop.channel), 200)
                wait_until("the other channel", lambda: sum(path == "/sms" for path in receiver.paths.values()) == (1 if user == "ada" else 2))
            self.assertEqual(sum(path == "/push" for path in receiver.paths.values()), 1)
        receiver.end()

    def test_dead_letters_are_listed_and_tried_again(self):
        answer = {"status": 400}
        receiver = Receiver(lambda path, key, attempt: answer["status"])
        with Shop(receiver) as shop, shop.serve() as serve:
            self.assertEqual(serve.status("POST", "/v1/events", event("ordered", "ada"), shop.channel), 200)
            dead = lambda: json.loads(serve.request("GET", "/v1/outbox/dead", token=shop.admin)[2])["dead"]
            letter = wait_until("the dead letter", dead)[0]
            self.assertEqual((letter["route"], letter["touchpoint"], letter["error"]), ("sms", "thanks", "answered 400"))
            answer["status"] = 200
            self.assertEqual(serve.status("POST", f"/v1/outbox/{letter['id']}/retry", token=shop.admin), 204)
            wait_until("its arrival", lambda: receiver.taken[letter["id"]] == 1 and not dead())
            self.assertEqual(serve.status("POST", f"/v1/outbox/{letter['id']}/retry", token=shop.admin), 404)
        receiver.end()

    def test_killed_at_random_it_sends_everything_under_one_key_with_one_body(self):
        chance = random.Random(4711)

        def behave(path, key, attempt):
            if attempt > 1:
                return 200
            return chance.choices([200, 503, 429, 301, "drop", "hang", "forget"], [60, 8, 8, 4, 8, 4, 8])[0]

        receiver = Receiver(behave)
        with Shop(receiver) as shop:
            users, stop = [], threading.Event()
            current = {"port": None}

            def load(number):
                count = 0
                while not stop.is_set():
                    user = f"u{number}-{count}"
                    count += 1
                    body = event("ordered", user)
                    while True:  # until it is acknowledged
                        connection = http.client.HTTPConnection("127.0.0.1", current["port"] or 1, timeout=5)
                        try:
                            connection.request("POST", "/v1/events", json.dumps(body), {"Authorization": f"Bearer {shop.channel}"})
                            if connection.getresponse().status == 200:
                                break
                        except (OSError, http.client.HTTPException):
                            time.sleep(0.02)
                        finally:
                            connection.close()
                    users.append(user)
                    time.sleep(0.01)

            threads = [threading.Thread(target=load, args=(number,)) for number in range(4)]
            for thread in threads:
                thread.start()
            try:
                for _ in range(ROUNDS):
                    with shop.serve() as serve:
                        current["port"] = serve.port
                        time.sleep(chance.uniform(0.1, 0.6))
                        serve.process.kill()
                        serve.process.wait()
                with shop.serve() as serve:
                    current["port"] = serve.port
                    stop.set()
                    for thread in threads:
                        thread.join()
                    wait_until("an empty outbox", lambda: metric(serve, "lotse_outbox_waiting", shop.admin) == 0
                               and len(receiver.taken) >= len(users), 120)
                    self.assertEqual(metric(serve, "lotse_outbox_dead", shop.admin), 0)
            finally:
                stop.set()
            store = sqlite3.connect(shop.path / "lotse.db")
            statuses = dict(store.execute("SELECT status, count(*) FROM effects GROUP BY status"))
            self.assertEqual(store.execute("SELECT count(*) FROM deliveries").fetchone()[0], 0)
            keys = {row[0] for row in store.execute("SELECT key FROM effects")}
        print(f"{len(users)} orders, {ROUNDS} kills, {sum(receiver.attempts.values())} attempts of {len(receiver.attempts)} messages")
        self.assertEqual(statuses, {"handed_out": len(users)})
        self.assertEqual(set(receiver.taken), keys)
        self.assertEqual(receiver.badly_signed, [])
        self.assertEqual([key for key, bodies in receiver.bodies.items() if len(bodies) > 1], [])
        subjects = collections.Counter(json.loads(next(iter(bodies)))["subject"] for bodies in receiver.bodies.values())
        self.assertEqual(subjects, collections.Counter(f"user_id:{user}" for user in users))
        receiver.end()


if __name__ == "__main__":
    unittest.main(verbosity=2)
