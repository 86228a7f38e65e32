"""The one spark-submit command, argument by argument."""

import re
from typing import Any
from urllib.parse import unquote

from fruits.cloud.command import Command, launch_arguments, new_submission
from fruits.cloud.request import Request
from fruits.cloud.size import Size
from fruits.config import Config

PACKAGE = "hdfs://nn:8020/user/me/.fruits/packages/fruits-0.1.0-linux-x86_64-0123456789ab"


def command(model: str = "fruitnet", **given: Any) -> Command:
    config = Config(input="hdfs://nn:8020/Pêches #1", output="hdfs://nn:8020/out", model=model)
    size = Size(executors=3, cores=2)
    return Command(request=Request("run", config), package=PACKAGE, size=size, **given)


def confs(arguments: list[str]) -> dict[str, str]:
    pairs = [arguments[n + 1] for n, word in enumerate(arguments) if word == "--conf"]
    return dict(pair.split("=", 1) for pair in pairs)


def after(arguments: list[str], option: str) -> str:
    return arguments[arguments.index(option) + 1]


def test_the_archive_is_unpacked_beside_every_process_and_its_python_is_meant():
    arguments = command().arguments()
    assert arguments[0] == "spark-submit"
    assert after(arguments, "--master") == "yarn"
    assert after(arguments, "--deploy-mode") == "cluster"
    assert after(arguments, "--archives") == f"{PACKAGE}/environment.tar.gz#environment"
    assert confs(arguments)["spark.pyspark.python"] == "./environment/bin/python"
    assert "--files" not in arguments


def test_what_follows_the_launcher_is_the_submission_and_the_encoded_command():
    sent = command(submission="20250101T120000-abcdef")
    arguments = sent.arguments()
    at = arguments.index(f"{PACKAGE}/launch.py")
    submission, *encoded = arguments[at + 1 :]
    assert submission == sent.submission
    assert [unquote(word) for word in encoded] == sent.request.arguments()
    assert "%20%231" in " ".join(encoded)
    assert after(arguments, "--name") == "fruits run 20250101T120000-abcdef"


def test_yarn_is_told_the_tag_and_to_try_once():
    settings = command().settings()
    assert settings["spark.yarn.tags"] == "fruits"
    assert settings["spark.yarn.maxAppAttempts"] == "1"
    assert settings["spark.executor.cores"] == "2"
    assert settings["spark.executorEnv.FRUITS_WORKER_LOG"] == "1"
    assert confs(command().arguments()) == settings


def test_a_users_settings_win_and_equal_signs_in_them_survive():
    extra = {"spark.yarn.maxAppAttempts": "2", "spark.x": "-Da=b -Dc=d e"}
    settings = confs(command(extra=extra).arguments())
    assert extra.items() <= settings.items()
    assert list(settings).count("spark.yarn.maxAppAttempts") == 1


def test_another_master_is_told_nothing_of_yarn():
    arguments = command(master="spark://h:7077", deploy_mode="client").arguments()
    assert after(arguments, "--deploy-mode") == "client"
    assert not [key for key in confs(arguments) if key.startswith("spark.yarn.")]
    assert confs(arguments)["spark.pyspark.python"] == "./environment/bin/python"


def test_a_file_of_a_network_is_carried(tmp_path):
    network = tmp_path / "réseaux" / "tiny net.onnx"
    network.parent.mkdir()
    network.write_bytes(b"onnx")
    arguments = command(model=str(network)).arguments()
    assert after(arguments, "--files") == str(network)
    assert arguments[-1] == "tiny%20net.onnx"


def test_nothing_that_a_shell_or_yarn_could_change_is_left_in_the_arguments():
    nasty = ["a b", "$HOME", "{{PWD}}", "it's", '"', "été", "%20", "", "\n", "*", "a\\b", "<CPS>"]
    encoded = launch_arguments("s", nasty)[1:]
    assert [unquote(word) for word in encoded] == nasty
    assert all(re.fullmatch(r"[A-Za-z0-9/:=,.@_~%-]*", word) for word in encoded)


def test_submissions_are_unique_and_sort_by_their_time():
    names = [new_submission() for _ in range(200)]
    assert len(set(names)) == 200
    assert all(re.fullmatch(r"\d{8}T\d{6}-[0-9a-f]{6}", name) for name in names)
    times = [name.partition("-")[0] for name in names]
    assert times == sorted(times)
    assert command().submission != command().submission
