"""One table -> one Stata file (version 14 and later, UTF-8)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from coalitiondata import schema
from coalitiondata.coding import codes, named_codes
from coalitiondata.schema import Field, Table

_LABEL = 80  # characters that Stata allows in the label of a variable or file
_TEXT = 2045  # bytes in an ordinary string; longer ones become strL
RENAMED = {"end": "end_date"}  # the writer counts `end` among Stata's reserved words


def write_stata(table: Table, frame: pd.DataFrame, path: Path) -> None:
    """Write one table with variable labels, value labels and daily dates.

    Levels are numbered from 1 in the order of the schema and labelled with their names; booleans
    are 0 and 1; a missing number is `.` and missing text is empty, as Stata has no missing text.
    Text of more than 2,045 bytes makes its column a strL. The column `end` is called `end_date`.
    """
    content = pd.DataFrame(
        {field.name: _column(field, frame[field.name]) for field in table.fields},
        columns=table.columns,
    )
    titles = {_named(field.name): field.title[:_LABEL] for field in table.fields}
    dates: dict[Any, Any] = {
        _named(field.name): "td" for field in table.fields if field.type == "date"
    }
    labels: dict[str, dict[float, str]] = {
        _named(field.name): {float(code): name for code, name in named_codes(field.levels).items()}
        for field in table.fields
        if field.levels
    }
    content.rename(columns=RENAMED).to_stata(
        path,
        write_index=False,
        version=118,
        convert_dates=dates,
        convert_strl=[_named(field.name) for field in table.fields if _long(field, content)],
        variable_labels=titles,
        value_labels=labels,
        data_label=f"{table.title}, coalitiondata {schema.package()['version']}"[:_LABEL],
    )


def _named(name: str) -> str:
    return RENAMED.get(name, name)


def _column(field: Field, column: pd.Series) -> Any:
    if field.levels:
        return codes(column)
    if field.type == "date":
        # As Python datetimes, since the writer takes its own unit (ns) to begin in 1678; a column
        # without any date it must know for one by its type.
        if not column.notna().any():
            return column.astype("datetime64[ns]")
        moments = column.astype("object").where(column.notna(), None)
        return moments.map(pd.Timestamp.to_pydatetime, na_action="ignore")
    if field.type == "string":
        return column.fillna("")
    kinds: dict[str, Any] = {"boolean": "Int8", "integer": "Int64", "number": "float64"}
    return column.astype(kinds[field.type])


def _long(field: Field, content: pd.DataFrame) -> bool:
    if field.type != "string" or field.levels:
        return False
    return bool(content[field.name].map(lambda text: len(text.encode()) > _TEXT).any())
