"""What the formats' files have in common: reading a container's bytes with care."""


class BrokenContainer(ValueError):  # noqa: N818  (`strip` turns it into another way to keep the pixels)
    """A file whose parts do not lie where its own lengths and offsets say."""


def piece(content: bytes, start: int, length: int) -> bytes:
    """Return exactly `length` bytes from `start`; BrokenContainer where the file has fewer."""
    end = start + length
    if start < 0 or length < 0 or end > len(content):
        raise BrokenContainer(f"{length} bytes announced at {start} of {len(content)}")
    return content[start:end]
