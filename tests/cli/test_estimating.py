"""`fruits cloud estimate`: what a person reads before anything is launched."""

import json
import subprocess
import sys
from pathlib import Path

import pytest


def estimated(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "fruits.cli", "cloud", "estimate", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_time_and_euros_are_told_with_what_they_rest_on():
    done = estimated("emr-serverless", "--images", "100000", "--region", "eu-west-1")
    assert done.returncode == 0, done.stderr
    assert "emr-serverless in eu-west-1, 100,000 images, 12 slots" in done.stdout
    assert {"time", "expected", "at most"} <= {
        line[:8].rstrip() for line in done.stdout.splitlines()
    }
    assert "from memory" in done.stderr
    assert "nothing was asked of AWS" in done.stderr


def test_json_has_every_figure():
    done = estimated("emr", "--images", "1000", "--json")
    found = json.loads(done.stdout)
    assert found["total"] == pytest.approx(sum(found["expected"].values()))
    assert found["ceiling"] > found["total"] > 0
    assert (found["target"], found["region"], found["images"]) == ("emr", "eu-west-3", 1000)


def test_the_images_of_an_input_are_counted_and_weighed(photos: Path):
    found = json.loads(estimated("emr", "--input", photos, "--json").stdout)
    few = json.loads(estimated("emr", "--images", "63", "--json").stdout)
    assert found["images"] == 63
    assert found["expected"]["compute"] == few["expected"]["compute"]
    assert found["expected"]["storage"] != few["expected"]["storage"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("emr",), "--images"),
        (("ec3", "--images", "1"), "emr-serverless"),
        (("emr", "--images", "1", "--region", "eu-central-2"), "Switzerland"),
        (("emr", "--images", "-1"), "give 0 or more"),
        (("emr", "--images", "1", "--instance", "x"), "m7g.xlarge"),
        (("emr", "--images", "1", "--model", "vgg16"), "--images-per-second"),
        (("emr", "--images", "1", "--prices", "/no/such"), "/no/such"),
    ],
)
def test_what_cannot_be_estimated_ends_with_2_and_says_why(words, told):
    done = estimated(*words)
    assert done.returncode == 2
    assert told in done.stderr
