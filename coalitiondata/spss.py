"""One table -> one SPSS file (.sav, UTF-8)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coalitiondata import schema
from coalitiondata.coding import codes, named_codes
from coalitiondata.limits import refuse
from coalitiondata.schema import Field, Table

_LABEL = 255  # bytes that SPSS allows in the label of a variable
_TEXT = 32_767  # bytes in a string
_BEGIN = np.datetime64("1582-10-14", "s")  # SPSS counts seconds from here and knows no earlier day
_FORMATS = {"date": "SDATE10", "integer": "F12.0", "number": "F12.6", "boolean": "F1.0"}


def write_spss(table: Table, frame: pd.DataFrame, path: Path) -> None:
    """Write one table with variable labels, value labels, measurement levels and dates.

    Levels are numbered from 1 in the order of the schema and labelled with their names; booleans
    are 0 and 1; a missing number is system-missing and missing text is empty: SPSS has no missing
    text, and drops blanks at the end of text.

    Raises InvalidDataError for a date before 15 October 1582 and for text of more than 32,767
    bytes, which an SPSS file cannot hold.
    """
    import pyreadstat

    content = {field.name: _column(table, field, frame[field.name]) for field in table.fields}
    pyreadstat.write_sav(
        pd.DataFrame(content, columns=table.columns),
        path,
        file_label=f"{table.title}, coalitiondata {schema.package()['version']}"[:60],
        column_labels={field.name: _cut(field.title) for field in table.fields},
        variable_value_labels={
            field.name: {float(code): name for code, name in named_codes(field.levels).items()}
            for field in table.fields
            if field.levels
        },
        variable_measure={field.name: _measure(field) for field in table.fields},
        variable_format={field.name: form for field in table.fields if (form := _format(field))},
        row_compress=True,
    )


def _column(table: Table, field: Field, column: pd.Series) -> Any:
    if field.levels:
        return codes(column).astype("float64")
    if field.type == "date":
        moments = column.to_numpy(dtype="datetime64[s]")
        early = column.notna().to_numpy() & (moments <= _BEGIN)
        refuse(table, field.name, early, "SPSS has no dates before 15 October 1582")
        seconds = (moments - _BEGIN).astype("float64")
        return np.where(column.notna(), seconds, np.nan)
    if field.type == "string":
        text = column.fillna("")
        long = text.map(lambda words: len(words.encode()) > _TEXT).astype(bool).to_numpy()
        refuse(table, field.name, long, f"SPSS holds no text of more than {_TEXT:,} bytes")
        return text
    return column.astype("float64")


def _measure(field: Field) -> str:
    return "scale" if field.type in ("number", "integer", "date") else "nominal"


def _format(field: Field) -> str | None:
    return "F4.0" if field.levels else _FORMATS.get(field.type)


def _cut(title: str) -> str:
    return title.encode()[:_LABEL].decode(errors="ignore")
