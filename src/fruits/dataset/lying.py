"""What lies at the place to upload to: enough to tell whether it is what would be uploaded."""

import json
from collections.abc import Mapping
from typing import Final

from fruits.dataset.put_report import Sent
from fruits.errors import ConfigError, FruitsError
from fruits.storage.folder import FolderSource
from fruits.storage.output import Output
from fruits.storage.source import ImageRef

MEMORY: Final = "_fruits/put.json"


class Lying:
    """The images at a place, by path: their size, and the ETag or time that the storage gives.

    An ETag that is the MD5 of the content (S3, one piece, no KMS) says all. For the others, MEMORY
    keeps, by path, the MD5 of what we sent and what the storage said of it then: as long as it says
    the same, the content is the same. Losing that file costs uploads, nothing else.
    """

    def __init__(self, target: Output) -> None:
        self._target = target
        self._known = _list(target)
        self._memory = _read_memory(target)

    def has(self, path: str, sent: Sent) -> bool:
        """Tell whether these bytes lie there."""
        size, tag = self._known.get(path, (-1, ""))
        return size == sent.size and (tag == sent.md5 or self._memory.get(path) == [sent.md5, tag])

    def settle(self, sent: Mapping[str, Sent]) -> None:
        """Look whether all that was sent is there, and remember what the storage says of it.

        Raises FruitsError if something is missing or has another length.
        """
        if not sent:
            return
        self._known = _list(self._target)
        wrong = [path for path in sent if self._known.get(path, (-1, ""))[0] != sent[path].size]
        self._remember({path: facts for path, facts in sent.items() if path not in wrong})
        if wrong:
            raise FruitsError(
                f"{len(wrong):,} of {len(sent):,} uploaded files are not at {self._target.uri} as "
                f"they were sent ({wrong[0]}, for one): does something else write there? Run the "
                "same command again"
            )

    def _remember(self, sent: Mapping[str, Sent]) -> None:
        tags = {path: self._known[path][1] for path in sent}
        odd = {path: [sent[path].md5, tag] for path, tag in tags.items() if tag != sent[path].md5}
        kept = {
            path: facts
            for path, facts in self._memory.items()
            if path in self._known and path not in sent
        }
        memory = kept | odd
        if memory != self._memory:
            self._target.write(MEMORY, json.dumps(memory, ensure_ascii=False).encode())
            self._memory = memory


def _list(target: Output) -> dict[str, tuple[int, str]]:
    root = target.path_of("").rstrip("/") or "/"
    try:
        if target.fs.info(root)["type"] == "file":
            raise ConfigError(f"{target.uri} is a file: give a folder or a prefix to upload to")
    except FileNotFoundError:
        return {}
    pages = FolderSource(target.uri).pages()
    return {ref.path: (ref.size, _tag(ref)) for page in pages for ref in page}


def _tag(ref: ImageRef) -> str:
    return ref.etag or f"at {ref.modified}"


def _read_memory(target: Output) -> dict[str, list[str]]:
    try:
        found = json.loads(target.read(MEMORY) or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
