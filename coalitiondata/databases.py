"""Tables -> one SQLite or DuckDB database, with keys, labelled views and its own codebook."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pandas as pd

from coalitiondata import schema
from coalitiondata.about import about, books
from coalitiondata.plain import plain_rows
from coalitiondata.schema import Field, Table

_SQLITE = {"string": "TEXT", "integer": "INTEGER", "number": "REAL", "boolean": "INTEGER",
           "date": "TEXT"}  # fmt: skip
_DUCKDB = {"string": "VARCHAR", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN",
           "date": "DATE"}  # fmt: skip
_KEYS = {
    "about": ("item",),
    "codebook": ("table", "variable"),
    "levels": ("table", "variable", "level"),
}


def write_sqlite(frames: Mapping[str, pd.DataFrame], path: Path) -> None:
    """One SQLite file; dates as ISO text, booleans as 0 and 1, levels as text with a check."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for name in _parents_first(frames):
            table = schema.table(name)
            # A row may refer to a later row of its own table: keys are checked at the commit.
            connection.execute(_create(table, _SQLITE, frames, own=True))
            connection.executemany(
                _insert(name, len(table.fields)), plain_rows(table, frames[name])
            )
        for name, frame in _explanations(frames).items():
            connection.execute(_create_explanation(name, frame))
            rows = frame.itertuples(index=False, name=None)
            connection.executemany(_insert(name, len(frame.columns)), rows)
        for statement in _views(frames):
            connection.execute(statement)


def write_duckdb(frames: Mapping[str, pd.DataFrame], path: Path) -> None:
    """One DuckDB file; titles and descriptions as comments on tables and columns."""
    import duckdb

    with closing(duckdb.connect(str(path))) as connection:
        for name in _parents_first(frames):
            table = schema.table(name)
            # Rows of a table that refer to each other are checked by `validate`: DuckDB refuses
            # rows that come before the row they refer to.
            connection.execute(_create(table, _DUCKDB, frames, own=False))
            connection.register("content", _plain(table, frames[name]))
            connection.execute(f"INSERT INTO {_quoted(name)} SELECT * FROM content")
            connection.unregister("content")
            connection.execute(f"COMMENT ON TABLE {_quoted(name)} IS {_text(table.description)}")
            for field in table.fields:
                words = _text(f"{field.title}: {field.description}")
                place = f"{_quoted(name)}.{_quoted(field.name)}"
                connection.execute(f"COMMENT ON COLUMN {place} IS {words}")
        for name, frame in _explanations(frames).items():
            connection.execute(_create_explanation(name, frame))
            connection.register("content", frame)
            connection.execute(f"INSERT INTO {name} SELECT * FROM content")
            connection.unregister("content")
        for statement in _views(frames):
            connection.execute(statement)


def _create(table: Table, types: Mapping[str, str], exported: Iterable[str], own: bool) -> str:
    parts = [_column(field, types) for field in table.fields]
    parts.append(f"PRIMARY KEY ({', '.join(map(_quoted, table.primary_key))})")
    for key in table.foreign_keys:
        if key.table in exported and (own or key.table != table.name):
            parts.append(
                f"FOREIGN KEY ({', '.join(map(_quoted, key.fields))}) REFERENCES "
                f"{_quoted(key.table)} ({', '.join(map(_quoted, key.references))})"
                + (" DEFERRABLE INITIALLY DEFERRED" if key.table == table.name else "")
            )
    return f"CREATE TABLE {_quoted(table.name)} (\n  " + ",\n  ".join(parts) + "\n)"


def _column(field: Field, types: Mapping[str, str]) -> str:
    text = f"{_quoted(field.name)} {types[field.type]}"
    text += " NOT NULL" if field.required else ""
    if field.levels:
        text += f" CHECK ({_quoted(field.name)} IN ({', '.join(map(_text, field.levels))}))"
    return text


def _insert(name: str, width: int) -> str:
    return f"INSERT INTO {_quoted(name)} VALUES ({', '.join('?' * width)})"


def _plain(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """Levels as text, and missing text as None, which DuckDB reads as NULL."""
    content = frame[table.columns].copy()
    for field in table.fields:
        if field.type == "string":
            text = content[field.name].astype("object")
            content[field.name] = text.where(text.notna(), None)
    return content


def _explanations(frames: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The tables `about`, `codebook` and `levels`, with None for what is missing."""
    variables, levels = books(frames)
    tables = {
        "about": pd.DataFrame(about(frames), columns=["item", "text"]),
        "codebook": variables,
        "levels": levels,
    }
    return {
        name: frame.astype("object").where(frame.notna(), None) for name, frame in tables.items()
    }


def _create_explanation(name: str, frame: pd.DataFrame) -> str:
    numbers = {"code": "INTEGER", "n": "INTEGER", "missing": "INTEGER", "missing_share": "DOUBLE"}
    columns = map(str, frame.columns)
    parts = [f"{_quoted(column)} {numbers.get(column, 'VARCHAR')}" for column in columns]
    parts.append(f"PRIMARY KEY ({', '.join(map(_quoted, _KEYS[name]))})")
    return f"CREATE TABLE {name} ({', '.join(parts)})"


def _views(frames: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    """`<table>_labelled`: meanings instead of levels, and the names of what the keys refer to."""
    for name in frames:
        table = schema.table(name)
        columns = []
        for field in table.fields:
            own = f"t.{_quoted(field.name)}"
            if field.levels:
                columns.append(f"{_meaning(table, field, own)} AS {_quoted(field.name)}")
            else:
                columns.append(own)
        for key in table.foreign_keys:
            if key.table in frames and "name" in schema.table(key.table).columns:
                (field_name,), (reference,) = key.fields, key.references
                columns.append(
                    f"(SELECT o.name FROM {_quoted(key.table)} AS o WHERE "
                    f"o.{_quoted(reference)} = t.{_quoted(field_name)}) "
                    f"AS {_quoted(field_name.removesuffix('_id') + '_name')}"
                )
        yield (
            f"CREATE VIEW {_quoted(name + '_labelled')} AS SELECT\n  "
            + ",\n  ".join(columns)
            + f"\nFROM {_quoted(name)} AS t"
        )


def _meaning(table: Table, field: Field, own: str) -> str:
    # A level without a label of its own stands for itself.
    return (
        f'coalesce((SELECT l.label FROM levels AS l WHERE l."table" = {_text(table.name)} '
        f"AND l.variable = {_text(field.name)} AND l.level = {own}), {own})"
    )


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
