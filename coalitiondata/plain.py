"""Rows of a table as plain Python values, for formats and databases without dates of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from coalitiondata.schema import Table


def plain_rows(table: Table, frame: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    """One tuple per row in the order of the schema; every missing value is None.

    Dates are ISO text: that keeps the years before 1900 in Excel, which has no such dates, and
    sorts as dates do in SQLite.
    """
    columns = []
    for field in table.fields:
        values = frame[field.name]
        if field.type == "date":
            days = np.datetime_as_string(values.to_numpy(dtype="datetime64[s]"), unit="D")
            values = pd.Series(days, index=frame.index).where(values.notna())
        plain = values.astype("object")
        columns.append(plain.where(plain.notna(), None).tolist())
    return zip(*columns, strict=True)
