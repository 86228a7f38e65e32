import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from fruits.errors import ConfigError, FruitsError
from fruits.schema import FEATURE_ROW, REJECT_ROW
from fruits.storage.output import Output
from fruits.storage.parts import arrow_filesystem
from fruits.storage.rewrite import read_part as rewrite_read_part
from fruits.storage.tables import (
    FEATURES_TABLE,
    REJECTED_TABLE,
    Part,
    Table,
    TableName,
    paths_in,
    read_part,
    write_part,
)

MODEL = "ab12" * 16
MODIFIED = 1_700_000_000_123_456


def feature_rows(paths: list[str], *, value: float = 0.0, modified: int | None = MODIFIED):
    count = len(paths)
    columns = {
        "image_id": [f"id of {path}" for path in paths],
        "path": paths,
        "split": ["test"] * count,
        "label": ["Pomme d'été"] * count,
        "width": [100] * count,
        "height": [99] * count,
        "size": [5000 + i for i in range(count)],
        "modified": [modified] * count,
        "etag": [""] * count,
        "features": [[value, i, -1.5] for i in range(count)],
        "run_id": ["run-1"] * count,
    }
    return pa.table(columns, schema=FEATURE_ROW)


def reject_rows(paths: list[str], *, model: str = MODEL, reason: str = "truncated"):
    count = len(paths)
    columns = {
        "path": paths,
        "size": [7] * count,
        "modified": [None] * count,
        "etag": ["crc32:00000001"] * count,
        "model": [model] * count,
        "reason": [reason] * count,
        "detail": ["half of it is missing"] * count,
        "run_id": ["run-1"] * count,
    }
    return pa.table(columns, schema=REJECT_ROW)


def names(*numbers: int) -> list[str]:
    return [f"Test/Pomme d'été/{number}.jpg" for number in numbers]


@pytest.fixture
def output(tmp_path: Path) -> Output:
    return Output(f"{tmp_path}/out")


def features(output: Output, name: str, numbers: range | list[int], **kwargs) -> Part:
    rows = feature_rows(names(*numbers), **kwargs)
    return write_part(output, FEATURES_TABLE, rows, model=MODEL, name=name)


def rejects(output: Output, name: str, numbers: list[int], model: str = MODEL) -> Part:
    rows = reject_rows(names(*numbers), model=model)
    return write_part(output, REJECTED_TABLE, rows, model=model, name=name)


def delta_rows(output: Output, table: TableName) -> pa.Table:
    from deltalake import DeltaTable

    return DeltaTable(output.uri_of(table)).to_pyarrow_table().sort_by("path")


def plain_rows(output: Output, table: TableName) -> pa.Table:
    folder = output.path_of(table)
    dataset = ds.dataset(folder, partitioning="hive", filesystem=arrow_filesystem(output))
    return dataset.to_table().sort_by("path")


def log_lines(output: Output, table: TableName) -> list[dict]:
    files = sorted(Path(output.uri_of(table), "_delta_log").glob("*.json"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def test_appended_parts_are_in_the_table(output: Output):
    table = Table(output, FEATURES_TABLE)
    parts = [features(output, "b", range(3)), features(output, "a", range(3, 5))]
    assert table.append(parts) == 2
    assert table.count(MODEL) == 5
    assert table.files(MODEL) == [f"features/model={MODEL}/{n}.parquet" for n in "ab"]
    rows = delta_rows(output, FEATURES_TABLE)
    assert rows.column("path").to_pylist() == names(*range(5))
    assert set(rows.column("model").to_pylist()) == {MODEL}
    assert rows.column("features")[2].as_py() == [0.0, 2.0, -1.5]
    assert rows.column("modified")[0].as_py() == datetime.fromtimestamp(1_700_000_000, UTC).replace(
        microsecond=123_456
    )


def test_many_parts_make_one_commit_and_never_two(output: Output):
    table = Table(output, FEATURES_TABLE)
    table.create()
    parts = [features(output, f"u{i}", [i]) for i in range(7)]
    assert table.version() == 0
    assert table.append([*parts, parts[0]]) == 7
    assert table.version() == 1
    assert table.append(parts) == 0
    assert Table(output, FEATURES_TABLE).append(parts[3:]) == 0
    assert table.replace(parts) == 0
    assert table.append([]) == 0
    assert table.version() == 1
    assert table.count(MODEL) == 7


def test_a_part_that_was_replaced_since_is_not_adopted_again(output: Output):
    table = Table(output, FEATURES_TABLE)
    old = features(output, "old", range(4))
    table.append([old])
    table.replace([features(output, "new", [1])])
    version = table.version()
    assert table.append([old]) == 0
    assert Table(output, FEATURES_TABLE).append([old]) == 0
    assert table.version() == version


def test_a_part_that_was_never_committed_is_not_in_the_table(output: Output):
    table = Table(output, FEATURES_TABLE)
    table.append([features(output, "a", range(3))])
    features(output, "lost", range(3, 9))
    assert Table(output, FEATURES_TABLE).count(MODEL) == 3
    assert delta_rows(output, FEATURES_TABLE).num_rows == 3


def test_known_gives_what_tells_whether_an_image_changed(output: Output):
    table = Table(output, FEATURES_TABLE)
    assert table.known(MODEL) == {}
    table.append([features(output, "a", range(2)), features(output, "b", [2], modified=None)])
    assert table.known(MODEL) == {
        names(0)[0]: (5000, MODIFIED, ""),
        names(1)[0]: (5001, MODIFIED, ""),
        names(2)[0]: (5000, None, ""),
    }
    assert table.known("other") == {}
    assert table.files("other") == []
    assert table.count("other") == 0


def test_reading_a_table_that_does_not_exist_creates_nothing(output: Output, tmp_path: Path):
    for name in (FEATURES_TABLE, REJECTED_TABLE):
        table = Table(output, name)
        assert table.version() is None
        assert (table.count(MODEL), table.files(MODEL), table.known(MODEL)) == (0, [], {})
        assert table.delete(["a"], model=MODEL) == 0
        assert table.tidy(full=True) == []
    assert list(tmp_path.iterdir()) == []


def test_a_changed_image_replaces_its_row_in_one_commit(output: Output):
    table = Table(output, FEATURES_TABLE)
    table.append([features(output, "a", range(5)), features(output, "b", range(5, 9))])
    version = table.version() or 0
    new = features(output, "c", [1, 3, 20], value=7.0, modified=MODIFIED + 1)
    assert table.replace([new]) == 1
    assert table.version() == version + 1
    rows = delta_rows(output, FEATURES_TABLE)
    paths = rows.column("path").to_pylist()
    assert sorted(paths) == sorted(names(*range(9), 20))
    values = dict(zip(paths, (row[0] for row in rows.column("features").to_pylist()), strict=True))
    assert {path for path, value in values.items() if value == 7.0} == set(names(1, 3, 20))
    assert table.known(MODEL)[names(3)[0]][1] == MODIFIED + 1
    assert table.count(MODEL) == 10
    # The file without any of these images was left as it was.
    assert f"features/model={MODEL}/b.parquet" in table.files(MODEL)


def test_replacing_every_row_of_a_file_leaves_no_empty_file(output: Output):
    table = Table(output, FEATURES_TABLE)
    table.append([features(output, "a", range(3))])
    table.replace([features(output, "b", range(3))])
    assert table.files(MODEL) == [f"features/model={MODEL}/b.parquet"]


def test_rows_survive_many_replacements(output: Output):
    table = Table(output, FEATURES_TABLE)
    table.append([features(output, "a", range(10))])
    for turn in range(6):
        table.replace([features(output, f"r{turn}", [turn, turn + 1], value=turn)])
        table.tidy()
    rows = delta_rows(output, FEATURES_TABLE)
    assert rows.column("path").to_pylist() == names(*range(10))
    assert [row[0] for row in rows.column("features").to_pylist()] == [0, 1, 2, 3, 4, 5, 5, 0, 0, 0]
    assert plain_rows(output, FEATURES_TABLE).column("path").to_pylist() == names(*range(10))
    assert all(name.count(".v") <= 1 for name in table.files(MODEL))


def test_another_model_keeps_its_rows(output: Output):
    table = Table(output, FEATURES_TABLE)
    other = write_part(
        output, FEATURES_TABLE, feature_rows(names(1, 2)), model="other", name="other"
    )
    table.append([features(output, "a", [1, 2]), other])
    table.replace([features(output, "b", [1])])
    assert table.delete(names(2), model=MODEL) == 1
    assert list(table.known("other")) == names(1, 2)
    assert list(table.known(MODEL)) == names(1)


def test_parts_of_two_models_are_not_replaced_together(output: Output):
    parts = [
        write_part(output, FEATURES_TABLE, feature_rows(["a"]), model=model, name="x")
        for model in ("m1", "m2")
    ]
    with pytest.raises(ValueError, match="several models"):
        Table(output, FEATURES_TABLE).replace(parts)


def test_deleting_is_one_commit_and_counts_the_rows(output: Output):
    table = Table(output, FEATURES_TABLE)
    table.append([features(output, "a", range(4)), features(output, "b", range(4, 6))])
    version = table.version() or 0
    assert table.delete([*names(1, 4, 5), "never seen"], model=MODEL) == 3
    assert table.version() == version + 1
    assert sorted(table.known(MODEL)) == names(0, 2, 3)
    assert table.delete(["never seen"], model=MODEL) == 0
    assert table.version() == version + 1


def test_rejects_of_several_models_share_a_table(output: Output):
    table = Table(output, REJECTED_TABLE)
    table.append([rejects(output, "a", [1, 2, 3]), rejects(output, "b", [1, 2], "other")])
    assert (table.count(MODEL), table.count("other")) == (3, 2)
    assert table.known("other") == dict.fromkeys(names(1, 2), (7, None, "crc32:00000001"))
    assert table.delete(names(1), model="other") == 1
    assert (table.count(MODEL), table.count("other")) == (3, 1)
    table.replace([rejects(output, "c", [3])])
    assert sorted(table.known(MODEL)) == names(1, 2, 3)
    [read] = [t for t in table.read_columns("other", ["path", "reason"]) if t.num_rows]
    assert read.to_pylist() == [{"path": names(2)[0], "reason": "truncated"}]
    assert delta_rows(output, REJECTED_TABLE).num_rows == 4


def test_columns_are_read_file_by_file_in_the_same_order(output: Output):
    table = Table(output, FEATURES_TABLE)
    for name, numbers in (("b", [3, 1]), ("a", [2]), ("c", [0])):
        table.append([features(output, name, numbers)])
    read = list(table.read_columns(MODEL, ["path", "features"]))
    assert [t.column("path").to_pylist() for t in read] == [names(2), names(3, 1), names(0)]
    assert read[0].column_names == ["path", "features"]
    file = table.files(MODEL)[1]
    assert read_part(output, file, columns=["features", "path"]).column_names == [
        "features",
        "path",
    ]


def test_a_plain_parquet_reader_sees_the_rows_of_the_delta_table(output: Output):
    table, rejected = Table(output, FEATURES_TABLE), Table(output, REJECTED_TABLE)
    table.append([features(output, "a", range(5)), features(output, "b", range(5, 9))])
    table.replace([features(output, "c", [1, 6])])
    table.delete(names(0), model=MODEL)
    rejected.append([rejects(output, "a", [1, 2])])
    features(output, "dead", [77])
    output.write(f"features/model={MODEL}/.0.tmp", b"unfinished")
    table.tidy(full=True)
    for name in (FEATURES_TABLE, REJECTED_TABLE):
        delta = delta_rows(output, name)
        plain = plain_rows(output, name)
        assert plain.select(delta.column_names).cast(delta.schema).equals(delta)
    assert delta.num_rows == 2


def test_tidying_spares_the_parts_in_flight_unless_told(output: Output):
    table = Table(output, FEATURES_TABLE)
    table.append([features(output, "a", range(3))])
    table.replace([features(output, "b", [1])])
    in_flight = features(output, "c", [9])
    assert table.tidy() == [f"model={MODEL}/a.parquet"]
    assert table.tidy() == []
    assert table.append([in_flight]) == 1
    features(output, "d", [10])
    assert table.tidy(full=True) == [f"model={MODEL}/d.parquet"]
    assert table.count(MODEL) == delta_rows(output, FEATURES_TABLE).num_rows == 4


def test_no_text_of_an_image_is_kept_in_the_log(output: Output):
    from deltalake import DeltaTable

    table, rejected = Table(output, FEATURES_TABLE), Table(output, REJECTED_TABLE)
    table.append([features(output, "a", range(5))])
    table.replace([features(output, "b", [1, 2])])
    table.delete(names(3), model=MODEL)
    rejected.append([rejects(output, "a", [7, 8])])
    rejected.replace([rejects(output, "b", [7])])
    for name in (FEATURES_TABLE, REJECTED_TABLE):
        DeltaTable(output.uri_of(name)).create_checkpoint()
        files = list(Path(output.uri_of(name), "_delta_log").iterdir())
        assert any(file.suffix == ".parquet" for file in files)
        for content in (file.read_bytes() for file in files):
            for text in ("Pomme", "jpg", "id of", "truncated", "half of"):
                assert text.encode() not in content
        added = [line["add"] for line in log_lines(output, name) if "add" in line]
        assert added
        assert all(json.loads(add["stats"]).keys() == {"numRecords"} for add in added)


def test_no_file_keeps_the_least_and_greatest_text(output: Output):
    table, rejected = Table(output, FEATURES_TABLE), Table(output, REJECTED_TABLE)
    table.append([features(output, "a", range(5))])
    table.replace([features(output, "b", [1, 2])])
    rejected.append([rejects(output, "a", [7, 8])])
    files = table.files(MODEL) + rejected.files(MODEL)
    assert len(files) == 3
    for file in files:
        metadata = pq.ParquetFile(output.uri_of(file)).metadata
        group = metadata.row_group(0)
        columns = [group.column(i) for i in range(metadata.num_columns)]
        assert not any(column.is_stats_set for column in columns)
        assert not any(column.has_column_index for column in columns)
    listed = [column.path_in_schema for column in columns]
    assert "features.list.element" in listed or "reason" in listed


def test_another_writer_is_told_to_keep_no_statistics_either(output: Output):
    import deltalake

    table = Table(output, FEATURES_TABLE)
    table.append([features(output, "a", range(2))])
    rows = feature_rows(names(5, 6)).append_column("model", pa.array([MODEL] * 2))
    deltalake.write_deltalake(output.uri_of(FEATURES_TABLE), rows, mode="append")
    assert table.count(MODEL) == 4
    added = [line["add"]["stats"] for line in log_lines(output, FEATURES_TABLE) if "add" in line]
    assert all("Pomme" not in stats for stats in added)


def test_the_oldest_readers_can_read_the_tables(output: Output):
    table = Table(output, FEATURES_TABLE)
    table.append([features(output, "a", range(2))])
    table.delete(names(1), model=MODEL)
    lines = log_lines(output, FEATURES_TABLE)
    [protocol] = [line["protocol"] for line in lines if "protocol" in line]
    assert (protocol["minReaderVersion"], protocol["minWriterVersion"]) == (1, 2)
    [metadata] = [line["metaData"] for line in lines if "metaData" in line]
    assert not any("columnMapping" in key for key in metadata["configuration"])
    assert not any(line["add"].get("deletionVector") for line in lines if "add" in line)


@pytest.mark.parametrize(
    "folder", ["a b", "été 🍓", "100%", "a#b", "a?b=c", "a:b", "[x]", "a'b\"c"]
)
def test_the_output_folder_may_have_any_ordinary_name(tmp_path: Path, folder: str):
    output = Output(f"{tmp_path}/{folder}/out")
    table = Table(output, FEATURES_TABLE)
    table.append([features(output, "a", range(4))])
    table.replace([features(output, "b", [1])])
    assert len(table.tidy(full=True)) == 1
    assert len(table.known(MODEL)) == table.count(MODEL) == 4
    assert delta_rows(output, FEATURES_TABLE).num_rows == 4
    assert plain_rows(output, FEATURES_TABLE).num_rows == 4
    assert [path.name for path in tmp_path.iterdir()] == [folder]


@pytest.mark.parametrize("folder", ["a%20b", "a\\b"])
def test_a_folder_that_delta_would_confuse_is_refused_before_any_work(tmp_path: Path, folder: str):
    with pytest.raises(ConfigError, match="another --output"):
        Table(Output(f"{tmp_path}/{folder}"), FEATURES_TABLE)


def test_a_table_of_another_kind_is_refused(output: Output):
    import deltalake

    deltalake.write_deltalake(output.uri_of(FEATURES_TABLE), pa.table({"price": [1]}))
    with pytest.raises(ConfigError, match=r"another table \(columns price\)"):
        Table(output, FEATURES_TABLE).count(MODEL)


def test_a_place_where_nothing_can_be_created_is_a_usage_error(tmp_path: Path):
    (tmp_path / "out").write_bytes(b"a file")
    with pytest.raises(ConfigError, match="table in"):
        Table(Output(f"{tmp_path}/out"), FEATURES_TABLE).create()


def test_a_commit_that_fails_says_what_to_do(output: Output, monkeypatch: pytest.MonkeyPatch):
    from deltalake import DeltaTable
    from deltalake.exceptions import CommitFailedError

    table = Table(output, FEATURES_TABLE)
    part = features(output, "a", [1])

    def fail(*args, **kwargs):
        raise CommitFailedError("conflict")

    monkeypatch.setattr(DeltaTable, "create_write_transaction", fail)
    with pytest.raises(FruitsError, match=r"cannot commit 1 files.*conflict.*it will resume"):
        table.append([part])
    assert table.count(MODEL) == 0


def test_replacing_reads_one_file_at_a_time(output: Output, monkeypatch: pytest.MonkeyPatch):
    table = Table(output, FEATURES_TABLE)
    table.append([features(output, f"u{i}", [2 * i, 2 * i + 1]) for i in range(20)])
    whole: list[str] = []

    def read(output: Output, file: str, *, columns: list[str]) -> pa.Table:
        if "features" in columns:
            whole.append(file)
        return rewrite_read_part(output, file, columns=columns)

    monkeypatch.setattr("fruits.storage.rewrite.read_part", read)
    table.replace([features(output, "new", [4])])
    assert whole == [f"features/model={MODEL}/u2.parquet"]


def test_a_part_travels_as_json(output: Output):
    from dataclasses import asdict

    part = features(output, "a", range(3))
    assert Part(**json.loads(json.dumps(asdict(part)))) == part
    assert part.size == Path(output.uri_of(f"features/{part.path}")).stat().st_size
    assert (part.rows, part.model, part.path) == (3, MODEL, f"model={MODEL}/a.parquet")
    assert paths_in(output, FEATURES_TABLE, part) == names(0, 1, 2)


@pytest.mark.parametrize("text", ["../x", "a b", "", "a/b", "é", "%20", ".hidden"])
def test_a_part_has_a_name_that_needs_no_escaping(output: Output, text: str):
    with pytest.raises(ValueError, match="cannot be part of a file's name"):
        write_part(output, FEATURES_TABLE, feature_rows(["a"]), model=MODEL, name=text)


def test_a_part_has_the_columns_of_its_table(output: Output):
    rows = feature_rows(["a"]).select(FEATURE_ROW.names[::-1])
    part = write_part(output, FEATURES_TABLE, rows, model=MODEL, name="a")
    read = pq.ParquetFile(output.uri_of(f"features/{part.path}")).schema_arrow
    assert read.names == FEATURE_ROW.names
    assert read.field("modified").type == pa.timestamp("us", tz="UTC")
    with pytest.raises(KeyError):
        write_part(output, REJECTED_TABLE, feature_rows(["a"]), model=MODEL, name="a")


def test_vectors_keep_every_bit(output: Output):
    vectors = np.array([[0.1, 1e-45, 3.4e38], [-0.0, np.inf, 1 / 3]], np.float32)
    rows = feature_rows(names(0, 1))
    index = rows.column_names.index("features")
    rows = rows.set_column(index, FEATURE_ROW.field("features"), pa.array(list(vectors)))
    table = Table(output, FEATURES_TABLE)
    table.append([write_part(output, FEATURES_TABLE, rows, model=MODEL, name="a")])
    [read] = table.read_columns(MODEL, ["features"])
    flat = read.column("features").combine_chunks().flatten().to_numpy()
    assert flat.tobytes() == vectors.tobytes()


def test_parts_can_be_written_and_read_in_an_object_store():
    output = Output("memory://tables-test")
    part = features(output, "a", range(3))
    read = read_part(output, f"features/{part.path}", columns=["path"])
    assert read.column("path").to_pylist() == names(0, 1, 2)
