"""A minimal table as it was given -> plain columns, and the cells that cannot be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

import numpy as np
import pandas as pd

from coalitiondata import problems, schema
from coalitiondata.conforming import is_missing, is_number, number
from coalitiondata.given import is_unicode
from coalitiondata.own.dates import read_dates
from coalitiondata.own.minimal import TABLES, Column

Scale = tuple[float, float]


def read_cells(
    table: str,
    frame: pd.DataFrame,
    names: Mapping[str, str],
    numbers: Mapping[str, Scale | None],
) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """Read one minimal table: its plain columns, a report, and which rows are spoilt.

    `names` maps the columns of `minimal` to those of the user; one that is not in the frame is
    left out, or reported if it is required. `numbers` are further columns, each with its bounds.
    The plain frame has positions as index, the names of `minimal`, dates as datetime64[s] with
    `<name>_precision`, and missing values where a cell was refused. Rows of the report are
    positions too. A row is spoilt by a fault in a key column.
    """
    given = frame.reset_index(drop=True)
    plain: dict[str, pd.Series] = {}
    reports = []
    spoilt = pd.Series(False, index=given.index)
    for column in TABLES[table]:
        theirs = names.get(column.name, column.name)
        if theirs not in given:
            reports.append(_absent(table, column, theirs, given))
            continue
        cells, report = _read(table, column, given, theirs)
        plain.update(cells)
        reports.append(report)
        if column.key:
            spoilt |= given.index.to_series().isin(report["row"].dropna())
    for name, scale in numbers.items():
        if name not in given:
            hint = f"The column is missing; there is: {', '.join(map(str, given.columns))}."
            reports.append(problems.one(table, name, "column", hint))
            continue
        plain[name], report = _numbers(table, given, name, scale)
        reports.append(report)
    return pd.DataFrame(plain, index=given.index), problems.together(reports), spoilt


def _absent(table: str, column: Column, theirs: str, given: pd.DataFrame) -> pd.DataFrame:
    close = get_close_matches(theirs, [str(name) for name in given.columns], n=1, cutoff=0.8)
    known = {each.name for each in TABLES[table]}
    renamed = theirs != column.name
    if not column.required and not renamed and not (close and close[0] not in known):
        return problems.none()
    hint = f"The column is missing; there is: {', '.join(map(str, given.columns))}."
    if close:
        hint = f"The column is missing; is it {close[0]!r}? Rename it, or name it in the call."
    return problems.one(table, theirs, "column", hint)


def _read(
    table: str, column: Column, given: pd.DataFrame, theirs: str
) -> tuple[dict[str, pd.Series], pd.DataFrame]:
    if column.date:
        return _dates(table, column, given, theirs)
    if column.name == "power":
        cells, report = _numbers(table, given, theirs, (0.0, np.inf))
        return {column.name: cells}, report
    if column.name == "year":
        return _years(table, given, theirs)
    cells = given[theirs].astype("object")
    text = cells.map(_text)
    odd = text.notna() & ~cells.map(_is_words).astype("bool")
    hint = "Give text of letters that can be written, or leave it missing."
    reports = [problems.at(odd, given, table, theirs, "string", hint)]
    text = text.mask(odd)
    if column.required:
        hint = "A value is required."
        reports.append(problems.at(text.isna() & ~odd, given, table, theirs, "required", hint))
    if column.levels:
        levels = _levels(column.levels)
        strange = text.notna() & ~text.isin(levels)
        hint = f"Give one of {', '.join(levels)}, or leave it missing."
        reports.append(problems.at(strange, given, table, theirs, "enum", hint))
        text = text.mask(strange)
    return {column.name: text.astype("object")}, problems.together(reports)


def _dates(
    table: str, column: Column, given: pd.DataFrame, theirs: str
) -> tuple[dict[str, pd.Series], pd.DataFrame]:
    read = read_dates(given[theirs])
    goes_on = read["open"] & (column.name not in ("left", "end"))
    hints = read["hint"].mask(goes_on, "Only an end can be open; write a date.")
    refused = problems.together(
        problems.at(hints == hint, given, table, theirs, "date", str(hint))
        for hint in hints.dropna().unique()
    )
    cells = {column.name: read["date"], f"{column.name}_precision": read["precision"]}
    return cells, refused.sort_values("row", kind="stable")


def _years(
    table: str, given: pd.DataFrame, theirs: str
) -> tuple[dict[str, pd.Series], pd.DataFrame]:
    years = given[theirs].astype("object").map(number).astype("float64")
    fits = (years % 1 == 0) & years.between(1, 9999)
    filled = given[theirs].astype("object").map(_text).notna()
    reports = [
        problems.at(~filled, given, table, theirs, "required", "A value is required."),
        problems.at(filled & ~fits, given, table, theirs, "integer", "Give a year, as 1914."),
    ]
    return {"year": years.where(fits).astype("Int64")}, problems.together(reports)


def _numbers(
    table: str, given: pd.DataFrame, theirs: str, scale: Scale | None
) -> tuple[pd.Series, pd.DataFrame]:
    filled = given[theirs].astype("object").map(_text).notna()
    values = given[theirs].astype("object").where(filled).map(number).astype("float64")
    hint = "Give a number with a decimal point and no thousands separator, or leave it missing."
    reports = [problems.at(filled & values.isna(), given, table, theirs, "number", hint)]
    if scale is not None:
        for outside, rule, hint in (
            (values < scale[0], "minimum", f"Must be at least {scale[0]:g}."),
            (values > scale[1], "maximum", f"Must be at most {scale[1]:g}."),
        ):
            reports.append(problems.at(outside, given, table, theirs, rule, hint))
        values = values.where(values.between(*scale))
    return values, problems.together(reports)


def _is_words(value: object) -> bool:
    """Whether a cell is text that can be written, or a number that serves as a label."""
    return is_unicode(value) if isinstance(value, str) else is_number(value)


def _text(value: object) -> str | float:
    """Text without blanks around it; empty text is missing, whole numbers lose their `.0`."""
    if is_missing(value):
        return np.nan
    if isinstance(value, float | np.floating):
        value = int(value) if float(value).is_integer() else value
    return " ".join(str(value).split()) or np.nan


def _levels(place: str) -> Sequence[str]:
    table, column = place.split(".")
    return schema.table(table).field(column).levels
