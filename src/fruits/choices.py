"""The closed lists of words that a setting may be."""

from typing import Final, Literal, get_args

Fit = Literal["squash", "crop", "pad"]
"""How an image meets the input: squash changes the aspect; crop cuts; pad adds white margins."""

Split = Literal["training", "test", "validation"]
Precision = Literal["f32", "bf16"]
Backend = Literal["auto", "onnx", "openvino", "tensorflow"]
RunnerName = Literal["auto", "spark", "local"]
Steps = Literal["run", "features", "reduce", "pack"]
"""The commands that go from an input to an output, and so can be sent to a cluster."""

Language = Literal["en", "fr"]
"""What the report and its figures are written in."""

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

ClusterPlatform = Literal["linux-x86_64", "linux-aarch64"]
ClusterExtra = Literal["tensorflow", "openvino", "spark"]
"""What a cluster's package may hold beside what every run needs."""
