"""The logs of a run on AWS: files that the services put into the deployment's bucket."""

import gzip
from collections.abc import Iterator
from typing import Final

from fruits.errors import CloudError
from fruits.storage.output import Output

LARGEST_BYTES: Final = 5 * 1024 * 1024
"""Of each file, unpacked: the end of a log is where the reason stands."""


def read_logs(place: str) -> Iterator[str]:
    """Yield a heading and the content of each log file below a URI, in the order of their names.

    Raises CloudError where there is none, which is so for some minutes after a start.
    """
    folder = Output(place)
    names = folder.files()
    if not names:
        raise CloudError(
            f"there are no logs below {place}: is the run's name right? AWS writes them every few "
            "minutes, the last ones some minutes after the end"
        )
    for name in names:
        yield f"==> {name} <==\n"
        yield _text(folder.read(name) or b"", packed=name.endswith(".gz"))


def _text(content: bytes, *, packed: bool) -> str:
    try:
        plain = gzip.decompress(content) if packed else content
    except (OSError, EOFError):
        plain = b"(this file is still being written, or damaged)"
    text = plain[-LARGEST_BYTES:].decode("utf-8", errors="replace")
    return text if text.endswith("\n") else f"{text}\n"
