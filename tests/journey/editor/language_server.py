"""yaml-language-server over its standard input and output, as an editor talks to it."""

import json
import pathlib
import queue
import subprocess
import threading

ANSWER_SECONDS_MAX = 60


class LanguageServer:
    """A running server. Positions are (line, character) from 0, as in the protocol."""

    def __init__(self, folder, root):
        self.process = subprocess.Popen(
            ["node", pathlib.Path(folder) / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server", "--stdio"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.messages = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.last_id = 0
        self.version = 0
        self.diagnostics = {}
        self.request("initialize", {
            "processId": None,
            "rootUri": pathlib.Path(root).as_uri(),
            "capabilities": {"textDocument": {
                "completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}},
                "hover": {"contentFormat": ["markdown"]}}}})
        self.notify("initialized", {})
        self.notify("workspace/didChangeConfiguration", {"settings": {"yaml": {
            "validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}}}})

    def close(self):
        self.request("shutdown", None)
        self.notify("exit", None)
        self.process.wait(ANSWER_SECONDS_MAX)

    def open(self, path, text):
        """Opens a document and waits until the server has judged it: its diagnostics."""
        uri = pathlib.Path(path).as_uri()
        self.diagnostics.pop(uri, None)
        self.version += 1  # the server keeps what it parsed by version, across closing
        self.notify("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "yaml", "version": self.version, "text": text}})
        while uri not in self.diagnostics:
            self._take(self.messages.get(timeout=ANSWER_SECONDS_MAX))
        return self.diagnostics[uri]

    def close_document(self, path):
        self.notify("textDocument/didClose", {"textDocument": {"uri": pathlib.Path(path).as_uri()}})

    def hover(self, path, position):
        """The text shown for a place; empty where there is none."""
        found = self.request("textDocument/hover", self._place(path, position))
        return found["contents"]["value"] if found else ""

    def complete(self, path, position):
        """What is offered at a place, by its label."""
        found = self.request("textDocument/completion", self._place(path, position))
        items = found["items"] if isinstance(found, dict) else found or []
        return {item["label"]: item for item in items}

    def request(self, method, params):
        self.last_id += 1
        self._send({"id": self.last_id, "method": method, "params": params})
        while True:
            message = self.messages.get(timeout=ANSWER_SECONDS_MAX)
            if message.get("id") == self.last_id and "method" not in message:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self._take(message)

    def notify(self, method, params):
        self._send({"method": method, "params": params})

    @staticmethod
    def _place(path, position):
        return {"textDocument": {"uri": pathlib.Path(path).as_uri()}, "position": {"line": position[0], "character": position[1]}}

    def _take(self, message):
        """What the server says or asks of its own accord."""
        if message.get("method") == "textDocument/publishDiagnostics":
            self.diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "method" in message and "id" in message:
            self._send({"id": message["id"], "result": None})

    def _send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def _read(self):
        while True:
            length = 0
            while (line := self.process.stdout.readline().strip()):
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            if length == 0:
                return
            self.messages.put(json.loads(self.process.stdout.read(length)))
