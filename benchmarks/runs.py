"""Runs the chain as a user would, in a process of its own, and watches its memory."""

import json
import os
import subprocess
import sys
import threading
from collections import defaultdict
from pathlib import Path
from typing import Any

import psutil

SAMPLE_SECONDS = 0.2


def run_chain(photos: Path | str, output: Path, *, model: str, **options: str) -> dict[str, Any]:
    """Run `fruits run`; return its report and `peak_mb`, per kind of process.

    The report of a run that ends well is `report.json`. Kinds are "driver" (the command itself),
    "jvm" and "worker" (the largest one); resident memory is sampled five times a second.
    """
    command = [sys.executable, "-m", "fruits.cli", "run", "--input", str(photos)]
    command += ["--output", str(output), "--model", model]
    for name, value in options.items():
        command += [f"--{name}", value]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ)
    peaks: dict[str, int] = defaultdict(int)
    watcher = threading.Thread(target=_watch, args=(process, peaks))
    watcher.start()
    code = process.wait()
    watcher.join()
    if code:
        raise RuntimeError(f"exit code {code} of {' '.join(command)}")
    report: dict[str, Any] = json.loads((output / "report.json").read_text("utf-8"))
    return report | {"peak_mb": {kind: round(peak / 2**20) for kind, peak in peaks.items()}}


def _watch(process: "subprocess.Popen[bytes]", peaks: dict[str, int]) -> None:
    while True:
        try:
            process.wait(SAMPLE_SECONDS)
        except subprocess.TimeoutExpired:
            _sample(process.pid, peaks)
        else:
            return


def _sample(driver: int, peaks: dict[str, int]) -> None:
    try:
        family = [psutil.Process(driver), *psutil.Process(driver).children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for member in family:
        try:
            kind = _kind(member, driver)
            peaks[kind] = max(peaks[kind], member.memory_info().rss)
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue


def _kind(process: psutil.Process, driver: int) -> str:
    if process.pid == driver:
        return "driver"
    return "jvm" if process.name() == "java" else "worker"
