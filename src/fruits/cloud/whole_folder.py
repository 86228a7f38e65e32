"""A folder that is whole or not there: filled beside its place, then put there in one step."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_folder(folder: Path, manifest: str) -> Iterator[Path]:
    """Give an empty folder to fill; where the block ends well, it becomes `folder`.

    If somebody has put one there meanwhile, with its manifest, that one stays: a folder's name
    tells its content. Raises OSError where it cannot be put there.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fruits-", dir=folder.parent) as beside:
        made = Path(beside) / folder.name
        made.mkdir()
        yield made
        try:
            made.rename(folder)
        except OSError:
            if not (folder / manifest).is_file():
                raise
