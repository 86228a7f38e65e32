"""What a DataFrame holds of an image → the network's pixels, or a reject with its reason."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray
from pyspark.sql.types import BinaryType, DataType, StructType

from fruits.choices import Fit
from fruits.errors import ConfigError
from fruits.images.framing import Size
from fruits.images.prepare import fit_pixels, prepare
from fruits.images.rejects import Reject

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

IMAGE_FIELDS: Final = {"origin", "height", "width", "nChannels", "mode", "data"}
"""The struct of Spark's image source (https://spark.apache.org/docs/latest/ml-datasource.html)."""

KINDS: Final = "binary (a file's bytes) or the struct of Spark's image source"

Read = Callable[[Any, Size, Fit], NDArray[np.uint8] | Reject]


def reader_of(frame: "DataFrame", name: str) -> Read:
    """Return what reads this column; ConfigError when it is missing or of another kind."""
    if name not in frame.columns:
        raise ConfigError(
            f"inputCol {name!r} is not among the columns {', '.join(frame.columns)}: "
            "set it to the one that holds the images"
        )
    kind: DataType = frame.schema[name].dataType
    if isinstance(kind, BinaryType):
        return read_bytes
    if isinstance(kind, StructType) and set(kind.fieldNames()) >= IMAGE_FIELDS:
        return read_struct
    raise ConfigError(f"column {name!r} is {kind.simpleString()}: images must be {KINDS}")


def read_bytes(content: bytes | None, size: Size, fit: Fit) -> NDArray[np.uint8] | Reject:
    """Decode a file's bytes, as `fruits run` does."""
    if content is None:
        return Reject("unreadable", "the column holds null")
    prepared = prepare(bytes(content), size=size, fit=fit)
    return prepared if isinstance(prepared, Reject) else prepared.pixels


def read_struct(image: Any, size: Size, fit: Fit) -> NDArray[np.uint8] | Reject:  # noqa: ANN401
    """Read decoded pixels: OpenCV's order (blue first), 1, 3 or 4 channels of 8 bits.

    Spark's image source does not turn a photo upright by its EXIF tag, so neither is that done
    here; transparency becomes white, as everywhere.
    """
    if image is None or image["data"] is None:
        return Reject("unreadable", "the column holds null")
    height, width, channels = (int(image[name]) for name in ("height", "width", "nChannels"))
    if min(height, width) < 1:
        return Reject("not-an-image", "Spark's image source could not decode the file")
    data = np.frombuffer(image["data"], np.uint8)
    if channels not in {1, 3, 4} or data.size != height * width * channels:
        detail = f"{data.size} bytes for {width}x{height} pixels of {channels} channels"
        return Reject("unsupported", detail)
    return fit_pixels(_as_rgb(data.reshape(height, width, channels)), size, fit)


def _as_rgb(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if pixels.shape[2] == 1:
        return np.repeat(pixels, 3, axis=2)
    colours = pixels[:, :, 2::-1]
    if pixels.shape[2] == 4:
        alpha = pixels[:, :, 3:].astype(np.float32) / 255
        colours = np.rint(colours * alpha + 255 * (1 - alpha)).astype(np.uint8)
    return np.ascontiguousarray(colours)
