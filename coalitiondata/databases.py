"""Tables -> one SQLite or DuckDB database, with keys and a table `codebook`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coalitiondata import schema
from coalitiondata.codebooks import codebook
from coalitiondata.schema import Field, Table

_SQLITE = {"string": "TEXT", "integer": "INTEGER", "number": "REAL", "boolean": "INTEGER",
           "date": "TEXT"}  # fmt: skip
_DUCKDB = {"string": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN",
           "date": "DATE"}  # fmt: skip
_BOOK = ("table", "variable", "title", "type", "unit", "levels", "missing_reason", "description")


def write_sqlite(frames: Mapping[str, pd.DataFrame], path: Path) -> None:
    """One SQLite file; dates as ISO text, booleans as 0 and 1, levels as text with a check."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for name in _parents_first(frames):
            table = schema.table(name)
            connection.execute(_create(table, _SQLITE, frames))
            marks = ", ".join("?" * len(table.fields))
            connection.executemany(
                f"INSERT INTO {_quoted(name)} VALUES ({marks})", _rows(table, frames[name])
            )
        book = _book(frames)
        connection.execute(f"CREATE TABLE codebook ({', '.join(map(_quoted, _BOOK))})")
        connection.executemany(
            f"INSERT INTO codebook VALUES ({', '.join('?' * len(_BOOK))})", book.to_numpy().tolist()
        )


def write_duckdb(frames: Mapping[str, pd.DataFrame], path: Path) -> None:
    """One DuckDB file; titles and descriptions as comments on tables and columns."""
    import duckdb

    with closing(duckdb.connect(str(path))) as connection:
        for name in _parents_first(frames):
            table = schema.table(name)
            connection.execute(_create(table, _DUCKDB, frames))
            content = _plain(table, frames[name])
            connection.register("content", content)
            connection.execute(f"INSERT INTO {_quoted(name)} SELECT * FROM content")
            connection.unregister("content")
            connection.execute(f"COMMENT ON TABLE {_quoted(name)} IS {_text(table.description)}")
            for field in table.fields:
                words = _text(f"{field.title}: {field.description}")
                place = f"{_quoted(name)}.{_quoted(field.name)}"
                connection.execute(f"COMMENT ON COLUMN {place} IS {words}")
        connection.register("content", _book(frames))
        connection.execute("CREATE TABLE codebook AS SELECT * FROM content")


def _create(table: Table, types: Mapping[str, str], exported: Iterable[str]) -> str:
    parts = [_column(field, types) for field in table.fields]
    parts.append(f"PRIMARY KEY ({', '.join(map(_quoted, table.primary_key))})")
    for key in table.foreign_keys:
        # A key of a row to another row of the same table is checked by `validate`: DuckDB would
        # refuse rows that stand before the row they point to.
        if key.table in exported and key.table != table.name:
            parts.append(
                f"FOREIGN KEY ({', '.join(map(_quoted, key.fields))}) REFERENCES "
                f"{_quoted(key.table)} ({', '.join(map(_quoted, key.references))})"
            )
    return f"CREATE TABLE {_quoted(table.name)} (\n  " + ",\n  ".join(parts) + "\n)"


def _column(field: Field, types: Mapping[str, str]) -> str:
    text = f"{_quoted(field.name)} {types[field.type]}"
    text += " NOT NULL" if field.required else ""
    if field.levels:
        text += f" CHECK ({_quoted(field.name)} IN ({', '.join(map(_text, field.levels))}))"
    return text


def _rows(table: Table, frame: pd.DataFrame) -> Iterable[tuple[Any, ...]]:
    columns = []
    for field in table.fields:
        values = frame[field.name]
        if field.type == "date":
            days = np.datetime_as_string(values.to_numpy(dtype="datetime64[s]"), unit="D")
            values = pd.Series(days, index=frame.index).where(values.notna())
        elif field.type == "boolean":
            values = values.astype("Int64")
        plain = values.astype("object")
        columns.append(plain.where(plain.notna(), None).tolist())
    return zip(*columns, strict=True)


def _plain(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Levels as text, and missing text as None, which DuckDB reads as NULL."""
    content = frame[table.columns].copy()
    for field in table.fields:
        if field.type == "string":
            text = content[field.name].astype("object")
            content[field.name] = text.where(text.notna(), None)
    return content


def _book(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    books = pd.concat([codebook(name) for name in frames], ignore_index=True)[list(_BOOK)]
    return books.astype("object").where(books.notna(), None)


def _parents_first(frames: Mapping[str, pd.DataFrame]) -> list[str]:
    """Tables in an order in which every foreign key finds its table."""
    ordered: list[str] = []

    def visit(name: str) -> None:
        for key in schema.table(name).foreign_keys:
            if key.table in frames and key.table != name and key.table not in ordered:
                visit(key.table)
        if name not in ordered:
            ordered.append(name)

    for name in frames:
        visit(name)
    return ordered


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"
