"""What a run must not wait for: libraries that take a second to import and that nobody needs."""

import subprocess
import sys

CODE = """
import sys
from fruits import cli, pipeline
from fruits.work.process import FeaturiseUnit
heavy = ("pandas", "pyspark", "tensorflow", "pyarrow.dataset")
print([name for name in heavy if name in sys.modules])
"""


def test_neither_the_driver_nor_a_worker_waits_for_heavy_libraries_that_it_does_not_need():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_whole_run_in_local_processes_never_imports_pandas(photos, tiny_onnx, tmp_path):
    code = f"""
import sys
from fruits import Config, run
run(Config(input={str(photos)!r}, output={str(tmp_path / "out")!r}, model={str(tiny_onnx)!r},
           components=3, runner="local"))
print("pandas" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
