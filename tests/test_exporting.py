from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
import shipped
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


def check_sqlite(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "coalitiondata.sqlite")) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        for table in TABLES:
            order = ", ".join(f'"{name}"' for name in table.primary_key)
            got = pd.read_sql(f'SELECT * FROM "{table.name}" ORDER BY {order}', connection)
            assert_same(table, got)
            keys = connection.execute(f'PRAGMA foreign_key_list("{table.name}")').fetchall()
            to_others = [key for key in table.foreign_keys if key.table != table.name]
            assert len(keys) == len(to_others)
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
    "stata": check_stata,
    "sqlite": check_sqlite,
    "duckdb": check_duckdb,
}


@pytest.mark.parametrize("format", CHECKS)
def test_round_trip(tiny_data: Path, tmp_path: Path, format: Any) -> None:
    target = cd.export(tmp_path / "out", format)
    assert target.exists()
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
    assert sorted(os.listdir(tmp_path / "out")) == ["CITATION.txt", "codebook.csv", "positions.csv"]
    citation = (tmp_path / "out" / "CITATION.txt").read_text(encoding="utf-8")
    assert citation == cd.cite("positions")


def test_csv_export_is_the_canonical_file(tiny_data: Path, tmp_path: Path) -> None:
    cd.export(tmp_path / "out", "csv")
    for table in TABLES:
        written = (tmp_path / "out" / table.path).read_bytes()
        assert written == (tiny_data / table.path).read_bytes()


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
    for format in ("parquet", "duckdb"):
        with pytest.raises(cd.MissingExtraError, match=r'pip install "coalitiondata\[export\]"'):
            cd.export(tmp_path / "out", format)  # type: ignore[arg-type]
    cd.export(tmp_path / "out", "sqlite")
