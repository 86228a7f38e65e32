"""The command line as a person or a script meets it: in processes of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fruits import __version__

from photos import write, write_photos

FRUITS = [sys.executable, "-m", "fruits.cli"]


def fruits(*arguments: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [*FRUITS, *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | environ, timeout=300
    )


@pytest.fixture
def run_arguments(photos: Path, tiny_onnx: Path, tmp_path: Path) -> list[str]:
    places = ["--input", photos, "--output", tmp_path / "out", "--model", tiny_onnx]
    return ["run", *map(str, places), "--runner", "local", "--components", "3"]


def test_version():
    assert fruits("--version").stdout == f"fruits, version {__version__}\n"


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["--version"]])
def test_help_and_version_load_neither_spark_nor_a_network_library(arguments: list[str]):
    script = (
        "import sys\nfrom fruits.cli import cli\n"
        f"cli.main({arguments!r}, standalone_mode=False)\n"
        "heavy = {'pyspark', 'tensorflow', 'onnxruntime', 'deltalake', 'pyarrow', 'numpy'}\n"
        "sys.exit(' '.join(sorted(heavy & set(sys.modules))) or 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_importing_the_package_and_its_config_loads_nothing_heavy():
    script = (
        "import sys\nimport fruits\nfrom fruits import Config\n"
        "heavy = {'pyspark', 'tensorflow', 'keras', 'onnxruntime', 'deltalake'}\n"
        "sys.exit(' '.join(sorted(heavy & set(sys.modules))) or 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_door_offers_the_public_names_and_refuses_others():
    import fruits as door

    assert {"run", "Config", "broadcast_weights"} <= set(dir(door))
    assert callable(door.run)
    with pytest.raises(AttributeError, match="no attribute 'pear'"):
        _ = door.pear


def test_a_run_ends_with_0_and_says_what_came_out_and_where(run_arguments: list[str], tmp_path):
    done = fruits(*run_arguments)
    assert done.returncode == 0, done.stderr
    assert "63 listed, 0 skipped, 60 featurised, 3 rejected" in done.stdout
    assert "3 components explain" in done.stdout
    assert str(tmp_path / "out" / "matrix" / "matrix.csv") in done.stdout


def test_piped_progress_is_one_line_per_stage_on_stderr(run_arguments: list[str]):
    done = fruits(*run_arguments)
    stages = [line.split()[0] for line in done.stderr.splitlines() if not line.startswith(" ")]
    assert stages == ["start", "list", "start", "features", "reduce", "publish"]
    assert "\x1b" not in done.stderr
    assert "runner: local (asked for by --runner local)" in done.stderr


def test_json_on_stdout_is_the_report_and_nothing_else(run_arguments: list[str], tmp_path: Path):
    done = fruits(*run_arguments, "--json")
    assert json.loads(done.stdout) == json.loads((tmp_path / "out" / "report.json").read_text())


def test_json_has_no_colours_in_it_where_a_program_reads_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert json.loads(fruits("models", "list", "--json").stdout)


def test_nothing_to_do_is_a_success(run_arguments: list[str]):
    assert fruits(*run_arguments).returncode == 0
    again = fruits(*run_arguments)
    assert again.returncode == 0
    assert "0 featurised" in again.stdout
    assert "up to date" in again.stderr


def test_too_many_rejects_end_with_3_after_the_summary(run_arguments: list[str]):
    done = fruits(*run_arguments, "--max-rejected", "0.01")
    assert done.returncode == 3
    assert "60 featurised" in done.stdout
    assert "more than --max-rejected 1.0%" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--components", "many"], "components = 'many'"),
        (["run", "--backend", "abacus"], "backend = 'abacus' is not one of"),
        (["run", "--no-such-option"], "No such option"),
        (["sing"], "No such command"),
        (["run"], "output is missing: give --output"),
    ],
)
def test_wrong_usage_ends_with_2_and_names_the_value(arguments: list[str], message: str):
    output = ["--output", "nowhere"] if len(arguments) > 2 else []
    done = fruits(*arguments, *output)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_failure_ends_with_1_and_shows_a_traceback_only_on_request(tmp_path: Path):
    arguments = ["run", "--input", tmp_path / "nowhere", "--output", tmp_path / "out"]
    quiet, loud = fruits(*arguments), fruits("--debug", *arguments)
    assert (quiet.returncode, loud.returncode) == (1, 1)
    assert "check --input" in quiet.stderr
    assert "Traceback" not in quiet.stderr
    assert "Traceback" in loud.stderr


def test_variables_and_a_file_configure_a_run_too(photos: Path, tiny_onnx: Path, tmp_path: Path):
    file = tmp_path / "fruits.toml"
    file.write_text(f'input = "{photos}"\nmodel = "wrong.onnx"\ncomponents = 2\n')
    done = fruits(
        "run", "--config", file, "--output", tmp_path / "out", "--json",
        FRUITS_MODEL=str(tiny_onnx), FRUITS_RUNNER="local",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["pca"]["components"] == 2


def test_ctrl_c_ends_with_130_keeps_what_was_committed_and_the_next_run_goes_on(
    tiny_onnx: Path, tmp_path: Path
):
    folder = write_photos(tmp_path / "many", 3_000, broken=False)
    places = ["--input", folder, "--output", tmp_path / "out", "--model", tiny_onnx]
    command = [*FRUITS, "run", *map(str, places), "--runner", "local", "--components", "2"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    receipts = tmp_path / "out" / "_fruits" / "receipts"
    deadline = time.monotonic() + 120
    while not list(receipts.rglob("*.json")) and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    assert "interrupted: what was committed is kept" in errors
    assert "Traceback" not in errors
    report = json.loads(fruits(*command[3:], "--json").stdout)
    assert report["matrix_rows"] == 3_000
    assert 0 < report["images"]["skipped"] < 3_000


def test_doctor_names_what_is_here_and_what_is_missing():
    done = fruits("doctor", "--json", JAVA_HOME="/nowhere")
    findings = {finding["check"]: finding for finding in json.loads(done.stdout)}
    assert findings["python"]["state"] == "ok"
    assert findings["backend onnx"]["state"] == "ok"
    assert findings["java"]["state"] == "optional"
    assert "Java 17" in findings["java"]["advice"]
    assert {"cores", "memory", "pyspark", "weights", "disk", "backend openvino"} <= findings.keys()


def test_doctor_fails_where_the_weights_it_was_told_of_do_not_exist():
    done = fruits("doctor", FRUITS_WEIGHTS="/no/such/file.h5")
    assert done.returncode == 1
    assert "/no/such/file.h5" in done.stdout


def test_models_are_listed_and_shown_without_tensorflow():
    rows = json.loads(fruits("models", "list", "--json").stdout)
    assert {"mobilenet_v2", "resnet50"} <= {row["name"] for row in rows}
    shown = json.loads(fruits("models", "show", "mobilenet_v2", "--json").stdout)
    assert (shown["input"], shown["dim"]) == ("224x224", 1280)
    unknown = fruits("models", "show", "mobilnet_v2")
    assert unknown.returncode == 1
    assert "mobilenet_v2" in unknown.stderr


def test_a_sample_orchard_can_be_drawn(tmp_path: Path):
    done = fruits("dataset", "sample", "--output", tmp_path / "orchard", "--per-class", "2")
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "orchard").rglob("*.*"))) == 2 * 12 + 3


def test_an_output_that_cannot_be_written_is_told_without_a_traceback(
    run_arguments: list[str], tmp_path: Path
):
    write(tmp_path / "out", b"a file where the output folder should be")
    done = fruits(*run_arguments)
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
    assert str(tmp_path / "out") in done.stderr


def test_doctor_shows_what_dead_runs_left_and_mends_it_when_told_to(
    tmp_path: Path, photos, tiny_onnx
):
    output = tmp_path / "out"
    given = ("--input", str(photos), "--output", str(output), "--model", str(tiny_onnx))
    assert fruits("run", *given, "--runner", "local", "--components", "3").returncode == 0
    orphan = output / "rejected" / "dead-000001.parquet"
    orphan.write_bytes(b"half")
    shown = fruits("doctor", "--output", str(output), "--repair")
    assert (shown.returncode, orphan.exists()) == (0, True)
    assert "remove" in shown.stdout
    assert "rejected/dead-000001.parquet" in shown.stdout
    assert "--yes mends it" in shown.stdout
    assert fruits("doctor", "--output", str(output), "--repair", "--yes").returncode == 0
    assert not orphan.exists()
    assert "nothing to repair" in fruits("doctor", "--output", str(output), "--repair").stdout
    assert fruits("doctor", "--repair").returncode == 2
    assert fruits("doctor", "--output", str(output), "--yes").returncode == 2
    assert fruits("doctor", "--repair", "--output", str(tmp_path)).returncode == 2
