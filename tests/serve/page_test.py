#!/usr/bin/env python3
"""The page in a real Chromium, as the service itself serves it: every view, by keyboard, live, and how fast it is.

Two of the four looks (light, wide, English; dark, narrow, German); all with PAGE_ALL=1 in the environment. Ends with 77 (skipped)
where there is no Chromium, or npm cannot have the page's packages.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from support import LOTSE, SOURCE, Serve, Workspace

DASHBOARD = SOURCE / "dashboard"
CHROMIUM = "/usr/bin/chromium"
CUSTOMERS = 1500
PATIENCE = 300  # seconds, for each step; sanitized and on a busy machine
SLACK = 20_000  # milliseconds that the service may take longer than a release build for the first view


# After the last order of the log, and still waiting for somebody today: a task to take.
COMPLAINT = [
    {"id": "ada-1", "type": "order_placed", "channel": "web", "time": "2024-04-26T10:00:00Z", "ids": {"user_id": "ada"},
     "properties": {"order_id": "ada", "product": "broadband", "plan": "fibre", "amount": 39.9, "address": "Mill Lane 7"}},
    {"id": "ada-2", "type": "complaint_raised", "channel": "call_center", "time": "2024-04-26T12:00:00Z", "ids": {"user_id": "ada"},
     "properties": {"order_id": "ada", "severity": 3}},
]


class Example(Workspace):
    """The broadband example with a simulated log, an open task, and tokens of those who look at the page."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="lotse-page-"))
        shutil.copytree(SOURCE / "journeys/broadband", self.path, ignore=shutil.ignore_patterns("lotse.db*"), dirs_exist_ok=True)
        log = self.path / "events.ndjson.gz"
        complaint = self.path / "complaint.ndjson"
        complaint.write_text("".join(json.dumps(event) + "\n" for event in COMPLAINT))
        for words in (("simulate", self.path, "--customers", str(CUSTOMERS), "--seed", "7", "--output", log),
                      ("ingest", log, complaint, "--workspace", self.path)):
            run = subprocess.run([LOTSE, *words], capture_output=True, text=True, timeout=PATIENCE)
            assert run.returncode == 0, run.stderr
        self.tokens = {role: self.token("add", f"the-{role}", "--role", role) for role in ("admin", "analyst", "agent", "author")}


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.example = cls.enterClassContext(Example())
        cls.serve = cls.enterClassContext(Serve(cls.example))

    def run_script(self, name, **settings):
        """Runs one of dashboard/tests/browser; its lines are the test's."""
        with tempfile.TemporaryDirectory(prefix="lotse-chromium-") as folder:
            environment = {**os.environ, "PAGE": f"http://127.0.0.1:{self.serve.port}", "CHROMIUM": CHROMIUM,
                           "CUSTOMER": "user_id:u000042", "TMPDIR": folder, **settings}
            run = subprocess.run(["node", DASHBOARD / "tests/browser" / name], env=environment, timeout=PATIENCE,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        print(run.stdout)
        self.assertEqual(run.returncode, 0, f"{name} has failed; why is above. The log:\n{self.serve.err()}")

    # In the order of their names: what comes later posts events of today, which are the latest then.
    def test_1_every_view_is_accessible_complete_and_from_here_alone(self):
        self.run_script("check.mjs", TOKEN=self.example.tokens["admin"])

    def test_2_people_use_it_by_keyboard_live_and_as_their_token_may(self):
        self.run_script("use.mjs", **{role.upper(): token for role, token in self.example.tokens.items()})

    def test_3_it_is_quick_and_keeps_up(self):
        self.run_script("speed.mjs", TOKEN=self.example.tokens["admin"], SLACK=str(SLACK))

    def test_4_authors_write_check_count_and_publish(self):
        self.run_script("desk.mjs", **{role.upper(): self.example.tokens[role] for role in ("author", "analyst")})

    def test_5_drafts_outlive_what_goes_wrong(self):
        self.run_script("drafts.mjs", **{role.upper(): self.example.tokens[role] for role in ("author", "admin")})


def packages_are_here():
    """Installs the page's packages where they are not; those of another package-lock.json are replaced."""
    here = DASHBOARD / "node_modules/.package-lock.json"
    wanted = json.loads((DASHBOARD / "package-lock.json").read_text())["packages"]
    needed = ("node_modules/axe-core", "node_modules/playwright-core")
    found = json.loads(here.read_text())["packages"] if here.is_file() else {}
    if all(name in found and found[name]["version"] == wanted[name]["version"] for name in needed):
        return True
    run = subprocess.run(["npm", "ci", "--ignore-scripts", "--prefer-offline", "--no-progress", "--silent"], cwd=DASHBOARD)
    return run.returncode == 0


if __name__ == "__main__":
    if not shutil.which("node") or not shutil.which("npm") or not os.path.exists(CHROMIUM):
        print("SKIPPED: node, npm or chromium are not here")
        sys.exit(77)
    if not packages_are_here():
        print("SKIPPED: npm cannot install the page's packages")
        sys.exit(77)
    unittest.main(verbosity=2)
