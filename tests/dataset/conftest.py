"""A web server on loopback that serves one archive, and fails in the ways that servers do."""

import io
import threading
import time
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from photos import photo


def archive_of(count: int, *, first: int = 0) -> bytes:
    """A zip of photos, as a repository's archive has them: below one folder."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(first, first + count):
            archive.writestr(f"set-main/Training/Fig 1/{number}_100.jpg", photo(number))
        archive.writestr("set-main/LICENSE", "CC BY-SA 4.0\n")
    return buffer.getvalue()


class Site:
    """What the server has and does; a test changes it as it likes, also between requests.

    `fates` are those of the next requests: a status, ("cut", n) to hang up after n bytes of the
    body, ("silent", n) to say nothing more after them, ("elsewhere", url) to redirect, or "ok".
    `asked` are the Range headers that came.
    """

    def __init__(self) -> None:
        self.content = archive_of(30)
        self.etag = '"one"'
        self.ranges = True
        self.tells_length = True
        self.honours_if_range = True
        self.delay = 0.0
        self.retry_after = ""
        self.fates: list[object] = []
        self.asked: list[str | None] = []
        self.url = ""


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            serve(found, self)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    found.url = f"http://127.0.0.1:{server.server_port}/set.zip"
    yield found
    server.shutdown()
    server.server_close()


def serve(site: Site, request: BaseHTTPRequestHandler) -> None:
    site.asked.append(request.headers.get("Range"))
    fate = site.fates.pop(0) if site.fates else "ok"
    if isinstance(fate, int):
        request.send_response(fate)
        if site.retry_after:
            request.send_header("Retry-After", site.retry_after)
        request.end_headers()
        return
    match fate:
        case ("elsewhere", str(url)):
            request.send_response(302)
            request.send_header("Location", url)
            request.end_headers()
        case ("cut", int(bytes_sent)):
            send(site, request, at_most=bytes_sent)
        case ("silent", int(bytes_sent)):
            send(site, request, at_most=bytes_sent)
            request.wfile.flush()
            time.sleep(1)
        case _:
            send(site, request, at_most=len(site.content))


def send(site: Site, request: BaseHTTPRequestHandler, *, at_most: int) -> None:
    start = first_byte(site, request)
    total = len(site.content)
    if start >= total:
        request.send_response(416)
        request.send_header("Content-Range", f"bytes */{total}")
        request.end_headers()
        return
    request.send_response(206 if start else 200)
    if start:
        request.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
    if site.tells_length:
        request.send_header("Content-Length", str(total - start))
    if site.etag:
        request.send_header("ETag", site.etag)
    request.end_headers()
    body = site.content[start : start + at_most]
    for at in range(0, len(body), 4096):
        request.wfile.write(body[at : at + 4096])
        time.sleep(site.delay)


def first_byte(site: Site, request: BaseHTTPRequestHandler) -> int:
    asked = request.headers.get("Range")
    same = request.headers.get("If-Range") == site.etag or not site.honours_if_range
    if not (asked and site.ranges and same):
        return 0
    return int(asked.removeprefix("bytes=").rstrip("-"))
