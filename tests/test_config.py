"""What a setting may be, and which of its sources wins."""

from pathlib import Path

import pytest

from fruits.config import Config, parse_components, resolve_config
from fruits.errors import ConfigError


def test_a_number_with_a_dot_is_a_share_and_one_without_is_a_count():
    assert parse_components("0.95") == 0.95
    assert parse_components("128") == 128
    assert isinstance(parse_components("128"), int)
    assert parse_components("1.0") == 1.0
    assert parse_components(1) == 1


@pytest.mark.parametrize("value", ["0", "-3", "1.5", "0.0", "many", "", "nan", "inf", "12.5"])
def test_components_that_are_neither_are_refused_with_their_value(value):
    with pytest.raises(ConfigError, match="components") as caught:
        Config(input="a", output="b", components=value)
    assert repr(value) in str(caught.value)


def test_an_option_beats_a_variable_beats_the_file_beats_the_default(tmp_path: Path):
    file = tmp_path / "fruits.toml"
    file.write_text('model = "from_file"\nsplit = "test"\nmax-rejected = 0.5\n')
    config = resolve_config(
        {"input": "a", "output": "b", "model": None, "split": "training"},
        config_file=str(file),
        environ={"FRUITS_SPLIT": "validation", "FRUITS_MODEL": "from_variable"},
    )
    assert config.split == "training"
    assert config.model == "from_variable"
    assert config.max_rejected == 0.5
    assert config.precision == "f32"


def test_an_empty_variable_counts_as_unset():
    given = {"input": "a", "output": "b"}
    assert resolve_config(given, environ={"FRUITS_SPLIT": ""}).split is None


def test_an_unknown_key_in_the_file_names_the_known_ones(tmp_path: Path):
    file = tmp_path / "fruits.toml"
    file.write_text("component = 3\n")
    with pytest.raises(ConfigError, match=r"unknown keys: component.*components"):
        resolve_config({"input": "a", "output": "b"}, config_file=str(file), environ={})


@pytest.mark.parametrize("content", [b"input = ", b"\xff\xfe"])
def test_a_file_that_is_no_toml_is_a_configuration_error(tmp_path: Path, content: bytes):
    file = tmp_path / "fruits.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match="not valid TOML"):
        resolve_config({}, config_file=str(file), environ={})


def test_a_missing_configuration_file_is_named():
    with pytest.raises(ConfigError, match=r"cannot read the configuration nowhere\.toml"):
        resolve_config({}, config_file="nowhere.toml", environ={})


@pytest.mark.parametrize("key", ["backend", "precision", "fit", "runner", "split"])
def test_a_word_outside_its_closed_list_is_refused_with_the_list(key: str):
    with pytest.raises(ConfigError, match=f"{key} = 'banana' is not one of"):
        Config(input="a", output="b", **{key: "banana"})


@pytest.mark.parametrize("value", ["-0.1", "1.1", "half", "nan"])
def test_a_reject_limit_is_a_share(value: str):
    with pytest.raises(ConfigError, match="max_rejected"):
        Config(input="a", output="b", max_rejected=value)


def test_a_master_does_not_go_with_the_local_runner():
    with pytest.raises(ConfigError, match="master"):
        Config(input="a", output="b", runner="local", master="local[2]")


def test_an_output_must_be_named():
    with pytest.raises(ConfigError, match="--output, FRUITS_OUTPUT"):
        resolve_config({"input": "a"}, environ={})
