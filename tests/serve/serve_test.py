#!/usr/bin/env python3
"""`lotse serve` as whoever operates it meets it: start, settings, tokens, reload, end."""

import contextlib
import json
import os
import re
import signal
import socket
import sqlite3
import ssl
import subprocess
import tempfile
import time
import unittest
import urllib.request

from support import PATIENCE, Serve, Workspace, wait_until

EVENT = {"id": "e1", "type": "signed_up", "time": "2024-01-15T09:00:00Z",
         "ids": {"user_id": "ada"}, "properties": {"plan": "monthly", "price": 9}}


class Start(unittest.TestCase):
    def test_says_where_it_listens_and_ends_by_either_signal(self):
        for sent in (signal.SIGTERM, signal.SIGINT):
            with Workspace() as workspace, Serve(workspace) as serve:
                self.assertEqual(serve.out(), f"listening on http://127.0.0.1:{serve.port}\n")
                self.assertEqual(serve.request("GET", "/healthz")[::2], (200, "ok\n"))
                self.assertEqual(serve.request("GET", "/readyz")[::2], (200, "ready\n"))
                serve.process.send_signal(sent)
                self.assertEqual(serve.process.wait(PATIENCE), 0)
                self.assertRegex(serve.err(), r"Z info stopping\n.*Z info stopped\n$")

    def test_an_event_outlives_a_restart(self):
        with Workspace() as workspace:
            shop = workspace.token("add", "shop", "--role", "channel", "--channel", "web")
            desk = workspace.token("add", "desk", "--role", "agent")
            with Serve(workspace) as serve:
                status, _, text = serve.request("POST", "/v1/events", EVENT, shop)
                self.assertEqual((status, json.loads(text)["accepted"]), (200, 1), text)
            with Serve(workspace) as serve:
                status, _, text = serve.request("GET", "/v1/customers/user_id:ada", token=desk)
                self.assertEqual(status, 200, text)
                self.assertIn("ada", text)
                self.assertIn('"duplicate":1', re.sub(r"\s", "", serve.request("POST", "/v1/events", EVENT, shop)[2]))

    def test_a_raised_limit_of_bodies_holds_in_every_dialect(self):
        long = "x" * 30_000
        several = range(180)  # 5.4 MB
        native = [{**EVENT, "id": f"n{i}", "properties": {"note": long}} for i in several]
        segment = {"batch": [{"type": "track", "event": "e", "messageId": f"s{i}", "userId": "ada", "properties": {"note": long}}
                             for i in several]}
        cloud = [{"specversion": "1.0", "id": f"c{i}", "source": "/shop", "type": "e", "userid": "ada", "data": {"note": long}}
                 for i in several]
        for limit, statuses in ((6_000_000, [200, 200, 200]), (4_194_304, [413, 400, 413])):
            with self.subTest(limit), Workspace() as workspace:
                workspace.write("lotse.yaml", workspace.read("lotse.yaml") + f"serve: {{limits: {{body_bytes: {limit}}}}}\n")
                shop = workspace.token("add", "shop", "--role", "channel")
                with Serve(workspace) as serve:
                    batched = {"Content-Type": "application/cloudevents-batch+json"}
                    posted = [serve.status("POST", "/v1/events", native, shop), serve.status("POST", "/v1/batch", segment, shop),
                              serve.status("POST", "/v1/cloudevents", cloud, shop, batched)]
                    self.assertEqual(posted, statuses)

    def test_flags_are_stronger_than_variables_and_these_than_the_file(self):
        with Workspace() as workspace:
            workspace.write("lotse.yaml", workspace.read("lotse.yaml") + "serve: {log: {level: error, format: json}}\n")
            with Serve(workspace) as serve:
                self.assertEqual(serve.err(), "")
            with Serve(workspace, environment={"LOTSE_LOG_LEVEL": "info"}) as serve:
                serve.says('"message":"listening"')
                self.assertEqual(json.loads(serve.err().splitlines()[0])["level"], "warning")  # no tokens
            with Serve(workspace, "--log-format", "text", environment={"LOTSE_LOG_LEVEL": "info", "LOTSE_LOG_FORMAT": "json"}) as serve:
                serve.says(" info listening url=http://127.0.0.1:")

    def test_tls_with_files_of_the_workspace(self):
        with Workspace() as workspace:
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                            "-keyout", workspace.path / "key.pem", "-out", workspace.path / "cert.pem", "-subj", "/CN=localhost",
                            "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
            workspace.write("lotse.yaml", workspace.read("lotse.yaml") + "serve: {tls: {certificate: cert.pem, key: key.pem}}\n")
            with Serve(workspace) as serve:
                self.assertEqual(serve.out(), f"listening on https://127.0.0.1:{serve.port}\n")
                trusted = ssl.create_default_context(cafile=workspace.path / "cert.pem")
                with urllib.request.urlopen(f"https://127.0.0.1:{serve.port}/healthz", context=trusted) as answer:
                    self.assertEqual((answer.status, answer.read()), (200, b"ok\n"))
            (workspace.path / "key.pem").unlink()
            run = workspace.lotse("serve", workspace.path, "--port", "0")
            self.assertEqual(run.returncode, 2, run.stderr)
            self.assertIn("key.pem", run.stderr)

    def test_mistakes_are_told_before_anything_is_opened(self):
        rows = [
            ("serve: {port: eighty}\n", [], {}, 1,
             "/lotse.yaml:{line}:15: error: `port` must be a whole number; this is text [J012]\n"),
            ("", ["--port", "eighty"], {}, 2,
             "lotse: error: --port: `eighty` is no port; write a whole number from 0 (any free one) to 65535\n"),
            ("", [], {"LOTSE_ADDRESS": "localhost"}, 2,
             "lotse: error: LOTSE_ADDRESS: `localhost` is no IP address; write the address of an interface: 127.0.0.1 "
             'for this machine only, 0.0.0.0 or "::" for all\n'),
            ("", ["--tls-key", "k.pem"], {}, 2, "lotse: error: TLS has a key but no certificate; give both\n"),
        ]
        for text, flags, environment, status, message in rows:
            with self.subTest(message), Workspace() as workspace:
                line = workspace.read("lotse.yaml").count("\n") + 1
                workspace.write("lotse.yaml", workspace.read("lotse.yaml") + text)
                run = workspace.lotse("serve", workspace.path, *flags, env={**os.environ, **environment})
                self.assertEqual(run.returncode, status, run.stderr)
                self.assertIn(message.format(line=line), run.stderr)
                self.assertEqual(run.stdout, "")
                self.assertFalse((workspace.path / "lotse.db").exists())

    def test_a_port_that_is_taken_ends_it_with_3(self):
        with Workspace() as workspace, socket.create_server(("127.0.0.1", 0)) as taken:
            run = workspace.lotse("serve", workspace.path, "--port", str(taken.getsockname()[1]))
            self.assertEqual(run.returncode, 3, run.stderr)
            self.assertIn(str(taken.getsockname()[1]), run.stderr)

    def test_a_second_one_on_the_same_store_is_refused(self):
        with Workspace() as workspace, Serve(workspace):
            run = workspace.lotse("serve", workspace.path, "--port", "0")
            self.assertEqual(run.returncode, 3, run.stderr)

    def test_warns_where_tokens_would_travel_in_the_clear(self):
        with Workspace() as workspace, Serve(workspace, "--address", "0.0.0.0") as serve:
            serve.says("listening beyond this machine without TLS")

    def test_tells_the_manager_that_it_is_ready_alive_and_stopping(self):
        with Workspace() as workspace, tempfile.TemporaryDirectory() as folder:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
                manager.bind(folder + "/notify")
                manager.settimeout(PATIENCE)
                environment = {"NOTIFY_SOCKET": folder + "/notify", "WATCHDOG_USEC": "900000"}
                with Serve(workspace, environment=environment) as serve:
                    self.assertEqual(manager.recv(4096).decode(),
                                     f"READY=1\nSTATUS=listening on http://127.0.0.1:{serve.port}")
                    self.assertEqual(manager.recv(4096), b"WATCHDOG=1")
                    serve.process.send_signal(signal.SIGTERM)
                    while (said := manager.recv(4096)) == b"WATCHDOG=1":
                        pass
                    self.assertEqual(said, b"STOPPING=1")


class Retention(unittest.TestCase):
    def test_is_due_by_night_and_made_up_for_after_a_start_and_its_runs_are_logged_and_counted(self):
        def metric(serve, name):
            text = serve.request("GET", "/metrics", token=analyst)[2]
            return float(re.search(rf"^{name} (.+)$", text, re.MULTILINE)[1])

        with Workspace() as workspace:
            workspace.write("lotse.yaml", workspace.read("lotse.yaml") + "retention: {older: 730d}\n")
            analyst = workspace.token("add", "grafana", "--role", "analyst")
            shop = workspace.token("add", "shop", "--role", "channel", "--channel", "web")
            with Serve(workspace) as serve:
                self.assertEqual(serve.status("POST", "/v1/events", EVENT, shop), 200)
                wait_until("the next run", lambda: 0 < metric(serve, "lotse_next_retention_timestamp_seconds")
                           - time.time() <= 25 * 3600)
                self.assertNotIn("retention", serve.err())
            with contextlib.closing(sqlite3.connect(workspace.path / "lotse.db")) as store, store:
                store.execute("UPDATE erasure SET value = 0 WHERE name = 'retained'")  # as if it had been down since 1970
            with Serve(workspace) as serve:
                serve.says("info retention done erased=0 ")
                self.assertRegex(serve.err(), r"info retention begins silent_since=\d{4}-\d\d-\d\dT[\d:.]+Z\n")
                wait_until("the run to be counted", lambda: metric(serve, "lotse_retention_runs_total") == 1)
                self.assertGreater(metric(serve, "lotse_next_retention_timestamp_seconds"), time.time())
                self.assertNotRegex(serve.err(), r"\bada\b")
                workspace.change("lotse.yaml", "retention: {older: 730d}\n", "")
                wait_until("no next run", lambda: metric(serve, "lotse_next_retention_timestamp_seconds") == 0)


class Tokens(unittest.TestCase):
    def test_added_and_revoked_ones_count_within_two_seconds(self):
        with Workspace() as workspace, Serve(workspace) as serve:
            serve.says("there are no tokens")
            token = workspace.token("add", "grafana", "--role", "analyst")
            wait_until("the new token", lambda: serve.status("GET", "/metrics", token=token) == 200)
            workspace.token("revoke", "grafana")
            begin = time.monotonic()
            wait_until("the end of the token", lambda: serve.status("GET", "/metrics", token=token) == 401)
            self.assertLess(time.monotonic() - begin, 2.5)

    def test_a_broken_file_leaves_those_of_before(self):
        with Workspace() as workspace:
            token = workspace.token("add", "grafana", "--role", "analyst")
            with Serve(workspace) as serve:
                file = workspace.path / "lotse.db-tokens"
                file.write_text("tokens: [")
                serve.says("tokens cannot be read; those of before stay valid")
                self.assertEqual(serve.status("GET", "/metrics", token=token), 200)
            run = workspace.lotse("serve", workspace.path, "--port", "0")
            self.assertEqual(run.returncode, 2)
            self.assertIn("lotse.db-tokens:1:", run.stderr)


class Reload(unittest.TestCase):
    """A new version is taken over, a broken one is not."""

    def test_a_broken_file_never_takes_the_engine_down(self):
        with Workspace() as workspace:
            workspace.write("lotse.yaml", workspace.read("lotse.yaml") + "serve: {watch: false, metrics: open}\n")
            admin = workspace.token("add", "boss", "--role", "admin")
            with Serve(workspace) as serve:
                good = workspace.read(workspace.JOURNEY)
                workspace.write(workspace.JOURNEY, good.replace("touchpoints:", "tuchpoints:"))
                status, headers, text = serve.request("POST", "/v1/admin/reload", token=admin)
                self.assertEqual((status, headers["Content-Type"]), (422, "application/problem+json"))
                found = [(finding["code"], finding["where"]["file"]) for finding in json.loads(text)["findings"]]
                self.assertIn(("J010", workspace.JOURNEY), found)
                serve.says("did you mean")
                serve.says("error reload failed; the engine goes on with what it had")
                self.assertEqual(serve.status("GET", "/readyz"), 200)
                self.assertIn("\nlotse_reload_failed 1\n", serve.request("GET", "/metrics")[2])

                serve.process.send_signal(signal.SIGHUP)
                wait_until("the second", lambda: serve.err().count("reload failed") == 2)

                workspace.write(workspace.JOURNEY, good)
                status, _, text = serve.request("POST", "/v1/admin/reload", token=admin)
                self.assertEqual((status, json.loads(text)["findings"]), (200, []))
                self.assertIn("\nlotse_reload_failed 0\n", serve.request("GET", "/metrics")[2])

    def test_a_changed_file_is_seen_by_itself(self):
        with Workspace() as workspace, Serve(workspace) as serve:
            new = workspace.read(workspace.JOURNEY).replace("version: 1 ", "version: 2 ")
            workspace.write("journeys/second.yaml", new + "in_force_from: 2030-01-01T00:00:00Z\n")
            serve.says("info reloaded changed=")
            self.assertIn("trial-to-subscription", serve.err())

    def test_a_published_version_stays_as_it_was(self):
        with Workspace() as workspace, Serve(workspace) as serve:
            workspace.change(workspace.JOURNEY, "abandon_after: 10d", "abandon_after: 11d")
            serve.says("the engine did not take the workspace over")
            self.assertEqual(serve.status("GET", "/readyz"), 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
