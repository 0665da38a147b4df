"""The rows of a table at hand by group, and the groups of one size as matrices.

With the groups of n rows as the rows of a matrix, whatever is done to one group (sorting, running
sums) is done to all of them in one call of numpy.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import narwhals.stable.v2 as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

IntArray = npt.NDArray[np.int64]

# Cells of one matrix: few enough for the processor's cache, enough to make calls rare.
_CELLS = 1 << 18
_CODE = "_cd_code"


class Arranged(NamedTuple):
    """A table whose rows have been numbered by group."""

    groups: nw.DataFrame[Any]
    """One row per group, sorted: the grouping columns and `n_members`."""
    rows: nw.DataFrame[Any]
    """The table's own rows, in any order."""
    code: IntArray
    """Position in `groups` of every row, ascending."""
    order: IntArray | None
    """Which of `rows` comes first, second ... in that order; None where they are in it already."""


def arrange(members: nw.DataFrame[Any], keys: list[str]) -> Arranged:
    """Number the groups in the order of their keys and put the rows in that order."""
    groups = members.group_by(keys).agg(nw.len().alias("n_members")).sort(*keys)
    numbered = groups.select(keys).with_row_index(_CODE)
    rows = members.join(numbered, on=keys, how="left")
    code = rows[_CODE].to_numpy().astype(np.int64)
    if (code[1:] >= code[:-1]).all():
        return Arranged(groups, rows, code, None)
    order = np.argsort(code, kind="stable")
    return Arranged(groups, rows, code[order], order)


def values(table: Arranged, name: str) -> npt.NDArray[Any]:
    """Return a column in the order of the groups, missing numbers as nan."""
    column: npt.NDArray[Any] = table.rows[name].to_numpy()
    return column if table.order is None else column[table.order]


def sizes_of(table: Arranged, known: npt.NDArray[np.bool_] | None = None) -> IntArray:
    """Return the number of rows of each group, or of those that are `known`."""
    code = table.code if known is None else table.code[known]
    return np.bincount(code, minlength=len(table.groups))


def blocks(sizes: IntArray) -> Iterator[tuple[IntArray, IntArray]]:
    """Yield groups of one size and, as a matrix of groups x size, where their rows are.

    The rows are those of the first group, then of the second and so on. Empty groups are left out.
    """
    starts = np.cumsum(sizes) - sizes
    by_size = np.argsort(sizes, kind="stable")
    ordered = sizes[by_size]
    edges = np.flatnonzero(np.diff(ordered, prepend=0))
    for first, last in pairwise([*edges, len(sizes)]):
        size = int(ordered[first])
        step = max(1, _CELLS // size)
        for begin in range(first, last, step):
            groups = by_size[begin : min(begin + step, last)]
            yield groups, starts[groups, np.newaxis] + np.arange(size)


def attach(
    groups: nw.DataFrame[Any], columns: dict[str, npt.NDArray[Any]], like: nw.Series[Any]
) -> nw.DataFrame[Any]:
    """Return the groups with further columns, whose nan become null; `like` shows their kind.

    A pandas column can be of numpy, nullable or Arrow floats, and the result follows the input.
    """
    series = []
    for name, column in columns.items():
        if groups.implementation.is_pandas_like():
            native = groups.to_native()
            dtype = like.to_native().dtype if column.dtype.kind == "f" else None
            made = pd.Series(column, index=native.index, name=name, dtype=dtype)
            series.append(nw.from_native(made, series_only=True))
        else:
            series.append(nw.new_series(name, column, backend=groups.implementation))
    result = groups.with_columns(*series)
    floats = [name for name, column in columns.items() if column.dtype.kind == "f"]
    return result.with_columns(
        nw.when(~nw.col(name).is_nan()).then(nw.col(name)) for name in floats
    )
