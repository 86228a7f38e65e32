"""What every backend promises, on the same networks: a new backend must pass this file."""

from dataclasses import replace
from importlib import util

import numpy as np
import pytest

from fruits.backends.choose import load_backend, payload_kind
from fruits.backends.seam import Payload
from fruits.errors import ModelError

CASES = [("onnx", "f32"), ("openvino", "f32"), ("openvino", "bf16"), ("tensorflow", "f32")]
TINY_CASES = [case for case in CASES if payload_kind(case[0]) == "onnx"]
MODULES = {"onnx": "onnxruntime", "openvino": "openvino", "tensorflow": "tensorflow"}

F32_DIFFERENCE = 1e-4
"""Largest difference to Keras in f32, as a share of the largest feature (measured: 2e-5)."""
BF16_COSINE = 0.9
"""Least cosine to Keras in bf16, which has 8 significant bits, over some 50 layers: ImageNet
weights on 64 photos of Fruits-360 gave 0.979 on average and 0.942 at worst."""


def open_backend(name, payload):
    """Load a backend; skip, with the reason, where this machine cannot run it."""
    if util.find_spec(MODULES[name]) is None:
        pytest.skip(f"{MODULES[name]} is not installed")
    try:
        return load_backend(name, payload, threads=1)
    except ModelError as error:
        if "bfloat16" in str(error):
            pytest.skip(str(error))
        raise


def cosines(a, b):
    """Compare two float[n, dim] row by row."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def assert_close_to_keras(found, expected, precision):
    if precision == "f32":
        assert np.abs(found - expected).max() <= F32_DIFFERENCE * np.abs(expected).max()
    else:
        assert cosines(found, expected).min() >= BF16_COSINE


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def case(request, seeded):
    """(the backend's function, the reference, the precision)."""
    name, precision = request.param
    payload = seeded.payload(payload_kind(name), precision)
    return open_backend(name, payload), seeded, precision


@pytest.fixture(scope="module", params=TINY_CASES, ids="-".join)
def tiny(request, tiny_payload):
    """(the backend's function on the tiny network, the precision)."""
    name, precision = request.param
    return open_backend(name, replace(tiny_payload, precision=precision)), precision


def draw(count, side=32):
    return np.random.default_rng(5).integers(0, 256, (count, side, side, 3), np.uint8)


@pytest.mark.tensorflow
def test_a_batch_gives_one_finite_float32_row_per_image(case):
    embed, reference, _ = case
    features = embed(reference.images)
    assert features.dtype == np.float32
    assert features.shape == reference.expected.shape == (5, 1280)
    assert np.isfinite(features).all()


@pytest.mark.tensorflow
def test_features_equal_those_of_keras_within_the_stated_tolerance(case):
    embed, reference, precision = case
    assert_close_to_keras(embed(reference.images), reference.expected, precision)


@pytest.mark.tensorflow
def test_different_images_get_different_vectors(case):
    embed, reference, _ = case
    assert len(np.unique(embed(reference.images), axis=0)) == 5


@pytest.mark.tensorflow
def test_the_same_batch_gives_the_same_bits_again(case):
    embed, reference, _ = case
    assert embed(reference.images).tobytes() == embed(reference.images).tobytes()


@pytest.mark.tensorflow
def test_a_vector_is_bitwise_the_same_whatever_batch_its_image_travels_in(case):
    embed, reference, _ = case
    together = embed(reference.images)
    alone = np.concatenate([embed(reference.images[i : i + 1]) for i in range(5)])
    order = [3, 0, 4, 1, 2]
    assert alone.tobytes() == together.tobytes()
    assert embed(reference.images[order]).tobytes() == together[order].tobytes()


@pytest.mark.data
@pytest.mark.tensorflow
@pytest.mark.parametrize(("name", "precision"), CASES)
def test_imagenet_features_equal_those_of_keras(name, precision, imagenet):
    embed = open_backend(name, imagenet.payload(payload_kind(name), precision))
    assert_close_to_keras(embed(imagenet.images), imagenet.expected, precision)


def test_features_of_the_tiny_network_equal_those_of_numpy(tiny):
    from tiny_network import tiny_features

    embed, precision = tiny
    images = draw(6)
    expected = tiny_features(images)
    share = 2**-20 if precision == "f32" else 2**-7  # 24 and 8 significant bits, less rounding
    assert np.abs(embed(images) - expected).max() <= share * expected.max()


@pytest.mark.parametrize("name", ["onnx", "openvino"])
def test_zeros_padded_before_a_maximum_count_as_zeros(name):
    """ONNX Runtime's own optimiser gets this wrong, and with it every ResNet V2."""
    from onnx import TensorProto, helper, numpy_helper

    nodes = [
        helper.make_node("Cast", ["images"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Neg", ["numbers"], ["negative"]),
        helper.make_node("Transpose", ["negative"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Pad", ["planes", "borders"], ["padded"]),
        helper.make_node("MaxPool", ["padded"], ["largest"], kernel_shape=[3, 3], strides=[2, 2]),
        helper.make_node("Flatten", ["largest"], ["features"]),
    ]
    borders = np.array([0, 0, 1, 1, 0, 0, 1, 1], np.int64)
    graph = helper.make_graph(
        nodes,
        "padded",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", 4, 4, 3])],
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", 12])],
        [numpy_helper.from_array(borders, "borders")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    embed = open_backend(name, Payload("onnx", model.SerializeToString(), (4, 4), 12))
    # Of the four windows only the last does not touch the border of zeros.
    assert np.array_equal(embed(np.ones((1, 4, 4, 3), np.uint8))[0], [0, 0, 0, -1] * 3)


def test_an_empty_batch_gives_no_rows_of_the_right_width(tiny):
    embed, _ = tiny
    features = embed(draw(0))
    assert (features.shape, features.dtype) == ((0, 24), np.float32)


def test_a_view_of_a_larger_array_gives_what_its_copy_gives(tiny):
    embed, _ = tiny
    wide = draw(4, side=64)
    view = wide[::-1, ::2, ::2]
    assert not view.flags.c_contiguous
    assert embed(view).tobytes() == embed(view.copy()).tobytes()


def test_a_read_only_batch_is_accepted(tiny):
    embed, _ = tiny
    images = draw(2)
    images.flags.writeable = False
    assert embed(images).shape == (2, 24)


def test_features_belong_to_the_caller_and_images_stay_as_they_were(tiny):
    embed, _ = tiny
    images = draw(2)
    before = images.copy()
    first = embed(images[:1])
    kept = first.copy()
    embed(images[1:])
    assert np.array_equal(first, kept)
    assert np.array_equal(images, before)


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((1, 32, 32, 3), np.float32),
        np.zeros((1, 32, 32, 4), np.uint8),
        np.zeros((1, 32, 31, 3), np.uint8),
        np.zeros((1, 3, 32, 32), np.uint8),
        np.zeros((32, 32, 3), np.uint8),
        np.zeros((), np.uint8),
    ],
    ids=["float", "RGBA", "other width", "channels first", "no batch", "a number"],
)
def test_a_batch_of_another_shape_or_type_is_refused_with_what_was_expected(tiny, images):
    embed, _ = tiny
    with pytest.raises(ModelError, match=r"takes uint8\[n, 32, 32, 3\]"):
        embed(images)


def test_two_loads_of_one_payload_give_the_same_bits(tiny_payload):
    images = draw(3)
    first, second = (open_backend("onnx", tiny_payload)(images) for _ in range(2))
    assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize("name", ["onnx", "openvino"])
def test_bytes_that_are_no_network_are_refused(name, tiny_payload):
    with pytest.raises(ModelError, match="refuses this network"):
        open_backend(name, replace(tiny_payload, content=b"not an ONNX file"))


def test_a_truncated_network_is_refused(tiny_payload):
    with pytest.raises(ModelError, match="refuses this network"):
        open_backend("onnx", replace(tiny_payload, content=tiny_payload.content[:-700]))
