"""What differs between two versions: `python -m coalitiondata.metadata.changes OLD NEW`.

OLD and NEW are folders with datapackage.json and the tables as CSV. Rows are matched by primary
key and compared as text, which the canonical form of the files makes exact.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from coalitiondata.errors import CoalitionDataError, DamagedFileError, InvalidDataError
from coalitiondata.paths import DESCRIPTOR
from coalitiondata.schema import Table, read_package

# Keys and cells that the summary lists before it only counts.
_LISTED = 20


@dataclass(frozen=True, slots=True)
class TableChange:
    """One table before and after; a table that is new or gone has no rows on that side.

    `rows` has one line per row added or removed and one per changed cell: `key` (the values of
    the primary key, joined by |), `change` (`added`, `removed`, `changed`), `column`, `old`, `new`.
    `breaking` says in words what makes old code fail: columns or levels removed, another type or
    key, the table gone.
    """

    table: str
    before: int
    after: int
    rows: pd.DataFrame
    columns_added: tuple[str, ...] = ()
    breaking: tuple[str, ...] = ()
    new: bool = False

    def count(self, change: str) -> int:
        """Rows `added`, `removed` or `changed`."""
        return int(self.rows.loc[self.rows["change"] == change, "key"].nunique())


def compare(old_folder: Path, new_folder: Path) -> list[TableChange]:
    """Changes of every table from one version to the next, in the order of the new schema.

    Tables that are gone come last. Values of columns that only one version has are not compared,
    the columns are listed. If the primary key changed, rows are matched by the new one as long as
    the old table has its columns, else all rows count as removed and added.

    Raises DamagedFileError for a folder without datapackage.json or without one of its tables, and
    InvalidDataError for a table in which two rows have the same key.
    """
    old, new = _tables(old_folder), _tables(new_folder)
    found = []
    for name in [*new, *(name for name in old if name not in new)]:
        before = _rows(old_folder, old[name]) if name in old else None
        after = _rows(new_folder, new[name]) if name in new else None
        key = (new if name in new else old)[name].primary_key
        left, right = _keyed(name, before, key), _keyed(name, after, key)
        found.append(_change(name, old.get(name), new.get(name), left, right))
    return found


def version_step(changes: list[TableChange]) -> str | None:
    """The part of the data version that these changes raise, or None if there are none.

    `major` for what makes old code fail, `minor` for new tables, columns or rows and for rows
    removed, `patch` for corrected values.
    """
    if any(change.breaking for change in changes):
        return "major"
    if any(
        change.new or change.columns_added or change.count("added") or change.count("removed")
        for change in changes
    ):
        return "minor"
    return "patch" if any(change.count("changed") for change in changes) else None


def markdown(changes: list[TableChange]) -> str:
    """Counts per table as one Markdown table, then what was added, removed and changed by key."""
    lines = ["| table | before | added | removed | changed | now |", "|---|---|---|---|---|---|"]
    for change in changes:
        counts = [change.count(kind) for kind in ("added", "removed", "changed")]
        numbers = " | ".join(f"{n:,}" for n in (change.before, *counts, change.after))
        lines.append(f"| {change.table} | {numbers} |")
    return "\n\n".join(["\n".join(lines), *filter(None, map(_details, changes))])


def _details(change: TableChange) -> str:
    if change.new:
        return ""
    lines = [f"- {words}" for words in change.breaking]
    if change.columns_added:
        lines.append(f"- columns added: {', '.join(f'`{name}`' for name in change.columns_added)}")
    for kind in ("removed", "added", "changed"):
        rows = change.rows[change.rows["change"] == kind]
        shown = _shown(rows.head(_LISTED), with_cells=kind == "changed")
        if rest := len(rows) - len(shown):
            shown.append(f"and {rest:,} more")
        if shown:
            lines.append(f"- {kind}: {'; '.join(shown)}")
    return "\n".join([f"**{change.table}**", "", *lines]) if lines else ""


def _shown(rows: pd.DataFrame, *, with_cells: bool) -> list[str]:
    keys = [f"`{key}`" for key in rows["key"]]
    if not with_cells:
        return keys
    cells = zip(keys, rows["column"], rows["old"], rows["new"], strict=True)
    return [f"{key} {name}: {_quoted(old)} to {_quoted(new)}" for key, name, old, new in cells]


def _quoted(cell: str) -> str:
    return f'"{cell}"' if cell else "missing"


def _tables(folder: Path) -> dict[str, Table]:
    advice = "Pass the data folder of a release; `git archive TAG data` writes one."
    return read_package(folder / DESCRIPTOR, advice)[1]


def _rows(folder: Path, table: Table) -> pd.DataFrame:
    path = folder / table.path
    try:
        return pd.read_csv(path, dtype="object", keep_default_na=False, na_filter=False)
    except (OSError, ValueError) as problem:
        raise DamagedFileError(f"{path} cannot be read ({problem}).") from problem


def _change(
    name: str, old: Table | None, new: Table | None, left: pd.DataFrame, right: pd.DataFrame
) -> TableChange:
    parts = [
        _lines(right.index.difference(left.index, sort=False), "added"),
        _lines(left.index.difference(right.index, sort=False), "removed"),
        _cells(left, right),
    ]
    return TableChange(
        table=name,
        before=len(left),
        after=len(right),
        rows=pd.concat(parts, ignore_index=True),
        columns_added=tuple(c for c in right.columns if old and c not in left.columns),
        breaking=_breaking(old, new),
        new=old is None,
    )


def _keyed(name: str, frame: pd.DataFrame | None, key: Sequence[str]) -> pd.DataFrame:
    """Rows by their key; a table without all columns of the key matches nothing."""
    if frame is None:
        return pd.DataFrame(index=pd.Index([], dtype="object"), dtype="object")
    if set(key) <= set(frame.columns):
        index = frame[key[0]].str.cat(frame[list(key[1:])], sep="|")
    else:
        index = frame.index.to_series().map("row {} (no key)".format)
    if (twice := index[index.duplicated()]).any():
        raise InvalidDataError(
            f"{name}: two rows have the key {twice.iloc[0]}. Rows cannot be compared before "
            "the data pass `coalitiondata validate`."
        )
    return frame.set_axis(pd.Index(index, dtype="object"))


def _lines(keys: pd.Index, change: str) -> pd.DataFrame:
    return pd.DataFrame({"key": keys, "change": change, "column": "", "old": "", "new": ""})


def _cells(left: pd.DataFrame, right: pd.DataFrame) -> pd.DataFrame:
    keys = right.index.intersection(left.index, sort=False)
    columns = [name for name in right.columns if name in left.columns]
    old, new = left.loc[keys, columns], right.loc[keys, columns]
    row, column = (old.to_numpy() != new.to_numpy()).nonzero()
    return pd.DataFrame(
        {
            "key": keys[row],
            "change": "changed",
            "column": [columns[place] for place in column],
            "old": old.to_numpy()[row, column],
            "new": new.to_numpy()[row, column],
        }
    )


def _breaking(old: Table | None, new: Table | None) -> tuple[str, ...]:
    if old is None:
        return ()
    if new is None:
        return ("the table is gone",)
    found = []
    if old.primary_key != new.primary_key:
        found.append(f"primary key {', '.join(old.primary_key)} to {', '.join(new.primary_key)}")
    fields = {field.name: field for field in new.fields}
    for field in old.fields:
        now = fields.get(field.name)
        if now is None:
            found.append(f"column `{field.name}` is gone")
        elif now.type != field.type:
            found.append(f"`{field.name}` is {now.type}, was {field.type}")
        elif gone := [level for level in field.levels if now.levels and level not in now.levels]:
            found.append(f"`{field.name}` has no more {', '.join(gone)}")
    return tuple(found)


def main(arguments: list[str] | None = None) -> int:
    """Print the changes from one data folder to another as Markdown."""
    parser = argparse.ArgumentParser(
        prog="python -m coalitiondata.metadata.changes",
        description="Rows added, removed and changed between two versions of the data.",
    )
    parser.add_argument("old", type=Path, help="data folder of the earlier version")
    parser.add_argument("new", type=Path, help="data folder of the later version")
    parser.add_argument("--rows", type=Path, metavar="FILE", help="write every change to this CSV")
    options = parser.parse_args(arguments)
    try:
        changes = compare(options.old, options.new)
    except CoalitionDataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{markdown(changes)}\n\nVersion step: {version_step(changes) or 'none'}.")
    if options.rows:
        table_of = {change.table: change.rows for change in changes}
        _write(table_of, options.rows)
    return 0


def _write(rows: Mapping[str, pd.DataFrame], path: Path) -> None:
    every = pd.concat(rows, names=["table", None]).reset_index("table")
    every.to_csv(path, index=False, lineterminator="\n")


if __name__ == "__main__":
    sys.exit(main())
