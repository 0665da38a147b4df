"""Tables that a user has in the data set's own schema, or in one that was exported with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from coalitiondata import problems, schema
from coalitiondata.conforming import conform, conformed
from coalitiondata.errors import InvalidDataError
from coalitiondata.names import known
from coalitiondata.own import package
from coalitiondata.own.about import about
from coalitiondata.own.findings import refuse
from coalitiondata.own.options import Options
from coalitiondata.paths import shipped_tables
from coalitiondata.validation import validate

_AT_LEAST = ("coalitions", "memberships")


@dataclass(frozen=True)
class Full:
    """Typed tables, their schema, and what could not be used."""

    frames: dict[str, pd.DataFrame]
    descriptor: dict[str, Any]
    problems: pd.DataFrame
    set_aside: dict[str, pd.DataFrame]


def full_tables(
    given: Mapping[str, pd.DataFrame],
    descriptor: Mapping[str, Any] | None = None,
    *,
    strict: bool = True,
) -> Full:
    """Check and type the tables.

    Raises InvalidDataError with the report if there is a problem. Unless `strict` it does so only
    if a column is missing or no coalition is left: rows with a problem are set aside, and then
    those that refer to them.
    """
    with shipped_tables():
        for name in given:
            if descriptor is None:
                known("table", name, ["members", *schema.tables()])
    absent = [name for name in _AT_LEAST if name not in given]
    if absent:
        raise InvalidDataError(
            f"The table {absent[0]!r} is missing; give `members`, or at least `coalitions` and "
            "`memberships` in the schema of the data set."
        )
    own = dict(descriptor or package.plain_package(list(given), about(Options())))
    schemas = package.tables_of(own)
    usable = {
        name: frame.reset_index(drop=True) for name, frame in given.items() if name in schemas
    }
    reports: list[pd.DataFrame] = []
    with package.as_data_folder(own, {}):
        while True:
            report = validate(usable, raise_on_error=False)
            if report.empty:
                break
            reports.append(report)
            if strict or report["row"].isna().any():
                raise refuse(_labelled(problems.together(reports), given))
            for each, rows in report.groupby("table")["row"]:
                frame = usable[str(each)]
                usable[str(each)] = frame[~frame.index.isin(rows)]
            if usable["coalitions"].empty:
                raise refuse(_labelled(problems.together(reports), given))
    frames = {}
    for name, frame in usable.items():
        table = schemas[name]
        frames[name] = conformed(table, conform(table, frame)[0])
    aside = {
        name: given[name][~given[name].reset_index(drop=True).index.isin(usable[name].index)]
        for name in usable
        if len(usable[name]) < len(given[name])
    }
    report = _labelled(problems.together(reports), given)
    return Full(frames, own, report, aside)


def _labelled(report: pd.DataFrame, given: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    labels = [
        None if pd.isna(row) else given[table].index[int(row)]
        for table, row in zip(report["table"], report["row"], strict=True)
    ]
    return report.assign(row=pd.Series(labels, index=report.index, dtype="object"))
