"""The closed lists of words that a setting may be."""

from typing import Literal

Fit = Literal["squash", "crop", "pad"]
"""How an image meets the input: squash changes the aspect; crop cuts; pad adds white margins."""

Split = Literal["training", "test", "validation"]
Precision = Literal["f32", "bf16"]
Backend = Literal["auto", "onnx", "openvino", "tensorflow"]
RunnerName = Literal["auto", "spark", "local"]
