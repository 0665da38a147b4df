"""The schema of the tables, read from datapackage.json: the single truth for dtypes and checks."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from coalitiondata.errors import DamagedFileError
from coalitiondata.given import is_unicode, shown
from coalitiondata.names import known
from coalitiondata.paths import DESCRIPTOR, data_dir

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\.csv")

TYPES = ("string", "integer", "number", "boolean", "date")

MALFORMED = (ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError)
"""What reading a descriptor can raise if it is none."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column: its type, its rules and its words."""

    name: str
    type: str
    title: str
    description: str
    required: bool = False
    unique: bool = False
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    levels: tuple[str, ...] = ()
    labels: Mapping[str, str] | None = None
    unit: str | None = None
    missing_reason: str | None = None


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns whose values must be keys of another table."""

    fields: tuple[str, ...]
    table: str
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its columns, its keys and the fingerprint of its file."""

    name: str
    title: str
    description: str
    path: str
    fields: tuple[Field, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]
    sha256: str | None = None
    bytes: int | None = None
    rows: int | None = None

    @property
    def columns(self) -> list[str]:
        """Names of the columns in the order of the file."""
        return [field.name for field in self.fields]

    def field(self, name: str) -> Field:
        """The column called `name`."""
        known(f"column of {self.name}", name, self.columns)
        return next(field for field in self.fields if field.name == name)


def package() -> dict[str, Any]:
    """datapackage.json as it stands in the data folder; do not change what is returned."""
    return _read(*_stamp())[0]


def tables() -> dict[str, Table]:
    """Every table by name, in the order of datapackage.json."""
    return _read(*_stamp())[1]


def table(name: str) -> Table:
    """The table called `name`. Raises UnknownNameError, which lists the tables there are."""
    every = tables()
    return every[known("table", name, every)]


def parse(descriptor: Mapping[str, Any]) -> dict[str, Table]:
    """The tables that a data package descriptor describes, by name.

    Raises one of MALFORMED if it describes none that could be read.
    """
    found = {entry["name"]: _table(entry) for entry in descriptor["resources"]}
    for table in found.values():
        _check(table)
    return found


def _check(table: Table) -> None:
    """Raise ValueError for names, paths, types and keys that make no table."""
    for text in (table.name, table.title, table.description, table.path, *table.columns):
        if not isinstance(text, str) or not is_unicode(text):
            raise ValueError(f"{shown(text)} in {shown(table.name)} is no text")
    if not _NAME.fullmatch(table.name) or not _PATH.fullmatch(table.path):
        # Whoever wrote the file could else have any file of the machine read or replaced.
        raise ValueError(f"{shown(table.name)} at {shown(table.path)} is no table in this folder")
    for field in table.fields:
        if field.type not in TYPES:
            raise ValueError(f"{table.name}.{field.name} has the unknown type {shown(field.type)}")
        if not all(isinstance(level, str) for level in field.levels):
            raise ValueError(f"{table.name}.{field.name} has levels that are no text")
        if not all(b is None or isinstance(b, int | float) for b in (field.minimum, field.maximum)):
            raise ValueError(f"{table.name}.{field.name} has bounds that are no numbers")
        if field.pattern is not None:
            re.compile(field.pattern)
        if len(set(field.levels)) < len(field.levels):
            raise ValueError(f"{table.name}.{field.name} has the same level twice")
    keys = [*table.primary_key, *(name for key in table.foreign_keys for name in key.fields)]
    if len(set(table.columns)) < len(table.columns) or not set(keys) <= set(table.columns):
        raise ValueError(f"{table.name} has a column twice, or a key without column")
    if any(len(key.fields) != len(key.references) for key in table.foreign_keys):
        raise ValueError(f"{table.name} has a key with more columns here than there")
    if table.sha256 is not None and not isinstance(table.sha256, str):
        raise ValueError(f"{table.name} has a checksum that is no text")


def dtype(field: Field) -> Any:
    """The pandas dtype of a column.

    Columns with listed levels are unordered categoricals with all levels of the schema, in its
    order. Other strings stay Python objects with NaN for missing, which merge, group and fit
    without conversion. Integers and booleans are the nullable dtypes where a value may be missing.
    Dates are datetime64[s], which also holds the years before 1678.
    """
    if field.levels:
        import pandas as pd

        return pd.CategoricalDtype(list(field.levels), ordered=False)
    if field.type == "integer":
        return "int64" if field.required else "Int64"
    if field.type == "boolean":
        return "bool" if field.required else "boolean"
    return {"string": "object", "number": "float64", "date": "datetime64[s]"}[field.type]


def _stamp() -> tuple[Path, int]:
    path = data_dir() / DESCRIPTOR
    return path, path.stat().st_mtime_ns


@lru_cache(maxsize=8)
def _read(path: Path, _modified: int) -> tuple[dict[str, Any], dict[str, Table]]:
    return read_package(
        path, "Install coalitiondata again, or restore the file with git in a checkout."
    )


def read_package(path: Path, advice: str) -> tuple[dict[str, Any], dict[str, Table]]:
    """A data package descriptor and the tables that it describes.

    Raises DamagedFileError, which ends with the advice, if it cannot be read or describes none.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return content, parse(content)
    except MALFORMED as problem:
        raise DamagedFileError(
            f"{path} is not a readable data package ({problem!r}). {advice}"
        ) from problem


def _table(entry: Mapping[str, Any]) -> Table:
    rules = entry["schema"]
    return Table(
        name=entry["name"],
        title=entry["title"],
        description=entry["description"],
        path=entry["path"],
        fields=tuple(_field(each) for each in rules["fields"]),
        primary_key=tuple(rules["primaryKey"]),
        foreign_keys=tuple(
            ForeignKey(
                tuple(key["fields"]),
                # An empty name means the table itself, as the standard has it.
                key["reference"]["resource"] or entry["name"],
                tuple(key["reference"]["fields"]),
            )
            for key in rules.get("foreignKeys", [])
        ),
        sha256=entry["hash"].removeprefix("sha256:") if "hash" in entry else None,
        bytes=entry.get("bytes"),
        rows=entry.get("rowCount"),
    )


def _field(entry: Mapping[str, Any]) -> Field:
    rules = entry.get("constraints", {})
    labels = {each["value"]: each["label"] for each in entry.get("categories", [])}
    return Field(
        name=entry["name"],
        type=entry["type"],
        title=entry["title"],
        description=entry["description"],
        required=rules.get("required", False),
        unique=rules.get("unique", False),
        pattern=rules.get("pattern"),
        minimum=rules.get("minimum"),
        maximum=rules.get("maximum"),
        levels=tuple(rules.get("enum", ())),
        labels=labels or None,
        unit=entry.get("unit"),
        missing_reason=entry.get("missingReason"),
    )
