"""The tables' columns, in one place: what a row of features, of rejects, of the matrix holds."""

import pyarrow as pa

PATH = "path"
LABEL = "label"
SPLIT = "split"
MODEL = "model"
FEATURES = "features"
IMAGE_ID = "image_id"
CONTENT = "content"

FEATURE_ROW = pa.schema(
    [
        (IMAGE_ID, pa.string()),
        (PATH, pa.string()),
        (SPLIT, pa.string()),
        (LABEL, pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("size", pa.int64()),
        ("modified", pa.timestamp("us", tz="UTC")),
        ("etag", pa.string()),
        (FEATURES, pa.list_(pa.float32())),
        ("run_id", pa.string()),
    ]
)
"""A row of `features/`; the partition column `model` is in the folder's name, not in the file."""

REJECT_ROW = pa.schema(
    [
        (PATH, pa.string()),
        ("size", pa.int64()),
        ("modified", pa.timestamp("us", tz="UTC")),
        ("etag", pa.string()),
        (MODEL, pa.string()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("run_id", pa.string()),
    ]
)
"""A row of `rejected/`: an image that could not become a vector, and why."""

PACKED_ROW = pa.schema(
    [
        (IMAGE_ID, pa.string()),
        (PATH, pa.string()),
        (SPLIT, pa.string()),
        (LABEL, pa.string()),
        ("size", pa.int64()),
        ("modified", pa.timestamp("us", tz="UTC")),
        ("etag", pa.string()),
        ("orientation", pa.int32()),
        (CONTENT, pa.binary()),
        ("run_id", pa.string()),
    ]
)
"""A row of `images/` in a packed store. `image_id` and `size` are those of the original file;
`content` is the file without its metadata, `orientation` (1 to 8) how it is to be turned."""

MATRIX_KEYS = (IMAGE_ID, PATH, SPLIT, LABEL)
"""The columns that stand before `pc_0001 … pc_k` in the matrix."""


def component_names(count: int) -> list[str]:
    """Name the matrix columns of `count` components: pc_0001, pc_0002, …"""
    return [f"pc_{index:04d}" for index in range(1, count + 1)]
