"""Files of the libraries that no driver and no worker of ours ever opens."""

from fnmatch import fnmatchcase
from typing import Final

UNUSED: Final = (
    # What only people and compilers read. A library's tests and headers weigh up to a tenth of it.
    ".lock",
    "*/__pycache__/*",
    "*.pyi",
    "*.pyx",
    "*.pxd",
    "*.pxi",
    "*.h",
    "*.hpp",
    "*.a",
    "*/tests/*",
    "*/testing/data/*",
    "bin/*",
    "share/*",
    "fruits/cloud/locks/*",
    "fruits/cloud/deploy/*",
    "*.dist-info/sboms/*",
    "*.dist-info/direct_url.json",
    # Arrow: Flight, its own S3, Azure and Google clients (ours are obstore's), ORC, Gandiva; copies
    # of one library under three names, of which the linker asks for `.so.N`.
    "pyarrow/include/*",
    "pyarrow/includes/*",
    "pyarrow/src/*",
    "pyarrow/*flight*",
    "pyarrow/libarrow_s3.so*",
    "pyarrow/_s3fs*",
    "pyarrow/_azurefs*",
    "pyarrow/_gcsfs*",
    "pyarrow/_orc*",
    "pyarrow/libarrow_python*.so",
    "pyarrow/libarrow_python*.so.*.*.*",
    # ONNX Runtime: what converts and quantises networks.
    "onnxruntime/transformers/*",
    "onnxruntime/quantization/*",
    "onnxruntime/tools/*",
    "onnxruntime/backend/*",
    "onnxruntime/datasets/*",
    # OpenVINO: the plug-ins of GPUs and NPUs, and the readers of other frameworks' files.
    "openvino/libs/*_gpu_*",
    "openvino/libs/*_npu_*",
    "openvino/libs/*npu*",
    "openvino/libs/libopenvino_tensorflow_*",
    "openvino/libs/libopenvino_pytorch_*",
    "openvino/libs/libopenvino_paddle_*",
    "openvino/libs/libopenvino_jax_*",
    "openvino/libs/cache.json",
    # Pillow: a codec of images that we do not open.
    "PIL/_avif*",
    "pillow.libs/libavif*",
    # TensorFlow: headers, and a compiler's parser that nothing imports while a network runs.
    "clang/*",
    "tensorflow/include/*",
    "tensorflow/xla_aot_runtime_src/*",
)

AWS_SERVICES: Final = ("s3", "sts", "sso", "sso-oidc")
"""The services whose descriptions botocore needs: to read S3, and to find out who asks."""


def is_used(path: str) -> bool:
    """Tell whether a file of an unpacked library, by its path with `/`, goes to the cluster."""
    if path.startswith("botocore/data/") and path.count("/") > 2:
        return path.split("/")[2] in AWS_SERVICES
    return not any(fnmatchcase(path, pattern) for pattern in UNUSED)
