"""`fruits cloud` as a person meets it, in processes of their own and without a cluster."""

import json
import os
import shlex
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from urllib.parse import unquote

import pytest

from fruits.cloud.package import Manifest
from fruits.report.posted import Posted, posted_name
from fruits.storage.output import Output

HERE = ("--input", "hdfs://nn.invalid:1/Pêches #1", "--output", "hdfs://nn.invalid:1/out")


def fruits(*arguments: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fruits.cli", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | environ, timeout=300
    )


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder that says of itself that it is a package, with resnet50 and without extras."""
    folder = tmp_path / "paquets été" / "fruits-0.1.0-linux-x86_64-0123456789ab"
    folder.mkdir(parents=True)
    manifest = Manifest(
        digest="0123456789ab", fruits="0.1.0", platform="linux-x86_64", python="3.11", extras=[],
        models=["resnet50"], archive_sha256="", archive_bytes=151_800_000, unpacked_bytes=1,
    )  # fmt: skip
    (folder / "package.json").write_text(json.dumps(asdict(manifest)))
    return folder


@pytest.fixture
def planned(package: Path, tmp_path: Path):
    """Submit dry, to a stage on this disk: nothing asks a cluster."""

    def plan(*words: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
        places = ["--package", package, "--stage", tmp_path / "stage"]
        return fruits("cloud", "submit", "yarn", "--dry-run", *places, *words, **environ)

    return plan


def test_help_gives_examples_for_every_verb():
    shown = fruits("cloud", "--help").stdout
    for verb in ("package --model", "submit yarn", "status yarn", "logs yarn"):
        assert f"fruits cloud {verb}" in shown
    assert "HADOOP_CONF_DIR" in shown
    assert "fruits cloud submit yarn -- run" in fruits("--help").stdout


def test_a_dry_package_tells_what_would_be_in_it_and_writes_nothing(tmp_path: Path):
    target = tmp_path / "paquets"
    options = ["--model", "resnet50", "--platform", "linux-aarch64", "--with", "tensorflow"]
    done = fruits("cloud", "package", *options, "--output", target, "--dry-run", "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["platform"] == "linux-aarch64 (aarch64-manylinux_2_34), Python 3.11"
    assert (facts["networks"], facts["extras"]) == ("resnet50, fruitnet", "tensorflow")
    names = [name.partition("==")[0] for name in facts["libraries"].split(", ")]
    assert {"pyarrow", "keras"} <= set(names)
    assert len(names) == len(set(names))
    assert not target.exists()


def test_a_dry_package_refuses_what_a_real_one_refuses():
    for words, told in (
        (["--model", "nosuch"], "'nosuch' is unknown"),
        (["--wheels", "--with", "spark"], "leave --with spark out"),
    ):
        done = fruits("cloud", "package", "--dry-run", *words)
        assert (done.returncode != 0, told in done.stderr) == (True, True), done.stderr


def test_a_dry_submission_prints_the_very_command(planned, package: Path, tmp_path: Path):
    words = ["--executors", "7", "--cores", "3", "--fixed", "--conf", "spark.x=a=b c"]
    done = planned(*words, "--", "run", *HERE, "--model", "resnet50", "--components", "0.9")
    assert done.returncode == 0, done.stderr
    command = shlex.split(done.stdout)
    assert command[:5] == ["spark-submit", "--master", "yarn", "--deploy-mode", "cluster"]
    assert {"spark.executor.instances=7", "spark.executor.cores=3", "spark.x=a=b c"} <= set(command)
    start = command.index(f"{tmp_path}/stage/{package.name}/launch.py") + 2
    sent = [unquote(word) for word in command[start:]]
    assert sent[0] == "run"
    assert HERE[1] in sent
    assert sent[-2:] == ["--components", "0.9"]
    assert "152 MB, uploaded unless it lies there" in done.stderr
    assert not (tmp_path / "stage").exists()


def test_variables_of_this_machine_become_arguments(planned):
    done = planned("--json", "--", "run", "--input", HERE[1], FRUITS_OUTPUT=HERE[3],
                   FRUITS_MODEL="fruitnet", FRUITS_FIT="pad")  # fmt: skip
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    assert plan["command"][-4:] == ["--model", "fruitnet", "--fit", "pad"]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (
            ["--", "run", "--input", "photos été", *HERE[2:]],
            2,
            "input = 'photos été' is a place of",
        ),
        (["--", "run", *HERE, "--runner", "local"], 2, "leave both out"),
        (["--", "run", *HERE, "--components", "many"], 2, "components = 'many'"),
        (["--", "run", *HERE, "--no-such-option"], 2, "No such option"),
        (["--", "sing"], 2, "'sing' is not one of run, features, reduce, pack"),
        (["--", "doctor"], 2, "what is to run there?"),
        (["--cores", "0", "--", "run", *HERE], 2, "cores = 0"),
        (["--conf", "spark.x", "--", "run", *HERE, "--model", "fruitnet"], 2, "give KEY=VALUE"),
        (["--", "run", *HERE, "--model", "vgg16"], 1, "lacks the network vgg16"),
        (["--", "run", *HERE, "--backend", "openvino", "--model", "fruitnet"], 1, "lacks openvino"),
        (["--with", "tensorflow", "--", "pack", *HERE], 1, "lacks tensorflow"),
        (["--package", "/nowhere", "--", "pack", *HERE], 1, "/nowhere holds no package"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_sent(planned, words, code, message):
    done = planned(*words)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_another_target_is_refused():
    done = fruits("cloud", "status", "moon")
    assert done.returncode == 2
    assert "'moon' is not one of 'yarn', 'emr-serverless', 'emr'" in done.stderr


def test_without_a_configuration_nothing_is_uploaded_or_sent(package: Path, tmp_path: Path):
    given = ["--package", package, "--stage", tmp_path / "stage", "--", "run", *HERE]
    done = fruits(
        "cloud", "submit", "yarn", *given, "--model", "fruitnet", HADOOP_CONF_DIR="/nowhere"
    )
    assert done.returncode == 2, done.stderr
    assert "HADOOP_CONF_DIR = '/nowhere' holds no yarn-site.xml" in done.stderr
    assert not (tmp_path / "stage").exists()


def test_the_status_of_an_output_in_hdfs_says_what_to_set():
    pytest.importorskip("hdfs_native", reason="HDFS: pip install 'fruits[hdfs]'")
    done = fruits("cloud", "status", "yarn", "--output", "hdfs:///out", HADOOP_CONF_DIR="")
    assert done.returncode == 2
    assert "hdfs:/// cannot be found, HADOOP_CONF_DIR is not set: let it name" in done.stderr


def test_the_status_of_an_output_is_what_was_posted_there(tmp_path: Path):
    output = Output(f"{tmp_path}/sorties été")
    assert "no run on a cluster" in fruits("cloud", "status", "yarn", "--output", output.uri).stdout
    running = Posted("a", run_id="run-1", stage="features", done=30, total=60)
    ended = Posted("b", run_id="run-2", stage="publish", exit_code=3, message="trop de rejets")
    for posted in (running, ended):
        output.write(posted_name(posted.submission), posted.pack())
    lines = fruits("cloud", "status", "yarn", "--output", output.uri).stdout.splitlines()
    assert len(lines) == 2
    assert "run-1" in " ".join(lines)
    assert any("features 30 of 60" in line and "ended" not in line for line in lines)
    assert any(line.endswith("publish · ended with 3 trop de rejets") for line in lines)
    shown = fruits("cloud", "status", "yarn", "--output", output.uri, "--json").stdout
    assert {each["run_id"]: each["exit_code"] for each in json.loads(shown)} == {
        "run-1": None,
        "run-2": 3,
    }
