"""Bytes become upright RGB pixels: the bytes choose the decoder, never the file's name."""

from fruits.images.decoded import Decoded
from fruits.images.formats import foreign_format, sniff
from fruits.images.framing import Shrink
from fruits.images.pillow import decode_with_pillow
from fruits.images.rejects import Undecodable
from fruits.images.turbo import NotForTurbo, decode_jpeg


def decode(content: bytes, *, shrink: Shrink) -> Decoded:
    """Decode an image file; JPEGs by libjpeg-turbo, and by Pillow what that refuses.

    Only JPEGs are ever shrunk, by the factor that `shrink` gives for the upright height and width.

    Raises:
        Undecodable: the bytes are no image that we can decode; it carries the reason.

    """
    if not content:
        raise Undecodable("empty", "the file has no bytes")
    kind = sniff(content)
    if kind is None:
        raise _not_ours(content)
    if kind == "jpeg":
        try:
            return decode_jpeg(content, shrink=shrink)
        except NotForTurbo:
            pass
    return decode_with_pillow(content, kind)


def _not_ours(content: bytes) -> Undecodable:
    foreign = foreign_format(content)
    if foreign:
        return Undecodable("unsupported", f"{foreign} is not decoded: convert it to JPEG or PNG")
    if content.startswith(b"version https://git-lfs"):
        return Undecodable("not-an-image", "a Git LFS pointer: fetch the image with git lfs pull")
    if content[:64].lstrip()[:1] == b"<":
        return Undecodable("not-an-image", "a web page or XML, perhaps a saved error message")
    return Undecodable("not-an-image", f"{len(content)} bytes that start like no image we know")
