#!/usr/bin/env python3
"""What an author sees while typing: drives yaml-language-server with the schemas of this repository.

usage: editor_test.py; ends with 77 (skipped) where node or npm are missing or npm cannot install the server.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

from language_server import LanguageServer

FOLDER = pathlib.Path(__file__).resolve().parent
ROOT = FOLDER.parents[2]
EXAMPLE = ROOT / "journeys" / "broadband"
SKIPPED = 77

JOURNEY = "# yaml-language-server: $schema=../../../schemas/journey.schema.json\n"
CHANNELS = "# yaml-language-server: $schema=../../schemas/channels.schema.json\n"
TEST = "# yaml-language-server: $schema=../../../schemas/test.schema.json\n"

SCHEMAS = ("journey", "channels", "test", "lotse", "simulation", "mapping", "event")


def schema_of(kind):
    return json.loads((ROOT / "schemas" / f"{kind}.schema.json").read_text())


def place_of(text, mark="|"):
    """The text without its mark, and where that was."""
    before, after = text.split(mark, 1)
    return before + after, (before.count("\n"), len(before) - before.rfind("\n") - 1)


class Schemas(unittest.TestCase):
    """Needs no server."""

    def test_each_property_is_described(self):
        described = 0
        for kind in SCHEMAS:
            schema = schema_of(kind)
            for path, node in self.properties(schema, ""):
                described += 1
                with self.subTest(schema=kind, property=path):
                    self.assertTrue(self.description(schema, node), "has no description to hover over")
        self.assertGreater(described, 150)

    def test_each_choice_is_explained_by_as_many_sentences_as_it_has_words(self):
        explained = 0
        for kind in SCHEMAS:
            for node in self.nodes(schema_of(kind)):
                if "enumDescriptions" in node:
                    explained += 1
                    self.assertEqual(len(node["enum"]), len(node["enumDescriptions"]), node["enum"])
        self.assertGreater(explained, 5)

    @staticmethod
    def nodes(node):
        if isinstance(node, dict):
            yield node
        for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            yield from Schemas.nodes(child)

    @staticmethod
    def properties(schema, path):
        """The properties that a file may have; not those that only narrow what is said elsewhere."""
        if not isinstance(schema, dict):
            return
        for name, node in schema.get("properties", {}).items():
            yield f"{path}/{name}", node
            yield from Schemas.properties(node, f"{path}/{name}")
        for name, node in schema.get("$defs", {}).items():
            yield from Schemas.properties(node, name)
        for node in [schema.get("items"), schema.get("additionalProperties"), *schema.get("anyOf", ())]:
            yield from Schemas.properties(node, path)

    @staticmethod
    def description(schema, node):
        if "description" in node or "$ref" not in node:
            return node.get("description")
        return Schemas.description(schema, schema["$defs"][node["$ref"].split("/")[-1]])


class Editor(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = LanguageServer(FOLDER, ROOT)
        cls.drafts = 0

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def draft(self, text):
        """A new file beside the example's of its kind: its path, and what the server says of it."""
        folder = {JOURNEY: "journeys", TEST: "tests"}.get(text[:text.index("\n") + 1], ".")
        type(self).drafts += 1
        path = EXAMPLE / folder / f"draft-{self.drafts}.yaml"
        return path, self.server.open(path, text)

    def offered(self, text):
        text, place = place_of(text)
        path, _ = self.draft(text)
        return self.server.complete(path, place)

    def test_the_files_of_the_example_name_their_schema_and_have_no_mistakes(self):
        paths = sorted(EXAMPLE.rglob("*.yaml"))
        self.assertGreaterEqual(len(paths), 6)
        for path in paths:
            with self.subTest(file=path.name):
                text = path.read_text()
                self.assertTrue(text.startswith("# yaml-language-server: $schema="))

                found = self.server.open(path, text)

                self.assertEqual([], [f"{f['range']['start']['line'] + 1}: {f['message']}" for f in found])

    def test_a_planted_mistake_is_shown_where_it_is(self):
        planted = {
            "journeys/broadband-onboarding.yaml": ("moment_of_truth: true", "moment_of_troth: true", "moment_of_troth"),
            "channels.yaml": ("adapter: smtp", "adapter: pigeon", "Value is not accepted"),
            "lotse.yaml": ("zone:", "zoen:", "zoen"),
            "simulation.yaml": ("drop: ", "dorp: ", "dorp"),
            "tests/order.test.yaml": ("expect:", "expects:", "expects"),
            "tests/install.test.yaml": ("given:", "givn:", "givn"),
        }
        for name, (right, wrong, told) in planted.items():
            with self.subTest(file=name):
                text = (EXAMPLE / name).read_text()
                self.assertIn(right, text)

                found = self.server.open((EXAMPLE / name).with_suffix(".planted.yaml"), text.replace(right, wrong, 1))

                line = text[:text.index(right)].count("\n")
                self.assertTrue(any(told in f["message"] and f["range"]["start"]["line"] == line for f in found), found)

    def test_completion_offers_what_may_stand_there(self):
        cases = [
            ("the keys of a journey", JOURNEY + "journey: x\n|", {"touchpoints", "context", "promises", "exit_when"}, {"journey"}),
            ("of a touchpoint", JOURNEY + "touchpoints:\n  order:\n    |\n", {"on", "send", "handover", "next", "abandon_after"}, {"context"}),
            ("of a transition", JOURNEY + "touchpoints:\n  order:\n    next:\n      - to: x\n        |\n", {"after", "at", "when", "split"}, {"to"}),
            ("of a message", JOURNEY + "touchpoints:\n  mail:\n    send:\n      |\n", {"template", "purpose", "stale_after"}, {"team"}),
            ("of a calendar time", JOURNEY + "touchpoints:\n  a:\n    next:\n      - to: x\n        at:\n          |\n", {"days", "time", "from"}, set()),
            ("the words of reentry", JOURNEY + "reentry: |\n", {"never", "after_end", "unless_goal_achieved", "always"}, set()),
            ("whose turn", JOURNEY + "touchpoints:\n  order:\n    turn: |\n", {"customer", "us", "third_party"}, set()),
            ("types of context", JOURNEY + "context:\n  plan:\n    type: |\n", {"string", "number", "timestamp", "boolean"}, set()),
            ("scales", JOURNEY + "feedback:\n  - on: x\n    scale: |\n", {"nps", "csat5", "ces7", "stars", "sentiment"}, set()),
            ("delays", JOURNEY + "touchpoints:\n  a:\n    next:\n      - to: x\n        after: |\n", {"4h", "2d"}, set()),
            ("the keys of a channel", CHANNELS + "channels:\n  email:\n    |\n", {"adapter", "purposes", "quiet_hours", "caps"}, {"channels"}),
            ("adapters", CHANNELS + "channels:\n  email:\n    adapter: |\n", {"none", "log", "webhook", "smtp"}, set()),
            ("of quiet hours", CHANNELS + "channels:\n  sms:\n    quiet_hours:\n      from: '21:00'\n      |\n", {"to", "policy"}, {"from"}),
            ("the keys of a test", TEST + "tests:\n  - test: x\n    |\n", {"given", "expect", "customers"}, {"test"}),
            ("of a step", TEST + "tests:\n  - given:\n      - event: x\n        |\n", {"channel", "properties", "at", "after", "expect"}, {"event"}),
            ("of an expectation", TEST + "tests:\n  - expect:\n      |\n", {"position", "status", "sent", "not_sent", "context"}, {"given"}),
            ("states", TEST + "tests:\n  - expect:\n      status: |\n", {"active", "achieved", "exited", "dropped", "none"}, set()),
        ]
        for what, text, wanted, unwanted in cases:
            with self.subTest(what):
                offered = self.offered(text)

                self.assertLessEqual(wanted, set(offered))
                self.assertFalse(unwanted & set(offered))

    def test_what_completion_offers_is_described(self):
        keys = self.offered(JOURNEY + "touchpoints:\n  order:\n    |\n")
        words = self.offered(JOURNEY + "touchpoints:\n  order:\n    turn: |\n")

        touchpoint = schema_of("journey")["$defs"]["touchpoint"]["properties"]
        self.assertEqual(touchpoint["moment_of_truth"]["description"], keys["moment_of_truth"]["documentation"])
        self.assertEqual(touchpoint["turn"]["enumDescriptions"][1], words["us"]["documentation"])

    def test_snippets_give_what_has_no_mistakes(self):
        places = [
            (JOURNEY + "|", "a new journey"),
            (JOURNEY + "journey: x\ntouchpoints:\n  order:\n    |\n", "inbound touchpoint"),
            (JOURNEY + "journey: x\ntouchpoints:\n  order:\n    |\n", "milestone"),
            (JOURNEY + "journey: x\ntouchpoints:\n  order:\n    |\n", "message to the customer"),
            (JOURNEY + "journey: x\ntouchpoints:\n  order:\n    |\n", "task for a team"),
            (JOURNEY + "journey: x\ntouchpoints:\n  order:\n    on: x\n    next:\n      - |\n", "transition with a condition"),
            (JOURNEY + "journey: x\ntouchpoints:\n  order:\n    on: x\n    next:\n      - |\n", "transition after a delay"),
            (JOURNEY + "journey: x\ntouchpoints:\n  order:\n    on: x\n    next:\n      - |\n", "transition at a time of day"),
            (JOURNEY + "journey: x\ntouchpoints:\n  order:\n    on: x\n    next:\n      - |\n", "control group of a split"),
            (CHANNELS + "channels:\n  email:\n    |\n", "sends messages"),
            (CHANNELS + "channels:\n  store:\n    |\n", "a person answers"),
            (TEST + "tests:\n  - |\n", "a new test"),
        ]
        labels = [node["label"] for kind in SCHEMAS for some in Schemas.nodes(schema_of(kind)) for node in some.get("defaultSnippets", ())]
        self.assertEqual(sorted(labels), sorted(label for _, label in places))
        for text, label in places:
            with self.subTest(label):
                snippet = self.offered(text)[label]["insertText"]
                line = text[:text.index("|")].rsplit("\n", 1)[1]
                indent = line[:len(line) - len(line.lstrip(" "))]  # as an editor does it
                filled = re.sub(r"\$\{\d+:([^}]*)\}", r"\1", snippet).replace("\n", "\n" + indent)

                _, found = self.draft(text.replace("|", filled, 1))

                self.assertEqual([], [f["message"] for f in found], filled)

    def test_hovering_shows_what_a_key_means(self):
        cases = [
            (EXAMPLE / "journeys" / "broadband-onboarding.yaml", "journey", [
                ("reentry:", ("properties", "reentry")),
                ("abandon_after: 21d", ("properties", "abandon_after")),
                ("exit_when:", ("properties", "exit_when")),
                ("default: 0", ("$defs", "contextField", "properties", "default")),
                ("moment_of_truth:", ("$defs", "touchpoint", "properties", "moment_of_truth")),
                ("turn: us", ("$defs", "touchpoint", "properties", "turn")),
                ("send: {template: welcome,", ("$defs", "touchpoint", "properties", "send")),
                ("template: welcome,", ("$defs", "send", "properties", "template")),
                ("share: 45", ("$defs", "transition", "properties", "share")),
                ("days: -1", ("$defs", "calendar", "properties", "days")),
                ("scale: csat5", ("$defs", "feedback", "properties", "scale")),
            ]),
            (EXAMPLE / "channels.yaml", "channels", [
                ("adapter:", ("$defs", "channel", "properties", "adapter")),
                ("purposes:", ("properties", "purposes")),
                ("purposes: [", ("$defs", "channel", "properties", "purposes")),
                ("quiet_hours:", ("$defs", "channel", "properties", "quiet_hours")),
            ]),
            (EXAMPLE / "tests" / "order.test.yaml", "test", [
                ("tests:", ("properties", "tests")),
                ("given:", ("$defs", "test", "properties", "given")),
                ("channel:", ("$defs", "step", "properties", "channel")),
                ("position:", ("$defs", "expectation", "properties", "position")),
            ]),
        ]
        for path, kind, places in cases:
            text = path.read_text()
            self.server.open(path.with_suffix(".hover.yaml"), text)
            for key, where in places:
                with self.subTest(file=path.name, key=key):
                    node = schema_of(kind)
                    for step in where:
                        node = node[step]
                    start = text.index(key)
                    place = (text[:start].count("\n"), start - text.rfind("\n", 0, start))

                    shown = self.server.hover(path.with_suffix(".hover.yaml"), place)

                    self.assertIn(plain(node["description"]), plain(shown))


def plain(text):
    """Without the marks of Markdown, which the server escapes."""
    return re.sub(r"[\\`*]", "", text).replace("&nbsp;", " ")


def has_server():
    if not shutil.which("node") or not shutil.which("npm"):
        print("skipped: node and npm are not here, and the language server needs them")
        return False
    if (FOLDER / "node_modules" / "yaml-language-server" / "package.json").exists():
        return True
    if subprocess.run(["npm", "ci", "--silent", "--prefix", FOLDER], capture_output=True, check=False).returncode == 0:
        return True
    print("skipped: npm cannot install yaml-language-server")
    return False


def main():
    kinds = [Schemas, Editor] if has_server() else [Schemas]
    suite = unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromTestCase(kind) for kind in kinds)
    if not unittest.TextTestRunner(verbosity=2).run(suite).wasSuccessful():
        return 1
    return 0 if Editor in kinds else SKIPPED


if __name__ == "__main__":
    sys.exit(main())
