#!/usr/bin/env python3
"""The author's desk of a running service: a journey is written and published, and whatever ends the service, it starts again."""

import json
import random
import re
import threading
import time
import unittest
import urllib.parse

from support import Serve, Workspace, wait_until

FILE = Workspace.JOURNEY
JOURNEY = "trial-to-subscription"


class Shop(Workspace):
    """With a token of each role that sits at the desk."""

    def __init__(self):
        super().__init__()
        self.tokens = {role: self.token("add", f"the-{role}", "--role", role) for role in ("author", "analyst")}


class Author:
    def __init__(self, shop, serve, role="author"):
        self.serve, self.token = serve, shop.tokens[role]

    def ask(self, method, path, body=None, **headers):
        status, _, text = self.serve.request(method, path, body, self.token, headers)
        return status, json.loads(text) if text else None

    def read(self, file=FILE):
        return self.ask("GET", f"/v1/desk/file?file={urllib.parse.quote(file)}")[1]

    def save(self, text, etag, file=FILE):
        return self.ask("PUT", f"/v1/desk/file?file={urllib.parse.quote(file)}", {"text": text}, **{"If-Match": etag})

    def versions(self):
        return [version["version"] for version in self.ask("GET", f"/v1/journeys/{JOURNEY}")[1]["versions"]]


def with_version(text, version):
    changed = re.sub(r"(?m)^version: \d+", f"version: {version}", text)
    assert changed != text
    return changed


class Desk(unittest.TestCase):
    def test_a_saved_version_runs_at_once_and_after_a_kill(self):
        with Shop() as shop:
            with Serve(shop) as serve:
                author = Author(shop, serve)
                before = author.read()
                self.assertEqual(before["text"], shop.read(FILE))
                text = with_version(before["text"], 2)

                status, plan = author.ask("POST", "/v1/desk/plan", {"file": FILE, "text": text})
                self.assertEqual((status, [change["journey"] for change in plan["changes"]]), (200, [JOURNEY]))
                self.assertEqual(author.versions(), [1])

                status, saved = author.save(text, before["etag"])
                self.assertEqual((status, saved["published"]), (200, [{"journey": JOURNEY, "version": 2}]))
                self.assertEqual((author.versions(), shop.read(FILE)), ([1, 2], text))
                self.assertEqual(author.save(text, before["etag"])[0], 412)
                self.assertEqual(author.read()["etag"], saved["etag"])
                serve.process.kill()
                serve.process.wait()
            with Serve(shop) as serve:
                self.assertEqual(Author(shop, serve).versions(), [1, 2])

    def test_what_the_service_would_refuse_is_not_on_the_disk(self):
        with Shop() as shop, Serve(shop) as serve:
            author, analyst = Author(shop, serve), Author(shop, serve, "analyst")
            before = author.read()
            for text, refused in ((before["text"] + "stagse: [x]\n", 422), (before["text"] + "# changed\n", 409)):
                self.assertEqual(author.save(text, before["etag"])[0], refused)
            self.assertEqual(analyst.save(with_version(before["text"], 2), before["etag"])[0], 403)
            self.assertEqual(analyst.ask("GET", "/v1/desk")[1]["hindrance"], "token")
            self.assertEqual(shop.read(FILE), before["text"])
            self.assertEqual(sorted(path.name for path in (shop.path / "journeys").iterdir()),
                             [FILE.removeprefix("journeys/")])

    def test_a_service_that_is_killed_while_saving_starts_again_with_the_old_version_or_the_new_one(self):
        with Shop() as shop:
            chance = random.Random(7)
            ended = set()
            # At once, somewhere between, and when the answer is there.
            for wait in (0, *(chance.uniform(0, 0.06) for _ in range(4)), None):
                with Serve(shop) as serve:
                    author = Author(shop, serve)
                    etag, number = author.read()["etag"], author.versions()[-1] + 1
                    text = with_version(shop.read(FILE), number)

                    def save():
                        try:
                            author.save(text, etag)
                        except (ConnectionError, OSError, ValueError):
                            pass  # it was killed

                    saving = threading.Thread(target=save)
                    if wait == 0:
                        serve.process.kill()
                    saving.start()
                    if wait:
                        time.sleep(wait)
                    elif wait is None:
                        saving.join()
                    serve.process.kill()
                    serve.process.wait()
                    saving.join()
                with Serve(shop) as serve:
                    author = Author(shop, serve)
                    # Who starts publishes what lies in the folder: both ways it is one whole file.
                    self.assertIn(author.versions()[-1], (number - 1, number))
                    self.assertEqual(author.read()["text"], shop.read(FILE))
                    ended.add(author.versions()[-1] == number)
            self.assertEqual(ended, {False, True})

    def test_what_an_editor_saves_beside_is_seen_and_not_written_over(self):
        with Shop() as shop, Serve(shop) as serve:
            author = Author(shop, serve)
            before = author.read()
            shop.write(FILE, with_version(before["text"], 2))
            wait_until("the new version", lambda: author.versions() == [1, 2])
            self.assertEqual(author.save(with_version(before["text"], 3), before["etag"])[0], 412)
            self.assertEqual(author.versions(), [1, 2])


if __name__ == "__main__":
    unittest.main()
