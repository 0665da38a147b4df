"""Values of data frames as plain JSON: missing values are null, dates ISO text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

Row = dict[str, Any]


def column(values: pd.Series) -> list[Any]:
    """The values of one column; every missing value is None, a date its ISO day."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        days = np.datetime_as_string(values.to_numpy(dtype="datetime64[s]"), unit="D")
        values = pd.Series(days, index=values.index).where(values.notna())
    plain = values.astype("object")
    return list(plain.where(plain.notna(), None).tolist())


def rows(frame: pd.DataFrame, columns: Iterable[str]) -> list[Row]:
    """One dictionary per row, in the order of the columns given."""
    names = list(columns)
    return [
        dict(zip(names, row, strict=True))
        for row in zip(*(column(frame[name]) for name in names), strict=True)
    ]


def by_coalition(frame: pd.DataFrame, columns: Iterable[str]) -> dict[str, list[Row]]:
    """Rows as dictionaries, gathered by coalition_id in the order of the frame."""
    gathered: dict[str, list[Row]] = {}
    for owner, row in zip(frame["coalition_id"], rows(frame, columns), strict=True):
        gathered.setdefault(owner, []).append(row)
    return gathered


def text(content: object) -> str:
    """JSON in one form only, so that the same data give the same bytes."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def packed(every: Sequence[Row]) -> dict[str, Any]:
    """Rows as columns, which says each name once; rows inside a row become columns too.

    All rows have the same keys. A value is a scalar, a list of scalars, a list of rows, or, if it
    is in every row, a row.
    """
    return {name: _packed([row[name] for row in every]) for name in every[0]}


def _packed(values: list[Any]) -> Any:
    if all(isinstance(value, dict) for value in values):
        return packed(values)
    return [
        packed(value) if isinstance(value, list) and value and isinstance(value[0], dict) else value
        for value in values
    ]
