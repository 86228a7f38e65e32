import subprocess
import sys
from dataclasses import replace
from importlib import metadata, util

import pytest

from fruits.backends import BACKENDS, backend_versions, load_backend, resolve_backend
from fruits.backends.choose import payload_kind, rivals
from fruits.errors import ConfigError, ModelError


@pytest.fixture
def bare(monkeypatch):
    """A machine where no library of any backend is installed."""
    monkeypatch.setattr(util, "find_spec", lambda _name: None)


@pytest.fixture
def complete(monkeypatch):
    """A machine where all of them are."""
    monkeypatch.setattr(util, "find_spec", lambda _name: object())


@pytest.mark.usefixtures("complete")
@pytest.mark.parametrize(
    ("name", "precision", "chosen"),
    [
        ("auto", "f32", "onnx"),
        ("auto", "bf16", "openvino"),
        ("onnx", "f32", "onnx"),
        ("openvino", "f32", "openvino"),
        ("openvino", "bf16", "openvino"),
        ("tensorflow", "f32", "tensorflow"),
    ],
)
def test_a_backend_is_chosen_by_name_or_by_precision(name, precision, chosen):
    assert resolve_backend(name, precision) == chosen


@pytest.mark.usefixtures("complete")
def test_auto_stands_for_every_engine_that_computes_so_and_a_name_for_itself():
    assert rivals("auto", "f32") == ("onnx", "openvino")
    assert rivals("auto", "bf16") == ("openvino",)
    assert rivals("tensorflow", "f32") == ("tensorflow",)


def test_auto_stands_only_for_engines_that_are_installed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(util, "find_spec", lambda name: name == "onnxruntime" or None)
    assert rivals("auto", "f32") == ("onnx",)


@pytest.mark.parametrize("name", ["onnx", "tensorflow"])
def test_a_precision_that_a_backend_lacks_is_a_configuration_error(name):
    with pytest.raises(ConfigError, match="use --backend openvino or --precision f32"):
        resolve_backend(name, "bf16")


def test_an_unknown_backend_is_a_configuration_error_that_names_the_known_ones():
    with pytest.raises(ConfigError, match="'torch' is unknown: use auto, onnx, openvino"):
        resolve_backend("torch", "f32")


def test_an_unknown_precision_is_a_configuration_error():
    with pytest.raises(ConfigError, match="precision 'int8' is unknown"):
        resolve_backend("auto", "int8")


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("onnx", "pip install onnxruntime"),
        ("openvino", r"pip install 'fruits\[openvino\]'"),
        ("tensorflow", r"pip install 'fruits\[tensorflow\]'"),
    ],
)
def test_a_missing_library_is_reported_with_the_command_that_installs_it(name, command):
    with pytest.raises(ModelError, match=command):
        resolve_backend(name, "f32")


def test_a_payload_of_another_kind_is_refused(tiny_payload):
    pytest.importorskip("tensorflow", reason="needs fruits[tensorflow]")
    with pytest.raises(ModelError, match="kind 'keras', not 'onnx'"):
        load_backend("tensorflow", tiny_payload)


def test_a_precision_that_the_payload_asks_for_is_checked_when_it_is_loaded(tiny_payload):
    with pytest.raises(ConfigError, match="not bf16"):
        load_backend("onnx", replace(tiny_payload, precision="bf16"))


def test_no_thread_at_all_is_a_configuration_error(tiny_payload):
    with pytest.raises(ConfigError, match="at least 1 thread, not 0"):
        load_backend("onnx", tiny_payload, threads=0)


def test_auto_loads_the_default_backend(tiny_payload):
    assert load_backend("auto", tiny_payload).__module__.startswith("fruits.backends")


def test_versions_are_those_of_the_installed_libraries():
    versions = backend_versions()
    assert tuple(versions) == BACKENDS == ("onnx", "openvino", "tensorflow")
    assert versions["onnx"] == metadata.version("onnxruntime")


def test_a_library_that_is_not_installed_has_no_version(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert set(backend_versions().values()) == {None}


def test_each_backend_takes_one_kind_of_payload():
    assert [payload_kind(name) for name in BACKENDS] == ["onnx", "onnx", "keras"]


def test_choosing_a_backend_imports_none_of_the_libraries():
    code = (
        "import sys; from fruits.backends import resolve_backend, backend_versions; "
        "resolve_backend('auto', 'f32'); backend_versions(); "
        "sys.exit(bool({'onnxruntime', 'openvino', 'tensorflow', 'keras'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
