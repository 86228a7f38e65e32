"""A trained student → the ONNX file and the facts that the package carries.

Weights are stored as float16 (half the file) and turned into float32 when the file is opened:
what is computed, and how fast, is that of a float32 network.
"""

import hashlib
import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from fruits.backends import onnx as onnx_backend
from fruits.backends.seam import Payload
from fruits.backends.tensorflow import import_keras
from fruits.models.canonical import canonical_bytes
from fruits.models.conversion import convert_keras
from fruits.models.freeze import Agreement, check_images, compare
from training.settings import Student

LEAST_COSINE = 0.9999
LARGEST_BYTES = 3_000_000


def export(student: Any, shape: Student, file: Path, facts: dict[str, Any]) -> Agreement:  # noqa: ANN401
    """Write FILE.onnx and FILE.json, once the file agrees with Keras; `student` is used up.

    The ONNX file takes uint8[n, side, side, 3] and gives unit vectors float32[n, dim].
    Raises ValueError when it is too large or its vectors are not those of Keras.
    """
    images = check_images((shape.side, shape.side))
    expected = student(images.astype(np.float32), training=False).numpy()
    trace = partial(_trace, side=shape.side)
    converted = convert_keras(student, trace=trace, name="fruitnet")
    content = store_halves(canonical_bytes(converted))
    payload = Payload("onnx", content, (shape.side, shape.side), shape.dim)
    agreement = compare(onnx_backend.load(payload, threads=1)(images), expected)
    if agreement.cosine < LEAST_COSINE or len(content) > LARGEST_BYTES:
        raise ValueError(f"{len(content)} bytes, {agreement}: not what the package may carry")
    file.write_bytes(content)
    card = {
        "name": file.stem,
        "sha256": hashlib.sha256(content).hexdigest(),
        "input_size": [shape.side, shape.side],
        "dim": shape.dim,
        **facts,
    }
    file.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n", "utf-8")
    return agreement


def store_halves(content: bytes) -> bytes:
    """Store each matrix and kernel of an ONNX file as float16, with a Cast before its use."""
    import onnx
    from onnx import numpy_helper

    model = onnx.load_from_string(content)
    casts = []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.ndim > 1 and values.size > 64:
            name, stored = tensor.name, f"{tensor.name}/half"
            tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), stored))
            to_single = onnx.helper.make_node("Cast", [stored], [name], to=onnx.TensorProto.FLOAT)
            casts.append(to_single)
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model, full_check=True)
    smaller: bytes = model.SerializeToString(deterministic=True)
    return smaller


def _trace(student: Any, *, side: int) -> Any:  # noqa: ANN401
    _, tf = import_keras()
    entry = tf.TensorSpec((None, side, side, 3), tf.uint8, name="images")

    def features(images: Any) -> Any:  # noqa: ANN401
        return student(tf.cast(images, tf.float32), training=False)

    return tf.function(features, input_signature=[entry])
