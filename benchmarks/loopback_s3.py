"""A read-only S3 of a folder on loopback, every answer late by a given time, cheap to ask.

Moto's server takes milliseconds of processor per request, which on the same machine would be
measured as the client's: this one takes some 0.1 ms. It answers GET (ranges too), HEAD and
ListObjectsV2 (prefix, delimiter, continuation), checks no signature, holds the objects in memory.
"""

import argparse
import asyncio
import hashlib
import subprocess
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

BUCKET = "photos"
PAGE_KEYS = 1000
MODIFIED = "2026-01-01T00:00:00.000Z"
HTTP_MODIFIED = "Thu, 01 Jan 2026 00:00:00 GMT"


class Bucket:
    """The objects: keys in S3's order (their UTF-8 bytes), with contents and etags."""

    def __init__(self, folder: Path) -> None:
        files = {str(f.relative_to(folder)): f for f in folder.rglob("*") if f.is_file()}
        self.keys = sorted(files, key=str.encode)
        self.contents = {key: files[key].read_bytes() for key in self.keys}
        self.etags = {
            key: hashlib.md5(content, usedforsecurity=False).hexdigest()
            for key, content in self.contents.items()
        }

    def page(self, *, prefix: str, delimiter: str, after: str) -> str:
        """List up to PAGE_KEYS keys or common prefixes that follow `after`, as XML."""
        keys: list[str] = []
        folders: list[str] = []
        last = after
        index = max(bisect_left(self.keys, prefix), bisect_right(self.keys, after) if after else 0)
        while index < len(self.keys) and len(keys) + len(folders) < PAGE_KEYS:
            key = last = self.keys[index]
            if not key.startswith(prefix):
                break
            cut = key.find(delimiter, len(prefix)) if delimiter else -1
            if cut < 0:
                keys.append(key)
                index += 1
            else:
                folders.append(key[: cut + 1])
                last = key[:cut] + chr(ord(delimiter) + 1)
                index = bisect_left(self.keys, last)
        more = index < len(self.keys) and self.keys[index].startswith(prefix)
        return self._xml(keys, folders, more=last if more else "")

    def _xml(self, keys: list[str], folders: list[str], *, more: str) -> str:
        contents = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>{MODIFIED}</LastModified>"
            f'<ETag>"{self.etags[key]}"</ETag><Size>{len(self.contents[key])}</Size>'
            "<StorageClass>STANDARD</StorageClass></Contents>"
            for key in keys
        )
        prefixes = "".join(
            f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>" for name in folders
        )
        token = f"<NextContinuationToken>{escape(more)}</NextContinuationToken>" if more else ""
        return (
            '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>photos</Name>'
            f"<KeyCount>{len(keys) + len(folders)}</KeyCount><MaxKeys>{PAGE_KEYS}</MaxKeys>"
            f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>{token}{contents}{prefixes}"
            "</ListBucketResult>"
        )


class Connection(asyncio.Protocol):
    """One connection: a request, an answer `latency` seconds later, the next request."""

    bucket: Bucket
    latency = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._received = transport, b""

    def data_received(self, data: bytes) -> None:
        """Answer every whole request received; those we serve have no body."""
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            answer = self._answer(head.decode("latin-1").split("\r\n"))
            asyncio.get_running_loop().call_later(self.latency, self._send, answer)

    def _send(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)

    def _answer(self, lines: list[str]) -> bytes:
        method, target, _ = lines[0].split(" ")
        headers = {name.lower(): text for name, _, text in (line.partition(": ") for line in lines)}
        place = urlsplit(target)
        key = unquote(place.path).removeprefix(f"/{BUCKET}").removeprefix("/")
        if not key:
            return _http("200 OK", self._list(place.query).encode(), kind="application/xml")
        if key not in self.bucket.contents:
            missing = b"" if method == "HEAD" else b"<Error><Code>NoSuchKey</Code></Error>"
            return _http("404 Not Found", missing, kind="application/xml")
        return self._object(key, method, headers.get("range", ""))

    def _list(self, query: str) -> str:
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        return self.bucket.page(
            prefix=asked.get("prefix", ""),
            delimiter=asked.get("delimiter", ""),
            after=asked.get("continuation-token", asked.get("start-after", "")),
        )

    def _object(self, key: str, method: str, asked: str) -> bytes:
        content = self.bucket.contents[key]
        extra = f'ETag: "{self.bucket.etags[key]}"\r\nLast-Modified: {HTTP_MODIFIED}\r\n'
        if not asked:
            return _http("200 OK", content, extra=extra, bare=method == "HEAD")
        first, _, last = asked.removeprefix("bytes=").partition("-")
        start, stop = int(first), min(int(last or len(content)) + 1, len(content))
        extra += f"Content-Range: bytes {start}-{stop - 1}/{len(content)}\r\n"
        return _http("206 Partial Content", content[start:stop], extra=extra)


def _http(
    status: str, body: bytes, *, kind: str = "image/jpeg", extra: str = "", bare: bool = False
) -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
    )
    return head.encode() + (b"" if bare else body)


@contextmanager
def loopback_s3(folder: Path, *, latency: float) -> Iterator[str]:
    """Serve a folder as the bucket BUCKET in a process of its own; yields the endpoint."""
    command = [sys.executable, "-m", "benchmarks.loopback_s3", str(folder), str(latency)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    """Serve until killed; print the port first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("latency", type=float, help="seconds before every answer")
    options = parser.parse_args()
    Connection.bucket, Connection.latency = Bucket(options.folder), options.latency
    asyncio.run(_serve())


if __name__ == "__main__":
    main()
