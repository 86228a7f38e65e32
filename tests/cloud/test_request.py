"""A command that was understood here, said again so that another machine understands the same."""

from dataclasses import replace
from typing import Any

import pytest

from fruits.choices import Steps
from fruits.cli.main import cli
from fruits.cli.options import configure
from fruits.cloud.request import Request
from fruits.config import Config
from fruits.errors import ConfigError

PLACES = {"input": "hdfs://nn:8020/Pêches & pommes #1 100%", "output": "s3://vergers/sorties été"}


def request(steps: Steps = "run", **settings: Any) -> Request:
    return Request(steps, Config(**(PLACES | settings)))


def understood(arguments: list[str]) -> Config:
    """Read arguments as the driver on the cluster does."""
    name, *rest = arguments
    with cli.commands[name].make_context(name, list(rest)) as context:
        return configure({k: v for k, v in context.params.items() if k not in {"as_json", "page"}})


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"components": 128, "max_rejected": 0.0},
        {"components": 1.0, "max_rejected": 1},
        {"components": "5e-1", "max_rejected": 1e-07},
        {"model": "mobilenet_v2@96", "fit": "pad", "split": "validation"},
        {"model": "fruitnet", "backend": "openvino", "precision": "bf16"},
        {"prune": True, "input": "hdfs:///"},
        {"prune": "no", "input": 'S3A://b/it\'s "here" $HOME {{PWD}} --output=x'},
    ],
)
def test_the_driver_understands_the_settings_that_were_meant(settings: dict[str, Any]):
    sent = request(**settings)
    assert understood(sent.arguments()) == sent.config


@pytest.mark.parametrize(
    ("steps", "settings"),
    [
        ("features", {"model": "resnet50", "prune": True}),
        ("reduce", {"input": "", "components": 3}),
        ("pack", {"split": "test", "max_rejected": 0.5}),
    ],
)
def test_every_command_that_can_be_sent_says_its_own_settings(steps, settings):
    sent = request(steps, **settings)
    assert sent.arguments()[0] == steps
    assert understood(sent.arguments()) == sent.config


@pytest.mark.parametrize(
    ("steps", "settings"),
    [("reduce", {}), ("features", {"components": 50}), ("pack", {"model": "fruitnet"})],
)
def test_a_setting_that_a_command_has_no_option_for_is_not_sent(steps, settings):
    # FRUITS_INPUT, or one TOML file for all the commands: `reduce` has no --input.
    assert understood(request(steps, **settings).arguments()).output == PLACES["output"]


def test_what_means_nothing_elsewhere_is_not_sent():
    sent = request(weights="/home/me/poids été.h5", runner="spark")
    assert sent.arguments() == ["run", "--output", PLACES["output"], "--input", PLACES["input"]]


def test_a_file_of_a_network_travels_and_is_called_by_its_name(tmp_path):
    network = tmp_path / "réseaux de neurones" / "tiny network.ONNX"
    network.parent.mkdir()
    network.write_bytes(b"onnx")
    sent = request(model=str(network))
    assert sent.model_file is not None
    assert sent.model_file.name == "tiny network.ONNX"
    assert understood(sent.arguments()) == replace(sent.config, model="tiny network.ONNX")
    assert sent.packaged_model is None


@pytest.mark.parametrize(
    ("settings", "extras", "heaviest"),
    [
        ({}, [], "onnx"),
        ({}, ["openvino"], "openvino"),
        ({"backend": "onnx"}, ["openvino"], "onnx"),
        ({"backend": "tensorflow"}, ["openvino", "tensorflow"], "tensorflow"),
    ],
)
def test_memory_is_reckoned_for_the_heaviest_engine_that_may_win_the_race(
    settings, extras, heaviest
):
    assert request(**settings).heaviest(extras) == heaviest


@pytest.mark.parametrize("name", ["gone.onnx", "a,b.onnx", "a#b.onnx"])
def test_a_file_that_spark_could_not_carry_is_refused(tmp_path, name):
    if name != "gone.onnx":
        (tmp_path / name).write_bytes(b"onnx")
    with pytest.raises(ConfigError, match=name):
        request(model=str(tmp_path / name))


@pytest.mark.parametrize(
    ("steps", "model", "needed"),
    [
        ("run", "resnet50", "resnet50"),
        ("features", "mobilenet_v2@96", "mobilenet_v2@96"),
        ("run", "fruitnet", None),
        ("pack", "resnet50", None),
        ("reduce", "resnet50", None),
    ],
)
def test_the_package_must_hold_a_network_that_the_command_computes_with(steps, model, needed):
    assert request(steps, model=model).packaged_model == needed


def test_the_backend_is_the_one_meant_whatever_is_installed_here():
    assert request().backend == "onnx"
    assert request(precision="bf16").backend == "openvino"
    assert request(backend="tensorflow").backend == "tensorflow"
    with pytest.raises(ConfigError, match="not bf16"):
        _ = request(backend="onnx", precision="bf16").backend


@pytest.mark.parametrize("key", ["input", "output"])
@pytest.mark.parametrize(
    "place", ["photos été", "/data", "file:///data", "memory://data", "gs://b"]
)
def test_a_place_that_a_cluster_does_not_see_is_refused_by_name(key: str, place: str):
    with pytest.raises(ConfigError, match=rf"{key} = '{place}' .*hdfs://, s3://, s3a://"):
        request(**{key: place})


@pytest.mark.parametrize("settings", [{"runner": "local"}, {"master": "local[2]"}])
def test_a_runner_or_a_master_of_ones_own_is_refused(settings: dict[str, str]):
    with pytest.raises(ConfigError, match="leave both out"):
        request(**settings)


def test_an_input_is_needed_by_all_but_reduce():
    for steps in ("run", "features", "pack"):
        with pytest.raises(ConfigError, match="input is missing: give --input"):
            request(steps, input="")
    assert request("reduce", input="").arguments() == ["reduce", "--output", PLACES["output"]]
