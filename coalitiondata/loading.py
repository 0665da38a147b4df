"""Listing and loading the tables."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from coalitiondata import schema
from coalitiondata.canonical import in_order
from coalitiondata.errors import UnknownNameError
from coalitiondata.given import flag_given, names_given
from coalitiondata.names import known
from coalitiondata.paths import data_dir
from coalitiondata.reading import read_table


def tables() -> pd.DataFrame:
    """The tables of the data set.

    Returns one row per table: `name`, `rows`, `columns` (their number), `description`. `rows` is
    missing for a table whose file is not there.
    """
    return pd.DataFrame(
        {
            "name": [table.name for table in schema.tables().values()],
            "rows": pd.array([_rows(table) for table in schema.tables().values()], dtype="Int64"),
            "columns": [len(table.fields) for table in schema.tables().values()],
            "description": [table.description for table in schema.tables().values()],
        }
    )


def load(
    name: str,
    family: str | Iterable[str] | None = None,
    subtype: str | Iterable[str] | None = None,
    primary: bool | None = None,
) -> pd.DataFrame:
    """One table as a data frame, sorted by its primary key.

    The filters keep the coalitions of these families (`wartime`, `governing`, `ngo`) or subtypes,
    and, with `primary=True`, one record of each real coalition; they work on `coalitions` and on
    every table with a `coalition_id`.

    Columns have the dtypes of `coalitiondata.schema.dtype`: dates datetime64[s], listed levels
    categorical, missing values missing (NaN, NaT or <NA>), never zero. `frame.attrs` holds the
    names of the table and of the version of the data set as plain strings.

    Raises UnknownNameError for a table, family or subtype that does not exist, and for a filter on
    a table without coalitions; DamagedFileError for a file that is missing, truncated or altered.
    """
    table = schema.table(name)
    primary = flag_given(primary, "primary")
    wanted = {
        "family": _levels("family", family),
        "subtype": _levels("subtype", subtype),
        "primary": None if primary is None else [primary],
    }
    wanted = {column: levels for column, levels in wanted.items() if levels is not None}
    if wanted and "coalition_id" not in table.columns:
        able = [each.name for each in schema.tables().values() if "coalition_id" in each.columns]
        raise UnknownNameError(
            f"Table {name!r} has no coalition_id, so {', '.join(wanted)} cannot filter it. "
            f"Tables that can be filtered: {', '.join(able)}."
        )
    frame = read_table(table, data_dir())
    if table.sha256 is None:
        # A file without a fingerprint may have been edited by hand, its rows in any order.
        frame = in_order(table, frame)
    if wanted:
        frame = _of_coalitions(frame, name, wanted)
    frame.attrs = {"table": name, "version": str(schema.package()["version"])}
    return frame


def _of_coalitions(
    frame: pd.DataFrame, name: str, wanted: dict[str, list[str] | list[bool] | None]
) -> pd.DataFrame:
    every = frame if name == "coalitions" else load("coalitions")
    keep = pd.Series(True, index=every.index)
    for column, levels in wanted.items():
        keep &= every[column].isin(levels or [])
    if name != "coalitions":
        keep = frame["coalition_id"].isin(every.loc[keep, "coalition_id"])
    return frame[keep].reset_index(drop=True)


def _levels(column: str, given: str | Iterable[str] | None) -> list[str] | None:
    if given is None:
        return None
    levels = schema.table("coalitions").field(column).levels
    return [known(column, each, levels) for each in names_given(given, (), column)]


def _rows(table: schema.Table) -> int | None:
    if table.rows is not None:
        return table.rows
    if not (data_dir() / table.path).is_file():
        return None
    return len(read_table(table, data_dir()))
