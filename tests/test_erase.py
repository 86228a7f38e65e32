"""`fruits erase`: afterwards all is as if the image had never been seen, and a proof says so."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from fruits import Config
from fruits.errors import ConfigError, FruitsError, OutputBusy
from fruits.pipeline import erase, features, pack, run
from fruits.stages import erase as stage
from fruits.stages.erase import Erased, Wish
from fruits.stages.erasure import Intent, Proof
from fruits.storage.lease import Lease
from fruits.storage.output import Output
from fruits.storage.tables import Table

from photos import photo, write
from tables import feature_rows, matrix, rejects

PATH = "Training/Kaki%20fruit/0001.jpg"
OTHER = "Test/Pêche #2/0002.jpg"
BROKEN = "Test/Apple Red 1/letter.jpg"


@pytest.fixture
def config(photos: Path, tiny_onnx: Path, tmp_path: Path) -> Config:
    return Config(
        input=str(photos), output=str(tmp_path / "out"), model=str(tiny_onnx), components=5,
        runner="local", max_rejected=1,
    )  # fmt: skip


@pytest.fixture
def output(config: Config) -> Path:
    """An output of 60 photos and three rejects."""
    run(config)
    return Path(config.output)


def erased(output: Path, *paths: str, ids: tuple[str, ...] = (), yes: bool = True) -> Erased:
    config = Config(output=str(output), runner="local")
    return erase(Wish(paths=paths, ids=ids), config, yes=yes)


def image_id(photos: Path, path: str) -> str:
    return hashlib.sha256((photos / path).read_bytes()).hexdigest()


def state(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def traces(folder: Path, *names: str) -> list[str]:
    """Name the files that hold a name, byte by byte, and in any column of any Parquet file."""
    found = []
    for file in folder.rglob("*"):
        if not file.is_file():
            continue
        texts = [file.read_bytes()]
        if file.suffix == ".parquet":
            texts.append(json.dumps(pq.read_table(file).to_pydict(), default=str).encode())
        spelt = [s for name in names for s in (name.encode(), json.dumps(name)[1:-1].encode())]
        if any(spelling in text for spelling in spelt for text in texts):
            found.append(str(file.relative_to(folder)))
    return found


def never_saw(config: Config, *paths: str) -> Path:
    """Run the chain, somewhere else, on the same photos without these."""
    source = Path(f"{config.input} without")
    shutil.copytree(config.input, source)
    for path in paths:
        (source / path).unlink()
    output = Path(f"{config.output} without")
    run(replace(config, input=str(source), output=str(output)))
    return output


def assert_same(found: Path, expected: Path) -> None:
    keys = ("image_id", "path", "split", "label", "width", "height", "size", "features")
    ours, theirs = feature_rows(found), feature_rows(expected)
    assert [[row[key] for key in keys] for row in ours] == [
        [row[key] for key in keys] for row in theirs
    ]
    assert rejects(found) == rejects(expected)
    assert sorted(matrix(found)[0]) == sorted(matrix(expected)[0])
    order = [np.argsort(matrix(folder)[0]) for folder in (found, expected)]
    scores = [
        matrix(folder)[1][rows] for folder, rows in zip((found, expected), order, strict=True)
    ]
    np.testing.assert_allclose(*scores, rtol=1e-5, atol=1e-5)
    with np.load(found / "pca/pca.npz") as a, np.load(expected / "pca/pca.npz") as b:
        assert a["n_samples"] == b["n_samples"]
        for name in ("mean", "components", "explained_variance", "all_ratios"):
            np.testing.assert_allclose(a[name], b[name], rtol=1e-9, atol=1e-9)


def test_by_path_everything_is_as_if_it_had_never_been_seen(output: Path, config: Config, photos):
    names = (PATH, image_id(photos, PATH))
    assert len(traces(output, *names)) >= 3  # features, both matrices
    result = erased(output, PATH)
    assert (result.done, result.rows, result.matrix_rows) == (True, {"features": 1}, 59)
    assert traces(output, *names) == []
    assert_same(output, never_saw(config, PATH))


def test_a_page_and_figures_that_show_it_go_too(output: Path):
    (output / "figures").mkdir()
    for name in ("report.html", "figures/map.svg"):
        (output / name).write_text("photos of everything, packed so that no search would find them")
    erased(output, PATH)
    assert not (output / "report.html").exists()
    assert not list((output / "figures").glob("*"))


def test_by_id_and_several_at_once_rejects_too(output: Path, config: Config, photos: Path):
    result = erased(output, OTHER, BROKEN, ids=(image_id(photos, PATH),))
    assert result.rows == {"features": 2, "rejected": 1}
    assert traces(output, PATH, OTHER, BROKEN, image_id(photos, PATH)) == []
    assert_same(output, never_saw(config, PATH, OTHER, BROKEN))


def test_without_yes_it_says_what_would_go_and_touches_nothing(output: Path):
    before = state(output)
    result = erased(output, PATH, BROKEN, yes=False)
    assert (result.done, result.rows) == (False, {"features": 1, "rejected": 1})
    assert state(output) == before


def test_a_second_time_nothing_is_left_to_do(output: Path):
    first = erased(output, PATH)
    before = state(output)
    again = erased(output, PATH)
    assert (again.rows, again.proofs, again.files_removed) == ({}, [], 0)
    assert [Path(proof).name for proof in again.earlier] == [Path(p).name for p in first.proofs]
    assert state(output) == before


def test_what_is_shown_is_what_goes_rows_of_other_kinds_of_the_same_path_too(
    output: Path, config: Config, photos: Path, tmp_path: Path
):
    """A second network has rejected what the first one has featurised: both rows go, by the id."""
    from tiny_network import tiny_network

    digest, content = image_id(photos, PATH), (photos / PATH).read_bytes()
    second = tmp_path / "second.onnx"
    second.write_bytes(tiny_network(seed=2))
    (photos / PATH).write_bytes(content[:-30])
    features(replace(config, model=str(second)))
    expected = {"features": 1, "rejected": 1}
    assert erased(output, ids=(digest,), yes=False).rows == expected
    assert erased(output, ids=(digest,)).rows == expected
    assert traces(output, PATH, digest) == []


def test_many_commits_leave_a_checkpoint_and_no_name_in_it(output: Path, config: Config):
    log = Path(config.output) / "features" / "_delta_log"
    from deltalake import DeltaTable

    DeltaTable(str(log.parent)).create_checkpoint()
    assert list(log.glob("*.checkpoint.parquet"))
    assert erased(output, PATH).rows == {"features": 1}
    assert traces(output, PATH) == []


def test_what_nobody_has_seen_is_not_erased(output: Path):
    before = state(output)
    assert erased(output, "Test/Nobody/0.jpg", ids=("0" * 64,)).rows == {}
    assert state(output) == before


def test_the_proof_names_nobody_and_convinces_whoever_knows_the_name(output: Path, photos: Path):
    (proof,) = erased(output, PATH).proofs
    text = Path(proof).read_text()
    facts = json.loads(text)
    assert PATH not in text
    assert "Kaki" not in text
    assert facts["rows"] == {"features": 1}
    assert facts["when"].endswith("+00:00")
    salt = bytes.fromhex(facts["salt"])
    for name in (PATH, image_id(photos, PATH)):  # as docs/privacy.md says, with Python alone
        digest = hashlib.scrypt(name.encode(), salt=salt, n=2**12, r=8, p=1).hex()
        assert (digest in facts["digests"]) == (name == PATH)
    assert hashlib.scrypt(b"Test/Fig/1.jpg", salt=salt, n=2**12, r=8, p=1).hex() not in text


STEPS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "before the rows go": lambda patch: patch.setattr(Table, "delete", _killed),
    "when the first table is done": lambda patch: patch.setattr(Table, "delete", _second_time()),
    "before the old files go": lambda patch: patch.setattr(Table, "tidy", _killed),
    "before matrix and PCA go": lambda patch: patch.setattr(stage, "_forget_derived", _killed),
    "before they are made again": lambda patch: patch.setattr(stage, "reduce_features", _killed),
    "before the old versions go": lambda patch: patch.setattr(stage, "purge_versions", _killed),
    "before the proof": lambda patch: patch.setattr(Proof, "write", _killed),
    "before the end": lambda patch: patch.setattr(Intent, "remove", _killed),
}


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def _second_time() -> Callable[..., int]:
    original, calls = Table.delete, []

    def delete(self: Table, *arguments: object, **more: object) -> int:
        calls.append(self)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return original(self, *arguments, **more)

    return delete


@pytest.mark.parametrize("step", STEPS)
def test_a_call_that_was_killed_is_finished_by_the_next(
    output: Path, photos: Path, step: str, monkeypatch: pytest.MonkeyPatch
):
    names = (PATH, BROKEN, image_id(photos, PATH))
    expected = matrix(output)[0]
    with monkeypatch.context() as patch:
        STEPS[step](patch)
        with pytest.raises(KeyboardInterrupt):
            erased(output, PATH, BROKEN)
    assert not any(name in file for name in names for file in _texts(output / "_fruits/erase"))
    result = erased(output, PATH, BROKEN)
    assert result.rows == {"features": 1, "rejected": 1}
    assert traces(output, *names) == []
    assert matrix(output)[0] == [path for path in expected if path != PATH]
    assert not (output / "_fruits/erase").exists()
    assert len(list((output / "_fruits/erasures").iterdir())) == 1
    assert erased(output, PATH, BROKEN).rows == {}


def _texts(folder: Path) -> list[str]:
    return [file.read_text() for file in folder.iterdir()] if folder.exists() else []


def test_a_run_says_that_an_erasure_was_interrupted(
    output: Path, config: Config, monkeypatch: pytest.MonkeyPatch
):
    from fruits.stages.progress import Silent

    with monkeypatch.context() as patch:
        patch.setattr(Table, "delete", _killed)
        with pytest.raises(KeyboardInterrupt):
            erased(output, PATH)
    notes: list[str] = []
    monkeypatch.setattr(Silent, "note", lambda _, text: notes.append(text))
    run(config)
    assert any("erasure was interrupted" in note for note in notes)


def test_every_network_s_rows_go(output: Path, config: Config, tmp_path: Path):
    from tiny_network import tiny_network

    second = tmp_path / "second.onnx"
    second.write_bytes(tiny_network(seed=2))
    features(replace(config, model=str(second)))
    assert erased(output, PATH, BROKEN).rows == {"features": 2, "rejected": 2}
    assert traces(output, PATH, BROKEN) == []
    assert len(feature_rows(output)) == 2 * 59


def test_features_without_a_matrix_get_none(config: Config):
    features(config)
    output = Path(config.output)
    assert erased(output, PATH).matrix_rows is None
    assert not (output / "matrix" / "matrix.csv").exists()
    assert len(feature_rows(output)) == 59


def test_the_last_image_leaves_an_empty_output(tiny_onnx: Path, tmp_path: Path):
    source, out = tmp_path / "two", tmp_path / "out"
    for index in range(2):
        write(source / "Fig" / f"{index}.jpg", photo(index))
    run(
        Config(
            input=str(source), output=str(out), model=str(tiny_onnx), components=1, runner="local"
        )
    )
    result = erased(out, "Fig/0.jpg", "Fig/1.jpg")
    assert (result.rows, result.matrix_rows) == ({"features": 2}, None)
    assert not any((out / "matrix").glob("*"))
    assert traces(out, "Fig/0.jpg", "Fig/1.jpg") == []


def test_a_packed_store_forgets_too_and_a_run_on_it_follows(
    config: Config, photos: Path, tmp_path: Path
):
    store = tmp_path / "packed"
    pack(Config(input=str(photos), output=str(store), runner="local"))
    following = replace(config, input=str(store), output=str(tmp_path / "following"))
    run(following)
    names = (PATH, BROKEN, image_id(photos, PATH))
    assert erased(store, PATH, BROKEN).rows == {"images": 1, "rejected": 1}
    assert traces(store, *names) == []
    report = run(replace(following, prune=True))
    assert (report.images.vanished, report.images.pruned, report.matrix_rows) == (1, 1, 59)


def test_an_output_at_work_or_one_that_is_not_ours_is_left_alone(output: Path, tmp_path: Path):
    lease = Lease.acquire(Output(str(output)), "another")
    try:
        for yes in (False, True):
            with pytest.raises(OutputBusy):
                erased(output, PATH, yes=yes)
    finally:
        lease.release()
    with pytest.raises(ConfigError, match="holds nothing that fruits has made"):
        erased(tmp_path / "photos", PATH)


def test_a_trace_that_is_left_is_not_passed_over(output: Path):
    (output / "notes.txt").write_text(f"remember {PATH}")
    with pytest.raises(FruitsError, match=r"traces are left in notes\.txt"):
        erased(output, PATH)


def test_the_command_shows_first_and_erases_when_told(output: Path, tmp_path: Path, photos: Path):
    wanted = tmp_path / "wanted.txt"
    wanted.write_text(f"{OTHER}\n{image_id(photos, PATH)}\n\n", encoding="utf-8")

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "fruits.cli", "erase", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    shown = call(str(output), "--list", str(wanted))
    assert (shown.returncode, shown.stdout) == (
        0,
        "would erase 2 rows of features: --yes does it\n",
    )
    done = call(str(output), "--list", str(wanted), "--yes", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"] == {"features": 2}
    again = call(str(output), "--list", str(wanted), "--yes")
    assert again.stdout.startswith("nothing of it is here\nerased before, see ")
    assert call(str(output), "--yes").returncode == 2
    assert "64 hexadecimal digits" in call(str(output), "--id", "pear").stderr
