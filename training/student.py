"""The student: a small residual network of plain 3×3 convolutions, in Keras.

Plain convolutions rather than MobileNet's depthwise ones: on one CPU core they do several times
the arithmetic in the same time, and they learn faster there too. Blocks after He et al., 2015
(https://arxiv.org/abs/1512.03385), with an average pooling before the shortcut's 1×1 convolution
(He et al., 2018, https://arxiv.org/abs/1812.01187).
"""

from typing import Any

import keras
from keras import layers

from training.settings import Student

BATCH_NORM_MOMENTUM = 0.97


def build_student(shape: Student) -> keras.Model:
    """Build the network: pixels in 0…255 [n, side, side, 3] → unit vectors float32[n, dim]."""
    pixels = keras.Input((shape.side, shape.side, 3), name="images")
    x = layers.Rescaling(1 / 127.5, offset=-1)(pixels)
    for channels in shape.stem:
        x = layers.ReLU()(_convolve(x, channels, 3, stride=2))
    for channels, blocks in shape.stages:
        for block in range(blocks):
            x = _residual(x, channels, stride=1 if block else 2)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(shape.dim)(x)
    return keras.Model(pixels, layers.UnitNormalization(name="features")(x), name="fruitnet")


def _residual(x: Any, channels: int, *, stride: int) -> Any:  # noqa: ANN401
    y = layers.ReLU()(_convolve(x, channels, 3, stride=stride))
    y = _convolve(y, channels, 3)
    if stride > 1:
        x = layers.AveragePooling2D(stride)(x)
    if x.shape[-1] != channels:
        x = _convolve(x, channels, 1)
    return layers.ReLU()(layers.Add()([x, y]))


def _convolve(x: Any, channels: int, size: int, *, stride: int = 1) -> Any:  # noqa: ANN401
    x = layers.Conv2D(channels, size, stride, padding="same", use_bias=False)(x)
    return layers.BatchNormalization(momentum=BATCH_NORM_MOMENTUM)(x)
