"""Identifiers of several tables as whole numbers, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import narwhals.stable.v2 as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from coalitiondata.errors import InvalidDataError
from coalitiondata.measures._arrays import FloatArray

Codes = npt.NDArray[np.int64]
Column = tuple[nw.DataFrame[Any], str, str]
"""A frame, one of its columns, and the name under which the user passed the frame."""


class Keys(NamedTuple):
    """The distinct identifiers of several columns, sorted, and each column as positions in them."""

    items: nw.Series[Any]
    codes: list[Codes]


def cells(frame: nw.DataFrame[Any], column: str, function: str) -> npt.NDArray[Any]:
    """The values of a column of labels. Raises InvalidDataError if they are lists."""
    values: npt.NDArray[Any] = frame[column].to_numpy()
    if values.ndim > 1:
        raise InvalidDataError(
            f"{function}: column {column!r} holds lists; give one value a row, as text or number"
        )
    return values


def encode(columns: Sequence[Column], function: str) -> Keys:
    """Number the identifiers of columns that speak of the same things.

    Raises InvalidDataError naming the table, column and row of a missing identifier, or the columns
    whose types cannot be compared.
    """
    series = [frame[column] for frame, column, _ in columns]
    if len({_kind(part.dtype) for part in series}) > 1:
        types = ", ".join(
            f"{column!r} of {table} is {part.dtype}"
            for part, (_, column, table) in zip(series, columns, strict=True)
        )
        raise InvalidDataError(f"{function}: {types}; convert them to one type")
    parts = [cells(frame, column, function) for frame, column, _ in columns]
    codes, values = pd.factorize(parts[0] if len(parts) == 1 else np.concatenate(parts))
    if (codes < 0).any():
        for (_, column, table), part in zip(columns, parts, strict=True):
            if (missing := pd.isna(part)).any():
                row = int(np.argmax(missing))
                raise InvalidDataError(
                    f"{function}: row {row} of {table} has no {column!r}; every row needs one"
                )
    try:
        order = np.argsort(values, kind="stable")
    except TypeError:
        _, column, table = columns[0]
        raise InvalidDataError(
            f"{function}: {column!r} of {table} mixes types that cannot be sorted; "
            "convert it to one type"
        ) from None
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    ends = np.cumsum([len(part) for part in parts])[:-1]
    first = series[0]
    distinct = values[order]
    named = nw.new_series(
        first.name,
        distinct.tolist() if distinct.dtype == object else distinct,
        backend=first.implementation,
    ).cast(first.dtype)
    return Keys(named, np.split(rank[codes], ends))


def combine(keys: Sequence[Keys], part: int) -> Codes:
    """One number for each row of a table whose identifiers take several columns."""
    combined = keys[0].codes[part]
    for key in keys[1:]:
        combined = combined * len(key.items) + key.codes[part]
    return combined


def separate(combined: Codes, keys: Sequence[Keys]) -> list[Codes]:
    """Undo `combine`: the codes of each column."""
    parts = []
    for key in reversed(keys[1:]):
        combined, part = np.divmod(combined, len(key.items))
        parts.append(part)
    return [combined, *reversed(parts)]


def floats_of(column: nw.Series[Any]) -> FloatArray:
    """A numeric column as floats, nan where it is missing."""
    values = column.to_numpy()
    if values.dtype == object:
        values = np.where(pd.isna(values), np.nan, values)
    return values.astype(np.float64)


def places(keys: Codes, known: Codes) -> Codes:
    """Positions of `keys` in `known`, which are distinct; -1 for those that are not there."""
    return pd.Index(known).get_indexer(pd.Index(keys)).astype(np.int64, copy=False)


def distinct(*keys: Codes) -> Codes:
    """The keys of all arrays, sorted, each once."""
    return np.sort(pd.unique(np.concatenate(keys)))


def build_frame(
    columns: Mapping[str, npt.NDArray[Any] | tuple[nw.Series[Any], Codes]],
    like: nw.DataFrame[Any],
) -> Any:
    """A native table of the kind of `like`; a column is an array, or values and positions in them.

    Where the kind tells null from nan, nan becomes null.
    """
    if like.implementation.is_pandas():
        return pd.DataFrame(
            {
                name: column[0].to_native().array.take(column[1])
                if isinstance(column, tuple)
                else column
                for name, column in columns.items()
            },
            copy=False,
        )
    frame = nw.from_dict(
        {
            name: column[0][column[1]]
            if isinstance(column, tuple)
            else nw.new_series(name, column, backend=like.implementation)
            for name, column in columns.items()
        }
    )
    floats = [name for name, column in frame.schema.items() if column == nw.Float64]
    floats = [name for name in floats if not isinstance(columns[name], tuple)]
    return frame.with_columns(
        nw.when(~nw.col(name).is_nan()).then(nw.col(name)).alias(name) for name in floats
    ).to_native()


def _kind(dtype: nw.dtypes.DType) -> str:
    if dtype.is_numeric():
        return "number"
    if dtype.is_temporal():
        return "time"
    return "name"
