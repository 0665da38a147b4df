"""Keys, views and explanations inside the databases."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
import shipped

import coalitiondata as cd
from coalitiondata import schema

FORMATS = ["sqlite", "duckdb"]


def ask(path: Path, format: str, question: str) -> pd.DataFrame:
    if format == "sqlite":
        with closing(sqlite3.connect(path)) as connection:
            return pd.read_sql(question, connection)
    with duckdb.connect(str(path), read_only=True) as other:
        return other.execute(question).df()


def change(path: Path, format: str, statement: str) -> None:
    if format == "sqlite":
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute(statement)
    else:
        with duckdb.connect(str(path)) as other:
            other.execute(statement)


@pytest.mark.parametrize("format", FORMATS)
def test_views_show_meanings_and_names(tiny_data: Path, tmp_path: Path, format: Any) -> None:
    path = cd.export(tmp_path / "out", format)
    seen = ask(path, format, "SELECT * FROM coalitions_labelled ORDER BY coalition_id")
    frame = cd.load("coalitions")
    labels = schema.table("coalitions").field("family").labels or {}
    assert list(seen["family"]) == [labels[family] for family in frame["family"]]
    assert seen["end_cause"].isna().tolist() == frame["end_cause"].isna().tolist()
    assert seen["leader_name"].tolist()[:2] == ["One", "Two"]
    assert pd.isna(seen["leader_name"][2])
    assert seen["predecessor_name"][1] == 'Ångström "I", or so'
    members = ask(path, format, "SELECT * FROM memberships_labelled WHERE spell = 2")
    assert members[["coalition_name", "actor_name"]].to_numpy().tolist() == [
        ["First tiny war, side 1", "B"]
    ]


@pytest.mark.parametrize("format", FORMATS)
def test_a_view_without_the_tables_it_would_name(
    tiny_data: Path, tmp_path: Path, format: Any
) -> None:
    path = cd.export(tmp_path / "out", format, "memberships")
    seen = ask(path, format, "SELECT * FROM memberships_labelled")
    assert list(seen.columns) == schema.table("memberships").columns
    assert len(seen) == len(cd.load("memberships"))


@shipped.needed
@pytest.mark.parametrize("format", FORMATS)
def test_every_view_has_the_rows_of_its_table(tmp_path: Path, format: Any) -> None:
    path = cd.export(tmp_path / "out", format)
    for name, table in schema.tables().items():
        count = f"SELECT count(*) AS n FROM {name}"
        labelled = ask(path, format, f"SELECT * FROM {name}_labelled")
        assert len(labelled) == ask(path, format, count)["n"][0] == len(cd.load(name))
        for field in table.fields:
            if field.levels:
                meanings = {(field.labels or {}).get(level, level) for level in field.levels}
                assert set(labelled[field.name].dropna()) <= meanings


@pytest.mark.parametrize("format", FORMATS)
def test_keys_refuse_doubles_strangers_and_wrong_levels(
    tiny_data: Path, tmp_path: Path, format: Any
) -> None:
    path = cd.export(tmp_path / "out", format)
    refused = (sqlite3.IntegrityError, duckdb.ConstraintException)
    row = "INSERT INTO positions VALUES ('{}', '{}', 5.0, 'expert_mean', 'tinygov')"
    change(path, format, row.format("party-tiny-1", "eu"))
    for actor, dimension in (
        ("party-tiny-1", "eu"),  # there by now
        ("nobody", "eu"),  # no such actor
        ("party-tiny-2", "left_wing"),  # no such dimension
    ):
        with pytest.raises(refused):
            change(path, format, row.format(actor, dimension))


@pytest.mark.parametrize("format", FORMATS)
def test_a_database_explains_itself(tiny_data: Path, tmp_path: Path, format: Any) -> None:
    path = cd.export(tmp_path / "out", format)
    about = ask(path, format, "SELECT * FROM about").set_index("item")["text"]
    assert about["version"] == cd.data_version
    assert about["citation"] in cd.cite()
    assert sum(item.startswith("source ") for item in about.index) >= 1
    book = ask(path, format, "SELECT * FROM codebook")
    own = cd.codebook()
    assert list(book.columns) == list(own.columns)
    assert list(book["missing"]) == list(own["missing"])
    levels = ask(path, format, "SELECT * FROM levels WHERE \"table\" = 'coalitions'")
    expected = sum(len(field.levels) for field in schema.table("coalitions").fields)
    assert len(levels) == expected


def test_sqlite_checks_rows_that_refer_to_their_own_table(tiny_data: Path, tmp_path: Path) -> None:
    path = cd.export(tmp_path / "out", "sqlite", ["coalitions", "actors", "sources"])
    change(path, "sqlite", "UPDATE coalitions SET predecessor = 'war-tiny-1-1'")
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        change(path, "sqlite", "UPDATE coalitions SET predecessor = 'nothing'")
