#!/usr/bin/env python3
"""A real Prometheus scrapes the service with an analyst's token; its own promtool finds nothing to blame in the text."""

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.request

from support import PATIENCE, Serve, Workspace, wait_until


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def query(port, expression):
    """The first value; nothing where there is none yet."""
    try:
        url = f"http://127.0.0.1:{port}/api/v1/query?query={expression}"
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            found = json.load(answer)["data"]["result"]
    except OSError:
        return None
    return found[0]["value"][1] if found else None


class Prometheus(unittest.TestCase):
    def test_scrapes_with_a_token_and_not_without(self):
        with Workspace() as workspace, tempfile.TemporaryDirectory() as folder:
            token = workspace.token("add", "prometheus", "--role", "analyst")
            with Serve(workspace) as serve:
                self.assertEqual(serve.status("GET", "/metrics"), 401)
                text = serve.request("GET", "/metrics", token=token)[2]
                check = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
                self.assertEqual((check.returncode, check.stdout, check.stderr), (0, "", ""))
                self.scrape(folder, serve.port, token)

    def scrape(self, folder, port, token):
        with open(folder + "/token", "w") as file:
            file.write(token)
        with open(folder + "/prometheus.yml", "w") as file:
            file.write(f"""
scrape_configs:
  - job_name: lotse
    scrape_interval: 1s
    authorization: {{credentials_file: {folder}/token}}
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
""")
        own = free_port()
        with open(folder + "/log", "wb") as log:
            prometheus = subprocess.Popen(
                ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
                 f"--web.listen-address=127.0.0.1:{own}"], stdout=log, stderr=log)
        try:
            self.assertEqual(wait_until("a scrape", lambda: query(own, "lotse_ready")), "1")
            self.assertEqual(query(own, "up"), "1")
        finally:
            prometheus.terminate()
            prometheus.wait(PATIENCE)


if __name__ == "__main__":
    if not shutil.which("prometheus") or not shutil.which("promtool"):
        print("SKIPPED: prometheus and promtool are not here (Debian package prometheus)")
        sys.exit(77)
    unittest.main(verbosity=2)
