"""An S3 server on loopback (moto's), and a proxy before it that is slow, throttles and breaks."""

import http.client
import json
import random
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import urlopen

SLOW_DOWN = (
    b'<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.'
    b"</Message></Error>"
)
ACCESS_DENIED = (
    b'<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>'
)
COUNTS = "/__counts__"
HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive", "content-length"}


@contextmanager
def s3_server() -> Iterator[int]:
    """Run moto's server in a process of its own; yields its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert process.poll() is None, "moto's server did not start"
            time.sleep(0.1)
        else:
            return
    raise AssertionError("moto's server does not answer")


class Faults:
    """What the proxy does to requests: each fault strikes a share of them, drawn from a seed.

    `throttled` are answered 503 SlowDown; `reset` are cut off before they reach the server; `lost`
    are done by the server, and the answer never arrives. `latency` is in seconds. After so many
    PUTs (`refused_after`) every further one is answered 403 AccessDenied, as by a changed policy.
    """

    def __init__(
        self,
        *,
        latency: float = 0.0,
        seed: int = 0,
        refused_after: float | None = None,
        **shares: float,
    ) -> None:
        self.latency, self.shares = latency, shares
        self.puts_left = refused_after
        self.seen: Counter[str] = Counter()
        self._random = random.Random(seed)
        self._lock = threading.Lock()

    def draw(self, method: str) -> str:
        """Decide the fate of one request."""
        if self.puts_left is not None and method == "PUT":
            self.puts_left -= 1
            if self.puts_left < 0:
                return "refused"
        names, weights = list(self.shares), list(self.shares.values())
        with self._lock:
            drawn = self._random.choices([*names, "served"], [*weights, 1 - sum(weights)])
            self.seen.update(drawn)
        return drawn[0]


class Proxy:
    """The endpoint to talk to, and what has happened to requests there so far."""

    def __init__(self, port: int) -> None:
        self.endpoint = f"http://127.0.0.1:{port}"

    def seen(self) -> dict[str, int]:
        """Count the requests by their fate."""
        with urlopen(f"{self.endpoint}{COUNTS}") as answer:
            counts: dict[str, int] = json.load(answer)
        return counts


@contextmanager
def proxy(port: int, **faults: float) -> Iterator[Proxy]:
    """Stand before the server at `port`, in a process of its own.

    Libraries that hold Python's lock while they wait would otherwise wait for ever.
    """
    command = [sys.executable, str(Path(__file__)), json.dumps({"port": port, "faults": faults})]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield Proxy(int(process.stdout.readline()))
    finally:
        process.kill()
        process.wait()


class Handler(BaseHTTPRequestHandler):
    """Forwards each request to the server, unless a fault strikes it."""

    protocol_version = "HTTP/1.1"
    port: int
    faults: Faults

    def handle_one_request(self) -> None:
        """Serve one request; a client that hangs up is no error."""
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

    def forward(self) -> None:
        """Draw the fate of a request, and let it happen."""
        if self.path == COUNTS:
            self.answer(200, {}, json.dumps(self.faults.seen).encode())
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        time.sleep(self.faults.latency)
        fate = self.faults.draw(self.command)
        if fate == "throttled":
            self.answer(503, {"Content-Type": "application/xml"}, SLOW_DOWN)
        elif fate == "refused":
            self.answer(403, {"Content-Type": "application/xml"}, ACCESS_DENIED)
        elif fate == "reset":
            self.close_connection = True
        else:
            status, headers, content = self.ask(body)
            if fate == "lost":
                self.close_connection = True
            else:
                self.answer(status, headers, content)

    def ask(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Let the server do it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(self.command, self.path, body, dict(self.headers))
        response = connection.getresponse()
        content = response.read()
        connection.close()
        return response.status, dict(response.getheaders()), content

    def answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
        """Send an answer of known length."""
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        length = headers.get("Content-Length", "0") if self.command == "HEAD" else len(content)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = forward  # noqa: N815


def main() -> None:
    """Serve until killed; print the port first."""
    options = json.loads(sys.argv[1])
    Handler.port, Handler.faults = options["port"], Faults(**options["faults"])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
