import io

import numpy as np
import pytest

from fruits.backends import load_backend
from fruits.backends.seam import Payload
from fruits.backends.tensorflow import (
    build_network,
    fill_network,
    import_keras,
    pack_network,
    unpack_network,
)
from fruits.errors import ModelError


def test_a_packed_network_comes_back_with_its_weights_in_order():
    weights = [np.full((2, 3), index, np.float32) for index in range(12)]
    network_class, module, found = unpack_network(pack_network("Net", "net", weights))
    assert (network_class, module) == ("Net", "net")
    assert [array[0, 0] for array in found] == list(range(12))


def test_packing_the_same_weights_gives_the_same_bytes():
    weights = [np.arange(6, dtype=np.float32)]
    assert pack_network("Net", "net", weights) == pack_network("Net", "net", weights)


def test_a_pickle_inside_a_payload_is_never_loaded():
    buffer = io.BytesIO()
    np.savez(buffer, np.array(["Net", "net"]), np.array([object()], dtype=object))
    with pytest.raises(ModelError, match="no Keras payload"):
        unpack_network(buffer.getvalue())


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"onnx bytes"])
def test_bytes_that_are_no_keras_payload_are_refused(content):
    with pytest.raises(ModelError, match="no Keras payload"):
        unpack_network(content)


@pytest.mark.tensorflow
def test_weights_of_another_network_are_refused():
    pytest.importorskip("tensorflow", reason="needs fruits[tensorflow]")
    content = pack_network("MobileNetV2", "mobilenet_v2", [np.zeros(3, np.float32)])
    with pytest.raises(ModelError, match="do not fit MobileNetV2"):
        load_backend("tensorflow", Payload("keras", content, (224, 224), 1280))


@pytest.mark.tensorflow
def test_broadcast_input_statistics_are_used_and_not_only_stored():
    pytest.importorskip("tensorflow", reason="needs fruits[tensorflow]")
    keras, _ = import_keras()
    network = build_network(keras, network_class="EfficientNetB0", input_size=(32, 32))
    layer = next(item for item in network.layers if type(item).__name__ == "Normalization")
    weights = network.get_weights()
    weights[0], weights[1] = np.full(3, 0.5, np.float32), np.full(3, 0.25, np.float32)
    fill_network(network, weights)
    assert np.allclose(np.asarray(layer(np.ones((1, 2, 2, 3), np.float32))), 1.0)
