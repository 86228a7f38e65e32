"""One GET of a file or of the rest of it, over https, and what the server's answer says."""

import http.client
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from typing import Any, Final, Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from fruits import __version__

TIMEOUT_SECONDS: Final = 30.0
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


class Passing(Exception):  # noqa: N818  (it never leaves this folder: `get` tells what was tried)
    """A trouble that may pass; `after` is how many seconds the server asks to wait."""

    def __init__(self, why: str, after: float | None = None) -> None:
        super().__init__(why)
        self.after = after


class Unreachable(Passing):
    """The host's name or port does not answer: most likely there is no way to it from here."""


class Refused(Exception):  # noqa: N818
    """A trouble that will not pass: to ask this address again would not help."""


class Stream(Protocol):
    """The body of an answer: `read1` gives what has come, so that no byte of it can get lost."""

    def read1(self, n: int = -1, /) -> bytes:
        """Return at most `n` bytes, b"" at the end."""
        ...


@dataclass(frozen=True)
class Answer:
    """The bytes that follow, from `start` on, of a file of `total` bytes (None: not told).

    `validator` identifies the file's content (a strong ETag, else its date, else ""), so that a
    later request can ask for the rest of this very file. `complete` says that there is no rest.
    """

    start: int
    total: int | None
    validator: str
    stream: Stream
    complete: bool = False


def is_safe(url: str) -> bool:
    """Tell whether a URL is one of https, or of this machine itself."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


@contextmanager
def ask(
    url: str, *, start: int = 0, validator: str = "", timeout: float = TIMEOUT_SECONDS
) -> Iterator[Answer]:
    """Ask for a file, or for what follows its first `start` bytes if it still is the same.

    Raises Passing, Unreachable or Refused; what happens to the bytes is the caller's.
    """
    headers = {"User-Agent": f"fruits/{__version__}", "Accept-Encoding": "identity"}
    if start:
        headers |= {"Range": f"bytes={start}-", "If-Range": validator}
    with _open(Request(url, headers=headers), timeout) as response:  # noqa: S310  (is_safe)
        yield _read_head(response, start)


def _open(request: Request, timeout: float) -> Any:  # noqa: ANN401
    try:
        return _opener(request).open(request, timeout=timeout)
    except HTTPError as exc:
        if exc.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            return exc
        raise _judge(exc) from exc
    except URLError as exc:
        raise _judge_way(exc.reason) from exc
    except (OSError, http.client.HTTPException) as exc:
        raise Passing(str(exc) or type(exc).__name__) from exc


class _OnlySafe(HTTPRedirectHandler):
    def redirect_request(self, *given: Any) -> Request | None:  # noqa: ANN401
        """Follow the server elsewhere, but not to where the bytes could be read or changed."""
        if not is_safe(given[-1]):
            raise Refused(f"it leads to {given[-1]}, which is not https")
        return super().redirect_request(*given)


def _opener(request: Request) -> Any:  # noqa: ANN401
    direct = [ProxyHandler({})] if urlsplit(request.full_url).hostname in LOOPBACK else []
    return build_opener(_OnlySafe(), *direct)


def _read_head(response: Any, asked: int) -> Answer:  # noqa: ANN401
    headers: Message = response.headers
    tag, date = headers.get("ETag", ""), headers.get("Last-Modified", "")
    validator = tag if tag and not tag.startswith("W/") else date
    first, total = _range_of(headers)
    match response.status:
        case http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            whole = asked > 0 and total == asked
            return Answer(asked if whole else -1, total, validator, response, complete=whole)
        case http.client.PARTIAL_CONTENT:
            return Answer(first, total, validator, response)
    length = headers.get("Content-Length", "")
    return Answer(0, int(length) if length.isdigit() else None, validator, response)


def _range_of(headers: Message) -> tuple[int, int | None]:
    """Read "bytes 10-19/20" or "bytes */20" (RFC 9110, 14.4): the first byte and the length."""
    found = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", headers.get("Content-Range", ""))
    if not found:
        return -1, None
    return int(found[1] or -1), None if found[2] == "*" else int(found[2])


def _judge(exc: HTTPError) -> Passing | Refused:
    told = f"HTTP {exc.code} {exc.reason}"
    if exc.code not in _PASSING:
        return Refused(told)
    after = exc.headers.get("Retry-After", "")
    return Passing(told, float(after) if after.isdigit() else None)


def _judge_way(reason: object) -> Passing | Refused:
    if isinstance(reason, ssl.SSLCertVerificationError):
        return Refused(f"its certificate is not good: {reason.verify_message}")
    if isinstance(reason, socket.gaierror | ConnectionRefusedError):
        return Unreachable(str(reason))
    return Passing(str(reason))
