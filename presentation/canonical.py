"""A .pptx → the same file without the moment at which it was written: equal slides, equal bytes."""

import io
import re
import zipfile
from typing import Final

EPOCH: Final = (2020, 1, 1, 0, 0, 0)
"""When every member of the file says that it was written; zip knows no earlier than 1980."""

_STAMP: Final = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def canonical(content: bytes, *, when: str) -> bytes:
    """Return the file with all its dates set; `when` is a day, such as 2026-11-28.

    The workbooks behind the charts are files of the same kind, and are treated alike.
    """
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            member = zipfile.ZipInfo(name, EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(member, _member(name, old.read(name), when))
    return out.getvalue()


def _member(name: str, content: bytes, when: str) -> bytes:
    if name.endswith(".xlsx"):
        return canonical(content, when=when)
    if name == "docProps/core.xml":
        return _STAMP.sub(rb"\g<1>" + f"{when}T00:00:00Z".encode(), content)
    return content
