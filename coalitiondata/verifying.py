"""Comparing every file of the data set with its fingerprint."""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from coalitiondata import schema
from coalitiondata.errors import DamagedFileError
from coalitiondata.given import names_given
from coalitiondata.paths import VARIABLE, data_dir
from coalitiondata.reading import fingerprint_fault, header_fault, read_bytes, read_table, read_twin

UNCHECKED = "not checked: pyarrow, which alone reads this file, is not installed"


def verify(tables: str | Iterable[str] | None = None) -> pd.DataFrame:
    """Check each file against the sha256, bytes and rows that datapackage.json gives.

    A Parquet twin must hold exactly the rows of its CSV. Returns one row per file: `file`,
    `sha256` (expected; missing for a twin), `ok` (missing for a twin that cannot be checked because
    pyarrow, which alone reads it, is not installed), `fault` (missing if all is well), `repair`
    (the command that mends it). A table without a checksum is not all right: nothing vouches for
    its bytes.

    Raises UnknownNameError for a table that does not exist, DamagedFileError if datapackage.json
    itself cannot be read.
    """
    names = names_given(tables, schema.tables(), "tables")
    folder = data_dir()
    rows: list[tuple[str, str | None, bool | None, str | None]] = []
    for table in map(schema.table, names):
        fault = _csv_fault(table, folder)
        rows.append((table.path, table.sha256, fault is None, fault))
        twin = f"{table.name}.parquet"
        if not (folder / twin).is_file():
            continue
        if find_spec("pyarrow") is None:
            rows.append((twin, None, None, UNCHECKED))
        else:
            fault = _twin_fault(table, folder)
            rows.append((twin, None, fault is None, fault))
    report = pd.DataFrame(rows, columns=["file", "sha256", "ok", "fault"], dtype="object")
    bad = report["ok"].eq(False)
    report["repair"] = report["file"].map(lambda file: _repair(folder, file)).where(bad, None)
    return report.astype({"ok": "boolean"})


def _csv_fault(table: schema.Table, folder: Path) -> str | None:
    try:
        content = read_bytes(folder / table.path)
    except DamagedFileError as error:
        reason = error.__cause__
        return f"cannot be opened ({getattr(reason, 'strerror', None) or reason})"
    if table.sha256 is None:
        return "datapackage.json has no checksum of it"
    fault = fingerprint_fault(table, content) or header_fault(table, content)
    if fault is None and table.rows is not None:
        try:
            rows = len(read_table(table, folder, twin=False))
        except DamagedFileError as error:
            return str(error)
        fault = None if rows == table.rows else f"has {rows} rows instead of {table.rows}"
    return fault


def _twin_fault(table: schema.Table, folder: Path) -> str | None:
    twin = read_twin(table, folder)
    if twin is None:
        return "is unreadable or was made from another CSV"
    try:
        same = twin.equals(read_table(table, folder, twin=False))
    except DamagedFileError:
        return "cannot be compared with its CSV, which is damaged"
    return None if same else "differs from its CSV"


def _repair(folder: Path, file: str) -> str:
    """The shortest way back to the right file, by where the data set lies."""
    if os.environ.get(VARIABLE):
        return f"copy {file} into {folder} again, or unset {VARIABLE} to use the package's own"
    if folder.name == "_data":
        from coalitiondata import __version__

        return f'pip install --force-reinstall "coalitiondata=={__version__}"'
    rebuild = "python -m coalitiondata.build, if the tables were changed on purpose"
    if (folder.parent / ".git").exists():
        return f"git checkout -- {folder.name}/{file} (or {rebuild})"
    return f"take {file} from the archive of this release again (or {rebuild})"
