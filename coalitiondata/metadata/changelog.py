"""DATA_CHANGELOG.md: what each version of the data changed, row by row."""

from __future__ import annotations

import re

from coalitiondata import schema
from coalitiondata.metadata.changes import TableChange, markdown, version_step
from coalitiondata.metadata.record import Record

PATH = "DATA_CHANGELOG.md"
_UNRELEASED = "unreleased"
_SECTION = re.compile(
    r"^## (?P<version>\S+) \((?P<when>[^)]+)\)\n(?P<body>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL
)
_COUNT = re.compile(r"^\| (?P<table>\w+) \|.*?(?P<rows>[\d,]+) \|$", re.MULTILINE)
_HEAD = """# Changelog of the data

The data have a version of their own, apart from that of the package: `version` in
`data/datapackage.json`, `coalitiondata.data_version`. It is semantic: the first number rises when
old code may fail (a table, column or level removed, a type or key changed), the second when tables,
columns or rows are added or rows removed, the third when values are corrected. Counts and lists
come from `python -m coalitiondata.metadata --since FOLDER`, the data folder of the release before;
`python -m coalitiondata.metadata.changes OLD NEW --rows FILE` writes every single change.
"""


def text(existing: str, record: Record, changes: list[TableChange] | None = None) -> str:
    """The changelog with a section for this version on top.

    `changes` are those since the version before; the first version lists its rows instead. Without
    `changes` the section of a later version stays as it is.
    """
    sections = _sections(existing)
    when, body = sections.pop(record.version, (_UNRELEASED, ""))
    if changes is not None:
        body = f"{markdown(changes)}\n\nVersion step: {version_step(changes) or 'none'}."
    elif not sections and when == _UNRELEASED:
        body = f"First version.\n\n{_rows()}"
    every = {record.version: (when, body), **sections}
    parts = [
        f"## {version} ({when})\n\n{body.strip()}\n" for version, (when, body) in every.items()
    ]
    return "\n".join([_HEAD, *parts])


def is_released(existing: str, version: str) -> bool:
    """Whether the changelog gives this version a date."""
    when, _ = _sections(existing).get(version, (_UNRELEASED, ""))
    return when != _UNRELEASED


def problems(existing: str, record: Record) -> list[str]:
    """How the topmost section fails to describe the data as they are, in words."""
    sections = _sections(existing)
    if next(iter(sections), None) != record.version:
        return [f"{PATH} has no section {record.version} on top; write it with --since FOLDER"]
    counts = {
        found["table"]: int(found["rows"].replace(",", ""))
        for found in _COUNT.finditer(sections[record.version][1])
    }
    return [
        f"{PATH} {record.version}: {table.name} has {table.rows} rows, not {counts.get(table.name)}"
        for table in schema.tables().values()
        if counts.get(table.name) != table.rows
    ]


def _sections(existing: str) -> dict[str, tuple[str, str]]:
    return {
        found["version"]: (found["when"], found["body"]) for found in _SECTION.finditer(existing)
    }


def _rows() -> str:
    lines = [f"| {table.name} | {table.rows:,} |" for table in schema.tables().values()]
    return "\n".join(["| table | rows |", "|---|---|", *lines])
