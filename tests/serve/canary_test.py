#!/usr/bin/env python3
"""Nothing that a customer or a secret could be known by comes out in logs, metrics or health."""

import json
import unittest

from support import Serve, Workspace


def canary(place):
    return f"canary-{place}-7f3a9c"


def bodies():
    """Good and bad requests, each with canaries in every place that a sender fills."""
    event = {"id": canary("id"), "type": "signed_up", "source": "shop", "channel": "web",
             "time": "2024-01-15T09:00:00Z",
             "ids": {"user_id": canary("user"), "email": canary("email") + "@example.net"},
             "properties": {"plan": canary("property"), "note": canary("note")}, "traits": {"name": canary("trait")}}
    yield "POST", "/v1/events", json.dumps(event)
    yield "POST", "/v1/events", json.dumps([event, {**event, "id": ""}, {**event, "ids": {}}, {**event, "time": canary("time")}])
    yield "POST", "/v1/events", json.dumps({**event, "type": canary("type") * 100})
    yield "POST", "/v1/events", json.dumps({**event, "properties": {canary("key"): float("1e3")}, canary("member"): 1})
    yield "POST", "/v1/events", '{"id": "' + canary("cut")
    yield "POST", "/v1/events", b'{"id": "\xff' + canary("utf8").encode() + b'"}'
    yield "POST", "/v1/events?key=" + canary("query"), json.dumps(event)
    yield "POST", "/v1/batch", json.dumps({"batch": [{"type": "track", "messageId": canary("message"), "event": canary("event"),
                                                      "userId": canary("segment")}, {"type": canary("kind")}]})
    track = {"type": "track", "event": canary("event"), "messageId": canary("message"), "userId": canary("segment"),
             "context": {"traits": {"email": canary("email") + "@example.net"}}}
    yield "POST", "/v1/t?writeKey=" + canary("key"), json.dumps({**track, "writeKey": canary("body-key")})
    yield "POST", "/v1/t", '{"event": "' + canary("cut")
    yield "GET", "/v1/projects/" + canary("project") + "/settings", None
    cloud = {"specversion": "1.0", "id": canary("id"), "source": canary("source"), "type": "signed_up",
             "email": canary("email") + "@example.net", "data": {"note": canary("data")}}
    yield "POST", "/v1/cloudevents", json.dumps(cloud)
    yield "POST", "/v1/cloudevents", json.dumps({**cloud, "time": canary("time")})
    yield "POST", "/v1/" + canary("path"), "x"
    yield "GET", "/v1/customers/user_id:" + canary("user"), None
    yield "GET", "/v1/customers/user_id:" + canary("nobody") + "?as_of=" + canary("moment"), None
    yield "GET", "/v1/customers/email:" + canary("email") + "@example.net/timeline", None
    yield "DELETE", "/v1/customers/user_id:" + canary("deleted"), None
    yield "GET", "/%ff" + canary("broken"), None
    yield "CANARY-METHOD-7F3A9C", "/healthz", None


class Canaries(unittest.TestCase):
    def test_logs_metrics_and_health_hold_no_canary(self):
        for log_format in ("text", "json"):
            with self.subTest(log_format), Workspace() as workspace:
                self.check(workspace, log_format)

    def check(self, workspace, log_format):
        names = {"shop": "channel", "desk": "agent", "boss": "admin", "grafana": "analyst"}
        tokens = {name: workspace.token("add", name, "--role", role) for name, role in names.items()}
        with Serve(workspace, "--log-level", "debug", "--log-format", log_format) as serve:
            served = 0
            for token in (tokens["shop"], tokens["desk"], tokens["boss"], canary("token"), None):
                headers = {"X-Canary": canary("header"), "User-Agent": canary("agent"), "Cookie": canary("cookie")}
                for method, path, body in bodies():
                    headers["Content-Type"] = "application/cloudevents+json" if path == "/v1/cloudevents" else "application/json"
                    status = serve.status(method, path, body, token, headers)
                    served += status == 200
            self.assertGreater(served, 5)  # or nothing has been tried
            # Where else a write key may stand; the key in the body is a token that may not post.
            serve.status("POST", "/v1/t?writeKey=" + tokens["shop"], '{"event": "e", "userId": "u"}')
            serve.status("POST", "/v1/t", json.dumps({"event": "e", "userId": "u", "writeKey": tokens["desk"]}))
            shown = [serve.request("GET", path, token=tokens["grafana"]) for path in ("/metrics", "/healthz", "/readyz")]
            self.assertEqual([status for status, _, _ in shown], [200, 200, 200])
            for dialect in ("native", "segment", "cloudevents"):
                self.assertRegex(shown[0][2], r'lotse_events_total\{dialect="' + dialect + r'",result="accepted"\} [1-9]')
            self.assertRegex(shown[0][2], r'lotse_event_rejects_total\{dialect="native",reason="[^"]+"\} [1-9]')
            serve.says("/v1/customers/{id}")
            self.assertRegex(serve.err(), r'route\W+/v1/events\b.*token\W+shop\b')
            texts = [serve.err(), serve.out(), *(text for _, _, text in shown)]
            if log_format == "json":
                for line in serve.err().splitlines():
                    json.loads(line)
            for text in texts:
                self.assertNotIn("7f3a9c", text.lower())
                self.assertNotIn("example.net", text)
                for token in tokens.values():
                    self.assertNotIn(token.split("_", 2)[2], text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
