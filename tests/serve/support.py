"""Runs the real `lotse serve` for tests. LOTSE_BINARY and LOTSE_SOURCE come from CTest."""

import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

LOTSE = os.environ["LOTSE_BINARY"]
SOURCE = pathlib.Path(os.environ["LOTSE_SOURCE"])
PATIENCE = 60  # seconds; sanitized and on a busy machine


def wait_until(what, condition, seconds=PATIENCE):
    """The first true value of `condition()`; fails after `seconds` without."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s for {what}")


class Workspace:
    """A copy of the starter workspace in a folder of its own."""

    JOURNEY = "journeys/trial-to-subscription.yaml"

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="lotse-serve-"))
        starter = SOURCE / "journeys/starter"
        for name in ("channels.yaml", "lotse.yaml", "journeys"):
            (shutil.copytree if (starter / name).is_dir() else shutil.copy)(starter / name, self.path / name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)

    def read(self, name):
        return (self.path / name).read_text()

    def write(self, name, text):
        (self.path / name).write_text(text)

    def change(self, name, old, new):
        text = self.read(name)
        assert old in text, f"{name} has no {old!r}"
        self.write(name, text.replace(old, new, 1))

    def token(self, *words):
        run = subprocess.run([LOTSE, "token", *words, "-w", self.path], capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        return run.stdout.strip()

    def lotse(self, *words, **more):
        return subprocess.run([LOTSE, *words], capture_output=True, text=True, timeout=PATIENCE, **more)


class Serve:
    """A running service; ended with SIGTERM, which must go well, unless a test has ended it."""

    def __init__(self, workspace, *flags, environment=None, program=LOTSE, ready=True):
        self.workspace = workspace
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lotse-log-"))
        self.port_file = self.folder / "port"
        with open(self.folder / "out", "wb") as out, open(self.folder / "err", "wb") as err:
            self.process = subprocess.Popen(
                [program, "serve", workspace.path, "--port", "0", "--port-file", self.port_file, *flags],
                stdout=out, stderr=err, env={**os.environ, **(environment or {})})
        self.port = None
        if ready:
            wait_until("the service to listen", lambda: self.out().endswith("\n") or self.process.poll() is not None)
            assert self.process.poll() is None, self.err()
            self.port = int(self.port_file.read_text())

    def __enter__(self):
        return self

    def __exit__(self, failed, *_):
        try:
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGTERM)
                status = self.process.wait(PATIENCE)
                assert failed or status == 0, f"status {status}\n{self.err()}"
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            shutil.rmtree(self.folder)

    def out(self):
        return (self.folder / "out").read_text()

    def err(self):
        return (self.folder / "err").read_text()

    def request(self, method, path, body=None, token=None, headers=None):
        """(status, headers, text)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        sent = dict(headers or {})
        if token:
            sent["Authorization"] = f"Bearer {token}"
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        try:
            connection.request(method, path, body=body, headers=sent)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode("utf-8", "replace")
        finally:
            connection.close()

    def status(self, *arguments, **named):
        return self.request(*arguments, **named)[0]

    def says(self, text):
        wait_until(f"{text!r} in the log:\n{self.err()}", lambda: text in self.err())
