import numpy as np
import pytest

from fruits.errors import ModelError
from fruits.models.onnx_file import read_onnx

onnx = pytest.importorskip("onnx", reason="needs the package onnx")
helper = onnx.helper
FLOAT, UINT8 = onnx.TensorProto.FLOAT, onnx.TensorProto.UINT8


def write(path, *, source=(UINT8, ["n", 6, 8, 3]), result=FLOAT, axes=(1, 2), extra=False):
    """A network that averages pixels: its input type, shape and output can be chosen."""
    kind, shape = source
    nodes = [
        helper.make_node("Cast", ["images"], ["numbers"], to=result),
        helper.make_node("ReduceMean", ["numbers"], ["features"], axes=list(axes), keepdims=0),
    ]
    ends = [helper.make_tensor_value_info("features", result, None)]
    if extra:
        ends.append(helper.make_tensor_value_info("numbers", result, None))
    entry = helper.make_tensor_value_info("images", kind, shape)
    graph = helper.make_graph(nodes, "mean", [entry], ends)
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=8), path)
    return path


def test_size_and_vector_length_are_read_from_the_graph(tmp_path):
    file = read_onnx(write(tmp_path / "mean.onnx"))
    assert (file.input_size, file.dim) == ((6, 8), 3)
    assert file.content == (tmp_path / "mean.onnx").read_bytes()


def test_a_batch_fixed_at_one_is_accepted(tmp_path):
    path = write(tmp_path / "one.onnx", source=(UINT8, [1, 6, 8, 3]))
    assert read_onnx(path).dim == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"source": (FLOAT, ["n", 6, 8, 3])},
        {"source": (UINT8, ["n", 3, 6, 8])},
        {"source": (UINT8, ["n", "h", "w", 3])},
        {"source": (UINT8, [4, 6, 8, 3])},
        {"source": (UINT8, ["n", 6, 8, 4])},
        {"axes": (1,)},
        {"axes": (1, 2, 3)},
        {"result": onnx.TensorProto.DOUBLE},
        {"extra": True},
    ],
    ids=[
        "float input", "channels first", "free size", "fixed batch", "RGBA",
        "a map per image", "a number per image", "float64 output", "two outputs",
    ],
)  # fmt: skip
def test_a_network_that_does_not_fit_is_refused_with_what_was_found_and_expected(tmp_path, changes):
    with pytest.raises(ModelError, match=r"found images tensor.* expected one uint8 input"):
        read_onnx(write(tmp_path / "other.onnx", **changes))


def test_a_missing_file_is_an_error_that_names_it(tmp_path):
    with pytest.raises(ModelError, match=r"gone\.onnx cannot be read"):
        read_onnx(tmp_path / "gone.onnx")


@pytest.mark.parametrize("content", [b"", b"not ONNX", b"\x08\x08"])
def test_a_file_that_is_no_network_is_refused(tmp_path, content):
    path = tmp_path / "broken.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"ONNX Runtime .* refuses"):
        read_onnx(path)


def test_weights_kept_in_a_second_file_are_refused_with_the_remedy(tmp_path):
    from tiny_network import tiny_network

    model = onnx.load_from_string(tiny_network())
    path = tmp_path / "split.onnx"
    onnx.save(model, path, save_as_external_data=True, location="rest.bin", size_threshold=0)
    with pytest.raises(ModelError, match="self-contained"):
        read_onnx(path)


def test_the_tiny_network_of_the_tests_fits(tmp_path):
    from tiny_network import DIM, SIDE, tiny_network

    path = tmp_path / "tiny.onnx"
    path.write_bytes(tiny_network())
    file = read_onnx(path)
    assert (file.input_size, file.dim) == ((SIDE, SIDE), DIM)
    assert np.array_equal(tiny_network(), file.content)
