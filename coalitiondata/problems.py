"""What a check found: one row per cell, row or column that breaks a rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import pandas as pd

from coalitiondata.errors import InvalidDataError
from coalitiondata.given import shown

COLUMNS = ["table", "row", "column", "value", "rule", "hint"]


@cache
def none() -> pd.DataFrame:
    """A report without problems, always the same one: do not change it."""
    return pd.DataFrame({name: pd.Series(dtype="object") for name in COLUMNS})


def one(table: str, column: str, rule: str, hint: str) -> pd.DataFrame:
    """A problem of a whole column."""
    return pd.DataFrame([[table, None, column, None, rule, hint]], columns=COLUMNS, dtype="object")


def at(
    rows: pd.Series, frame: pd.DataFrame, table: str, column: str, rule: str, hint: str
) -> pd.DataFrame:
    """One problem for each row of `frame` where the boolean series `rows` is true.

    `frame` has its positions as index; `row` is the position, `value` the cell in `column`.
    """
    found = frame.index[rows.fillna(False).astype(bool)]
    if found.empty:
        return none()
    # As objects from the start: a value may be of any kind, which no inference is to look at.
    values = frame[column].astype("object")[rows.fillna(False).astype(bool).to_numpy()]
    content: dict[str, Any] = {
        "table": table,
        "row": pd.Series(found, dtype="object"),
        "column": column,
        "value": values.reset_index(drop=True),
        "rule": rule,
        "hint": hint,
    }
    return pd.DataFrame(content, columns=COLUMNS).astype("object")


def together(reports: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """All problems in one report."""
    filled = [report for report in reports if len(report)]
    return pd.concat(filled, ignore_index=True) if filled else none().copy()


def labelled(report: pd.DataFrame, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The report with the labels of the frames as they were given in the place of positions."""
    rows = [
        None if pd.isna(row) else given[table].index[int(row)]
        for table, row in zip(report["table"], report["row"], strict=True)
    ]
    return report.assign(row=pd.Series(rows, index=report.index, dtype="object"))


def refusal(report: pd.DataFrame, advice: str, most: int) -> InvalidDataError:
    """The error for a report that is not empty: a summary, with the report as `.report`."""
    error = InvalidDataError(_told(report, advice, most))
    error.report = report
    return error


def _told(report: pd.DataFrame, advice: str, most: int) -> str:
    """How many problems there are, what to do about it, and the first of them."""
    lines = []
    for problem in report.head(most).to_dict("records"):
        where = f"{problem['table']}, column {problem['column']}"
        if problem["row"] is not None:
            where += f", row {problem['row']} (value {shown(problem['value'])})"
        lines.append(f"{where}: breaks {problem['rule']}. {problem['hint']}")
    count = len(report)
    if count > most:
        lines.append(f"... and {count - most} more.")
    return "\n".join([f"{count} problem{'s' * (count > 1)} found. {advice}", *lines])
