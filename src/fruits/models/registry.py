"""The networks that fruits knows by name: every classifier of `keras.applications`, as a table.

Source: https://keras.io/api/applications. Nothing here imports Keras; a test compares the table
with it.
"""

import difflib
from dataclasses import dataclass, replace
from typing import Final

from fruits.errors import ModelError
from fruits.models.embedded import NAME as EMBEDDED

DEFAULT = "mobilenet_v2"

SIDES: Final = range(32, 1025)
"""The sides that `NAME@SIDE` accepts; Keras refuses those that a network cannot take."""


@dataclass(frozen=True)
class Network:
    """One network of `keras.applications`, without its top and average-pooled.

    `network_class` is the constructor's name, `module` the part of `keras.applications` whose
    `preprocess_input` it expects, `side` the height and width in pixels of its images, `dim` the
    length of its vectors, `weights_mb` the size of its float32 weights in 10⁶ bytes.
    """

    name: str
    network_class: str
    module: str
    side: int
    dim: int
    weights_mb: int

    @property
    def input_size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.side, self.side


_TABLE = (
    Network("mobilenet", "MobileNet", "mobilenet", 224, 1024, 13),
    Network("mobilenet_v2", "MobileNetV2", "mobilenet_v2", 224, 1280, 9),
    Network("mobilenet_v3_small", "MobileNetV3Small", "mobilenet_v3", 224, 576, 4),
    Network("mobilenet_v3_large", "MobileNetV3Large", "mobilenet_v3", 224, 960, 12),
    Network("nasnet_mobile", "NASNetMobile", "nasnet", 224, 1056, 17),
    Network("nasnet_large", "NASNetLarge", "nasnet", 331, 4032, 340),
    Network("efficientnet_b0", "EfficientNetB0", "efficientnet", 224, 1280, 16),
    Network("efficientnet_b1", "EfficientNetB1", "efficientnet", 240, 1280, 26),
    Network("efficientnet_b2", "EfficientNetB2", "efficientnet", 260, 1408, 31),
    Network("efficientnet_b3", "EfficientNetB3", "efficientnet", 300, 1536, 43),
    Network("efficientnet_b4", "EfficientNetB4", "efficientnet", 380, 1792, 71),
    Network("efficientnet_b5", "EfficientNetB5", "efficientnet", 456, 2048, 114),
    Network("efficientnet_b6", "EfficientNetB6", "efficientnet", 528, 2304, 164),
    Network("efficientnet_b7", "EfficientNetB7", "efficientnet", 600, 2560, 256),
    Network("efficientnet_v2_b0", "EfficientNetV2B0", "efficientnet_v2", 224, 1280, 24),
    Network("efficientnet_v2_b1", "EfficientNetV2B1", "efficientnet_v2", 240, 1280, 28),
    Network("efficientnet_v2_b2", "EfficientNetV2B2", "efficientnet_v2", 260, 1408, 35),
    Network("efficientnet_v2_b3", "EfficientNetV2B3", "efficientnet_v2", 300, 1536, 52),
    Network("efficientnet_v2_s", "EfficientNetV2S", "efficientnet_v2", 384, 1280, 81),
    Network("efficientnet_v2_m", "EfficientNetV2M", "efficientnet_v2", 480, 1280, 213),
    Network("efficientnet_v2_l", "EfficientNetV2L", "efficientnet_v2", 480, 1280, 471),
    Network("convnext_tiny", "ConvNeXtTiny", "convnext", 224, 768, 111),
    Network("convnext_small", "ConvNeXtSmall", "convnext", 224, 768, 198),
    Network("convnext_base", "ConvNeXtBase", "convnext", 224, 1024, 350),
    Network("convnext_large", "ConvNeXtLarge", "convnext", 224, 1536, 785),
    Network("convnext_xlarge", "ConvNeXtXLarge", "convnext", 224, 2048, 1393),
    Network("densenet121", "DenseNet121", "densenet", 224, 1024, 28),
    Network("densenet169", "DenseNet169", "densenet", 224, 1664, 51),
    Network("densenet201", "DenseNet201", "densenet", 224, 1920, 73),
    Network("resnet50", "ResNet50", "resnet", 224, 2048, 94),
    Network("resnet101", "ResNet101", "resnet", 224, 2048, 171),
    Network("resnet152", "ResNet152", "resnet", 224, 2048, 233),
    Network("resnet50_v2", "ResNet50V2", "resnet_v2", 224, 2048, 94),
    Network("resnet101_v2", "ResNet101V2", "resnet_v2", 224, 2048, 171),
    Network("resnet152_v2", "ResNet152V2", "resnet_v2", 224, 2048, 233),
    Network("inception_v3", "InceptionV3", "inception_v3", 299, 2048, 87),
    Network("inception_resnet_v2", "InceptionResNetV2", "inception_resnet_v2", 299, 1536, 217),
    Network("xception", "Xception", "xception", 299, 2048, 83),
    Network("vgg16", "VGG16", "vgg16", 224, 512, 59),
    Network("vgg19", "VGG19", "vgg19", 224, 512, 80),
)
_BY_NAME = {network.name: network for network in _TABLE}


def names() -> list[str]:
    """List the names of the networks, related ones together."""
    return list(_BY_NAME)


def find(name: str) -> Network:
    """Look a network up: `mobilenet_v2`, or `mobilenet_v2@160` for images of 160 × 160 pixels.

    A network at another size is a network of its own: its vectors lie in a space of their own, and
    `keras.applications` has weights made for some sizes. Raises ModelError, with the nearest
    names, when there is none, and for a side that is no number from 32 to 1024.
    """
    base, at, side = name.partition("@")
    if at and base == EMBEDDED:
        raise ModelError(f"{EMBEDDED} has one input size: leave out @{side}")
    if base not in _BY_NAME:
        raise ModelError(_unknown(base))
    return _resized(_BY_NAME[base], side) if at else _BY_NAME[base]


def _resized(network: Network, side: str) -> Network:
    if not (side.isdecimal() and int(side) in SIDES):
        raise ModelError(
            f"model {network.name}@{side}: after the @ comes the side of its square input in "
            f"pixels, from {SIDES.start} to {SIDES.stop - 1} ({network.name} alone takes "
            f"{network.side})"
        )
    pixels = int(side)
    if pixels == network.side:
        return network
    return replace(network, name=f"{network.name}@{pixels}", side=pixels)


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name.lower(), [EMBEDDED, *_BY_NAME], n=3, cutoff=0.5)
    advice = f"did you mean {', '.join(near)}? " if near else ""
    return (
        f"model {name!r} is unknown: {advice}`fruits models list` shows them all, "
        "and a path to a FILE.onnx is accepted too"
    )
