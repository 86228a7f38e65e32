"""Which files of the libraries stay at home."""

import pytest

from fruits.cloud.trim import is_used


@pytest.mark.parametrize(
    "path",
    [
        "numpy/_core/_multiarray_umath.cpython-311-x86_64-linux-gnu.so",
        "pyarrow/libarrow.so.2600",
        "pyarrow/libarrow_python.so.2600",
        "pyarrow/_parquet.cpython-311-aarch64-linux-gnu.so",
        "onnxruntime/capi/onnxruntime_pybind11_state.cpython-311-x86_64-linux-gnu.so",
        "openvino/libs/libopenvino_intel_cpu_plugin.so",
        "openvino/libs/libopenvino_onnx_frontend.so.2640",
        "tensorflow/python/util/_pywrap_utils.so",
        "numpy-2.4.6.dist-info/METADATA",
        "numpy-2.4.6.dist-info/RECORD",
        "fruits/cloud/scripts/python.sh",
        "fruits/models/fruitnet.onnx",
        "botocore/data/endpoints.json",
        "botocore/data/s3/2006-03-01/service-2.json.gz",
        "botocore/data/sso-oidc/2019-06-10/service-2.json.gz",
        "six.py",
        "package/binary/x.py",
        "package/attests/x.py",
    ],
)
def test_what_a_worker_opens_travels(path: str):
    assert is_used(path)


@pytest.mark.parametrize(
    "path",
    [
        "numpy/__pycache__/x.cpython-311.pyc",
        "numpy/__init__.pyi",
        "numpy/linalg/tests/test_linalg.py",
        "pyarrow/include/arrow/api.h",
        "pyarrow/_flight.cpython-311-x86_64-linux-gnu.so",
        "pyarrow/libarrow_flight.so.2600",
        "pyarrow/libarrow_python.so",
        "pyarrow/libarrow_python.so.2600.0.1",
        "onnxruntime/transformers/models/bert/x.py",
        "openvino/libs/libopenvino_intel_gpu_plugin.so",
        "openvino/libs/libopenvino_tensorflow_frontend.so.2640",
        "fruits/cloud/locks/cluster.txt",
        "bin/f2py",
        "share/man/x.1",
        "botocore/data/ec2/2016-11-15/service-2.json.gz",
        "botocore/data/s3control/2018-08-20/service-2.json.gz",
    ],
)
def test_what_only_people_compilers_and_other_services_read_stays(path: str):
    assert not is_used(path)
