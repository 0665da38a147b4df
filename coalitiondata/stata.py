"""One table -> one Stata file (version 14 and later, UTF-8)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from coalitiondata import schema
from coalitiondata.schema import Table

_LABEL = 80  # characters that Stata allows in the label of a variable or file
_TEXT = 2045  # bytes in an ordinary string; longer ones become strL
RENAMED = {"end": "end_date"}  # the writer counts `end` among Stata's reserved words


def write_stata(table: Table, frame: pd.DataFrame, path: Path) -> None:
    """Write one table with variable labels, value labels and daily dates.

    Levels are numbered from 1 in the order of the schema and labelled with their names; booleans
    are 0 and 1; a missing number is `.` and missing text is empty, as Stata has no missing text.
    The column `end` is called `end_date`.
    """
    columns: dict[str, Any] = {}
    value_labels = {}
    for field in table.fields:
        column = frame[field.name]
        if field.levels:
            codes = column.cat.codes.astype("float64") + 1
            columns[field.name] = codes.mask(codes == 0)
            value_labels[field.name] = {
                float(code): level for code, level in enumerate(field.levels, start=1)
            }
        elif field.type == "date":
            # As Python datetimes, since the writer takes its own unit (ns) to begin in 1678; a
            # column without any date it must know for one by its type.
            columns[field.name] = (
                column.astype("object")
                .where(column.notna(), None)
                .map(pd.Timestamp.to_pydatetime, na_action="ignore")
                if column.notna().any()
                else column.astype("datetime64[ns]")
            )
        elif field.type == "string":
            columns[field.name] = column.fillna("")
        else:
            columns[field.name] = column.astype("float64")
    content = pd.DataFrame(columns, columns=table.columns)
    dates = [field.name for field in table.fields if field.type == "date"]
    long = [
        field.name
        for field in table.fields
        if field.type == "string"
        and not field.levels
        and content[field.name].map(lambda text: len(text.encode()) > _TEXT).any()
    ]
    titles = {field.name: field.title[:_LABEL] for field in table.fields}
    content.rename(columns=RENAMED).to_stata(
        path,
        write_index=False,
        version=118,
        convert_dates={RENAMED.get(name, name): "td" for name in dates},
        convert_strl=long,
        variable_labels={RENAMED.get(name, name): title for name, title in titles.items()},
        value_labels=value_labels,
        data_label=f"{table.title}, coalitiondata {schema.package()['version']}"[:_LABEL],
    )
