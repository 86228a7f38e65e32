"""What a process on the cluster could import, judged by what the probe saw there."""

import copy
from typing import Any

import pytest

from rehearsal.scenes import strays

ROOT = "/data/rehearsal été/cluster/node1/local"
FOLDER = f"{ROOT}/usercache/me/appcache/application_1764200000000_0001/container_1_0001_01_000002"
ARCHIVE = f"{ROOT}/filecache/10/environment.tar.gz/lib"
SEEN = {
    "folder": FOLDER,
    "python": "/usr/bin/python3.11",
    "path": [
        FOLDER, ".", ARCHIVE,
        "/opt/venv/lib/python3.11/site-packages/pyspark/jars/spark-core_2.13-4.1.4.jar",
        f"{FOLDER}/{{{{PWD}}}}/pyspark.zip<CPS>{{{{PWD}}}}/py4j-0.10.9.9-src.zip",
        f"{FOLDER}/pyspark.zip", f"{FOLDER}/py4j-0.10.9.9-src.zip",
        "/usr/lib/python311.zip", "/usr/lib/python3.11", "/usr/lib/python3.11/lib-dynload",
    ],
    "found": {
        **{name: f"{ARCHIVE}/{name}/__init__.py" for name in ("fruits", "numpy", "PIL")},
        "pyspark": f"{FOLDER}/pyspark.zip/pyspark/__init__.py",
    },
    "strangers": [],
}  # fmt: skip
"""What the probe saw in an executor of Spark 4.1, its paths aside."""


def changed(**changes: Any) -> dict[str, Any]:
    seen = copy.deepcopy(SEEN)
    seen["path"] += changes.get("path", [])
    seen["found"] |= changes.get("found", {})
    seen["strangers"] += changes.get("strangers", [])
    return seen


def test_what_the_probe_really_saw_is_in_order():
    assert strays(SEEN) == []
    unpacked = {
        name: f"{FOLDER}/environment/lib/{name}/x.py" for name in ("fruits", "numpy", "PIL")
    }
    container = changed(found=unpacked)
    container["path"][2] = f"{FOLDER}/environment/lib"
    assert strays(container) == []


@pytest.mark.parametrize(
    ("changes", "stray"),
    [
        ({"path": ["/usr/lib/python3/dist-packages"]}, "/usr/lib/python3/dist-packages"),
        ({"path": ["/usr/lib/python3.11/site-packages"]}, "/usr/lib/python3.11/site-packages"),
        (
            {"path": ["/usr/lib/python3/dist-packages/x/lib/python3.11"]},
            "/usr/lib/python3/dist-packages/x/lib/python3.11",
        ),
        ({"path": ["/home/me/Pêche"]}, "/home/me/Pêche"),
        ({"strangers": ["pip"]}, "import pip"),
        ({"found": {"numpy": "/usr/lib/np/__init__.py"}}, "numpy from /usr/lib/np/__init__.py"),
        ({"found": {"numpy": f"{ARCHIVE}2/numpy.py"}}, f"numpy from {ARCHIVE}2/numpy.py"),
        ({"found": {"deltalake": None}}, "deltalake from None"),
    ],
)
def test_whatever_comes_from_elsewhere_is_named(changes: dict[str, Any], stray: str):
    assert strays(changed(**changes)) == [stray]


def test_a_fruits_that_is_not_the_archives_is_named():
    found = strays(changed(found={"fruits": "/home/me/src/fruits/__init__.py"}))
    assert "fruits from /home/me/src" in found
