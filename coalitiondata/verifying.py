"""Comparing every file of the data set with its fingerprint."""

from __future__ import annotations

import pandas as pd

from coalitiondata import schema
from coalitiondata.errors import DamagedFileError
from coalitiondata.paths import data_dir
from coalitiondata.reading import fingerprint_fault, header_fault, read_bytes, read_table, read_twin


def verify() -> pd.DataFrame:
    """Check each file against the sha256, bytes and rows that datapackage.json gives.

    A Parquet twin must hold exactly the rows of its CSV. Returns one row per file: `file`,
    `sha256` (expected), `ok`, `fault` (missing if all is well). A table without a checksum is not
    all right: nothing vouches for its bytes.
    """
    rows = []
    for table in schema.tables().values():
        rows.append((table.path, table.sha256, _csv_fault(table)))
        if (data_dir() / f"{table.name}.parquet").is_file():
            rows.append((f"{table.name}.parquet", None, _twin_fault(table)))
    report = pd.DataFrame(rows, columns=["file", "sha256", "fault"], dtype="object")
    report.insert(2, "ok", report["fault"].isna())
    return report


def _csv_fault(table: schema.Table) -> str | None:
    try:
        content = read_bytes(data_dir() / table.path)
        if table.sha256 is None:
            return "datapackage.json has no checksum of it"
        fault = fingerprint_fault(table, content) or header_fault(table, content)
        if fault is None and table.rows is not None:
            rows = len(read_table(table, data_dir(), twin=False))
            fault = None if rows == table.rows else f"has {rows} rows instead of {table.rows}"
        return fault
    except DamagedFileError as error:
        return str(error)


def _twin_fault(table: schema.Table) -> str | None:
    twin = read_twin(table, data_dir())
    if twin is None:
        return "is unreadable or was made from another CSV; build the data again"
    try:
        same = twin.equals(read_table(table, data_dir(), twin=False))
    except DamagedFileError:
        return "cannot be compared with its CSV, which is damaged"
    return None if same else "differs from its CSV; build the data again"
