from __future__ import annotations

import copy
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyreadr
import pyreadstat
import pytest
import rdata
import shipped
import tiny
import tricky
from pyarrow import parquet

import coalitiondata as cd
from coalitiondata import exporting, schema
from coalitiondata.conforming import conform
from coalitiondata.stata import RENAMED

TABLES = list(schema.tables().values())
NAMES = [table.name for table in TABLES]


def plain(table: schema.Table, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame as typed by the schema, with listed levels as text, for comparing."""
    typed, resisting = conform(table, frame)
    assert resisting.empty, resisting
    return typed


def assert_same(table: schema.Table, got: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(
        plain(table, got[table.columns]), plain(table, cd.load(table.name)), check_exact=True
    )


def check_csv(folder: Path) -> None:
    for table in TABLES:
        text = pd.read_csv(folder / table.path, dtype=str, keep_default_na=False)
        assert_same(table, text)


def check_parquet(folder: Path) -> None:
    for table in TABLES:
        file = folder / f"{table.name}.parquet"
        assert_same(table, pd.read_parquet(file))
        words = parquet.read_schema(file)
        for field in table.fields:
            about = words.field(field.name).metadata
            assert about[b"description"].decode() == field.description
            for level, label in (field.labels or {}).items():
                assert about[f"label:{level}".encode()].decode() == label


def check_stata(folder: Path) -> None:
    back = {new: old for old, new in RENAMED.items()}
    for table in TABLES:
        with pd.read_stata(folder / f"{table.name}.dta", iterator=True) as reader:
            labels = reader.variable_labels()
            frame = reader.read().rename(columns=back)
        assert_same(table, frame)
        for field in table.fields:
            assert labels[RENAMED.get(field.name, field.name)] == field.title[:80]
            if field.levels and frame[field.name].notna().any():
                assert set(frame[field.name].cat.categories) <= set(field.levels)
    book = pd.read_csv(folder / "codebook.csv").query("table == 'coalitions'")
    assert {"start", "end_date"} <= set(book["variable"])


def check_spss(folder: Path) -> None:
    for table in TABLES:
        frame, about = pyreadstat.read_sav(
            folder / f"{table.name}.sav", apply_value_formats=True, formats_as_category=False
        )
        assert_same(table, frame)
        for field in table.fields:
            assert about.column_names_to_labels[field.name] == field.title
            named = about.variable_value_labels.get(field.name, {})
            assert named == dict(enumerate(field.levels, start=1))
            scale = not field.levels and field.type in ("number", "integer", "date")
            assert about.variable_measure[field.name] == ("scale" if scale else "nominal")


def check_rds(folder: Path) -> None:
    for table in TABLES:
        (frame,) = pyreadr.read_r(folder / f"{table.name}.rds").values()
        assert_same(table, frame)
        raw = rdata.parser.parse_file(folder / f"{table.name}.rds").object.value
        for field, column in zip(table.fields, raw, strict=True):
            if field.levels and len(frame):
                assert list(frame[field.name].cat.categories) == list(field.levels)
                # A code of 0 would make a factor that R calls malformed.
                missing = np.ma.getmaskarray(column.value).tolist()
                assert missing == cd.load(table.name)[field.name].isna().tolist()
                assert column.value.min() is np.ma.masked or column.value.min() >= 1


def check_jsonl(folder: Path) -> None:
    for table in TABLES:
        lines = (folder / f"{table.name}.jsonl").read_text(encoding="utf-8").split("\n")
        assert lines.pop() == ""
        rows = [json.loads(line) for line in lines]
        assert all(list(row) == table.columns for row in rows)
        assert_same(table, pd.DataFrame(rows, columns=table.columns, dtype="object"))


def check_sqlite(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "coalitiondata.sqlite")) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        for table in TABLES:
            order = ", ".join(f'"{name}"' for name in table.primary_key)
            got = pd.read_sql(f'SELECT * FROM "{table.name}" ORDER BY {order}', connection)
            assert_same(table, got)
            keys = connection.execute(f'PRAGMA foreign_key_list("{table.name}")').fetchall()
            assert len(keys) == len(table.foreign_keys)
        book = pd.read_sql('SELECT "table", variable FROM codebook', connection)
        assert len(book) == sum(len(table.fields) for table in TABLES)


def check_duckdb(folder: Path) -> None:
    with duckdb.connect(str(folder / "coalitiondata.duckdb"), read_only=True) as connection:
        for table in TABLES:
            order = ", ".join(f'"{name}"' for name in table.primary_key)
            got = connection.execute(f'SELECT * FROM "{table.name}" ORDER BY {order}').df()
            assert_same(table, got)
        comments = connection.execute(
            "SELECT comment FROM duckdb_columns() WHERE table_name = 'power'"
        ).fetchall()
        assert len(comments) == len(schema.table("power").fields)
        assert all(comment for (comment,) in comments)


CHECKS = {
    "csv": check_csv,
    "parquet": check_parquet,
    "jsonl": check_jsonl,
    "stata": check_stata,
    "spss": check_spss,
    "rds": check_rds,
    "sqlite": check_sqlite,
    "duckdb": check_duckdb,
}


@pytest.mark.parametrize("format", CHECKS)
def test_round_trip(tiny_data: Path, tmp_path: Path, format: Any) -> None:
    target = cd.export(tmp_path / "out", format)
    assert target.exists()
    CHECKS[format](tmp_path / "out")


@pytest.fixture
def tricky_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny data set with text that trips programs up."""
    folder = tiny.write(tmp_path / "tricky", rows=tricky.rows())
    monkeypatch.setenv("COALITIONDATA_DATA", str(folder))
    return folder


@pytest.mark.parametrize("format", CHECKS)
def test_round_trip_of_tricky_text(tricky_data: Path, tmp_path: Path, format: Any) -> None:
    cd.export(tmp_path / "out", format)
    CHECKS[format](tmp_path / "out")


@shipped.needed
@pytest.mark.parametrize("format", CHECKS)
def test_round_trip_of_the_shipped_data(tmp_path: Path, format: Any) -> None:
    cd.export(tmp_path / "out", format)
    CHECKS[format](tmp_path / "out")


@pytest.mark.parametrize("format", ["sqlite", "duckdb"])
def test_databases_refuse_what_breaks_a_key(tiny_data: Path, tmp_path: Path, format: Any) -> None:
    target = cd.export(tmp_path / f"data.{format}", format, ["actors", "positions"])
    assert target == tmp_path / f"data.{format}"
    row = "INSERT INTO positions VALUES ('nobody', 'eu', 5.0, 'expert_mean', 'tinygov')"
    if format == "sqlite":
        with closing(sqlite3.connect(target)) as connection:
            connection.execute("PRAGMA foreign_keys = ON")
            with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
                connection.execute(row)
    else:
        with duckdb.connect(str(target)) as other, pytest.raises(duckdb.ConstraintException):
            other.execute(row)


def test_some_tables_with_codebook_and_citation(tiny_data: Path, tmp_path: Path) -> None:
    cd.export(tmp_path / "out", "csv", "positions")
    assert sorted(os.listdir(tmp_path / "out")) == [
        "CITATION.txt",
        "codebook.csv",
        "datapackage.json",
        "levels.csv",
        "positions.csv",
    ]
    citation = (tmp_path / "out" / "CITATION.txt").read_text(encoding="utf-8")
    assert citation == cd.cite("positions")


def test_csv_export_is_the_canonical_file(tiny_data: Path, tmp_path: Path) -> None:
    cd.export(tmp_path / "out", "csv")
    for table in TABLES:
        written = (tmp_path / "out" / table.path).read_bytes()
        assert written == (tiny_data / table.path).read_bytes()


def test_csv_export_is_a_data_set_of_its_own(
    tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = {name: cd.load(name) for name in ("coalitions", "power")}
    out = cd.export(tmp_path / "out", "csv", ["power", "coalitions"])
    monkeypatch.setenv("COALITIONDATA_DATA", str(out))
    assert cd.tables()["name"].tolist() == ["coalitions", "power"]
    assert cd.verify()["ok"].all()
    for name, frame in expected.items():
        pd.testing.assert_frame_equal(cd.load(name), frame)
    # Keys to tables that were left out are left out with them.
    assert [key.table for key in schema.table("power").foreign_keys] == ["coalitions"]


def test_levels_are_numbered_named_and_explained(tiny_data: Path, tmp_path: Path) -> None:
    out = cd.export(tmp_path / "out", "stata", "coalitions")
    levels = pd.read_csv(out / "levels.csv").query("variable == 'family'")
    assert levels[["code", "level"]].to_numpy().tolist() == [
        [1, "wartime"], [2, "governing"], [3, "ngo"],
    ]  # fmt: skip
    assert levels["label"].iloc[1] == "parties sharing a cabinet"
    raw = pd.read_stata(out / "coalitions.dta", convert_categoricals=False)
    assert raw["family"].tolist() == [2, 2, 1]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"founded": "1582-10-14"}, "column founded, data row 1: SPSS has no dates before 15 Oct"),
        ({"name": "x" * 32_768}, "column name, data row 1: SPSS holds no text of more than 32,767"),
    ],
)
def test_what_spss_cannot_hold_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cells: dict[str, str], said: str
) -> None:
    rows = {**tiny.ROWS, "actors": [{**tiny.ROWS["actors"][0], **cells}]}
    monkeypatch.setenv("COALITIONDATA_DATA", str(tiny.write(tmp_path / "data", rows=rows)))
    with pytest.raises(cd.InvalidDataError, match=said):
        cd.export(tmp_path / "out", "spss", "actors")
    assert not (tmp_path / "out").exists()


def test_integers_beyond_those_of_r_become_doubles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = copy.deepcopy(tiny.ROWS)
    rows["source_files"][0]["bytes"] = 2**31
    monkeypatch.setenv("COALITIONDATA_DATA", str(tiny.write(tmp_path / "data", rows=rows)))
    out = cd.export(tmp_path / "out", "rds", "source_files")
    (frame,) = pyreadr.read_r(out / "source_files.rds").values()
    assert frame["bytes"].tolist() == [2.0**31]


@pytest.mark.parametrize("format", ["csv", "parquet", "jsonl", "rds"])
def test_the_same_data_make_the_same_file(tiny_data: Path, tmp_path: Path, format: Any) -> None:
    first = cd.export(tmp_path / "first", format, ["coalitions", "power"])
    second = cd.export(tmp_path / "second", format, ["coalitions", "power"])
    assert sorted(os.listdir(first)) == sorted(os.listdir(second))
    for file in first.iterdir():
        assert file.read_bytes() == (second / file.name).read_bytes()


def test_existing_files_are_safe(tiny_data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine", encoding="utf-8")
    (out / "power.csv").write_text("also mine", encoding="utf-8")
    with pytest.raises(cd.TargetExistsError, match=r"power\.csv exists already.*overwrite=True"):
        cd.export(out, "csv")
    assert sorted(os.listdir(out)) == ["mine.txt", "power.csv"]
    assert (out / "power.csv").read_text(encoding="utf-8") == "also mine"
    cd.export(out, "csv", overwrite=True)
    assert (out / "mine.txt").read_text(encoding="utf-8") == "mine"
    assert (out / "power.csv").read_text(encoding="utf-8").startswith("coalition_id,")


def test_a_file_in_the_way(tiny_data: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("", encoding="utf-8")
    with pytest.raises(cd.TargetExistsError, match="is a file, not a folder"):
        cd.export(tmp_path / "out", "csv")


def test_a_failure_leaves_nothing_behind(
    tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cd.export(tmp_path / "out", "csv", "positions")
    before = {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()}

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exporting, "cite", fail)  # the last thing that is written
    with pytest.raises(OSError, match="No space left"):
        cd.export(tmp_path / "out", "csv", overwrite=True)
    assert {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()} == before


def test_unknown_format_and_table(tiny_data: Path, tmp_path: Path) -> None:
    with pytest.raises(cd.UnknownNameError, match=r"Unknown format 'stat'\. Did you mean 'stata'"):
        cd.export(tmp_path / "out", "stat")  # type: ignore[arg-type]
    with pytest.raises(cd.UnknownNameError, match="Unknown table 'actor'"):
        cd.export(tmp_path / "out", "csv", "actor")
    assert not (tmp_path / "out").exists()


def test_missing_library(tiny_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "find_spec", lambda name: None)
    for format in ("parquet", "spss", "rds", "excel", "duckdb"):
        with pytest.raises(cd.MissingExtraError, match=r'pip install "coalitiondata\[export\]"'):
            cd.export(tmp_path / "out", format)  # type: ignore[arg-type]
    for format in ("csv", "csv-excel", "jsonl", "stata", "sqlite"):
        cd.export(tmp_path / format, format, "actors")  # type: ignore[arg-type]
