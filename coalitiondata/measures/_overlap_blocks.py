"""Sums over the pairs of members of every group, for tables at hand.

Sorting a group's positions replaces comparing all its pairs: the gap between two neighbours is
crossed by every pair with one member on either side of it. All terms are positive, so adding them
up loses no digits.
"""

from __future__ import annotations

from typing import Any, cast

import narwhals.stable.v2 as nw
import numpy as np
import numpy.typing as npt

from coalitiondata.measures._arrays import FloatArray
from coalitiondata.measures._blocks import (
    Arranged,
    IntArray,
    attach,
    blocks,
    sizes_of,
    values,
)
from coalitiondata.measures._frames import MEMBER, WEIGHT, Frame, check_rows, position

BoolArray = npt.NDArray[np.bool_]


def sums_by_blocks(table: Arranged, dimensions: int, *, weighted: bool) -> nw.DataFrame[Any]:
    """Return the groups with the sums that `overlap` is made of, sorted.

    Members must be distinct and their numbers finite or missing; where the table has `_cd_bad`, it
    marks rows for which that is not so, and they are counted.
    """
    marked = "_cd_bad" in table.rows.columns
    bad = values(table, "_cd_bad") > 0 if marked else np.zeros(len(table.code), dtype=bool)
    columns: dict[str, npt.NDArray[Any]] = {
        "_cd_bad": sizes_of(table, bad),
        "_cd_missing": np.zeros(len(table.groups), dtype=np.int64),
    }
    weight = None
    if weighted:
        weight = values(table, WEIGHT)
        columns["_cd_missing"] = sizes_of(table, np.isnan(weight))
        weight = np.nan_to_num(weight, nan=0.0)
    known = np.empty((len(table.code), dimensions), dtype=bool)
    for k in range(dimensions):
        x = values(table, position(k))
        known[:, k] = ~np.isnan(x)
        columns |= {f"{stem}{k}": v for stem, v in _one(table, x, known[:, k], weight).items()}
    columns["_cd_pairs"] = _pairs_compared(table.code, known, sizes_of(table))
    return attach(table.groups, columns, table.rows[position(0)])


def check_distinct(table: Arranged, keys: list[str], shown: dict[str, str]) -> None:
    """Raise if a member has two rows in a group, naming columns as in `shown`."""
    if table.rows[MEMBER].dtype.is_integer():
        member = values(table, MEMBER)
        repeated = any(
            (np.diff(np.sort(member[where], axis=1), axis=1) == 0).any()
            for _, where in blocks(sizes_of(table))
        )
    else:
        rows = table.rows.select("_cd_code", MEMBER)
        repeated = len(rows.unique()) < len(rows)
    if repeated:
        counts = table.rows.group_by([*keys, MEMBER]).agg(nw.len().alias("_cd_rows"))
        check_rows(
            cast("Frame", counts),
            nw.col("_cd_rows") > 1,
            shown | {"_cd_rows": "number of rows"},
            function="overlap",
            rule="a member may have only one row in a group",
        )


def _one(
    table: Arranged, x: FloatArray, known: BoolArray, weight: FloatArray | None
) -> dict[str, npt.NDArray[Any]]:
    """Return the sums of one dimension, nan for groups where nothing is known."""
    sizes = sizes_of(table, known)
    if not known.all():
        x = x[known]
        weight = None if weight is None else weight[known]
    stems = ("_cd_min", "_cd_max", "_cd_gaps", "_cd_pairweight", "_cd_variance")
    sums = {stem: np.full(len(sizes), np.nan) for stem in stems}
    for groups, where in blocks(sizes):
        placed = x[where]
        if weight is None:
            found = _unweighted(np.sort(placed, axis=1))
        else:
            order = np.argsort(placed, axis=1, kind="stable")
            where = np.take_along_axis(where, order, axis=1)
            found = _weighted(x[where], weight[where])
        for stem, value in zip(stems, found, strict=True):
            sums[stem][groups] = value
    return {**sums, "_cd_n": sizes}


def _unweighted(x: FloatArray) -> tuple[FloatArray, ...]:
    n = x.shape[1]
    below = np.arange(1, n)
    gaps = (np.diff(x, axis=1) * (below * (n - below))).sum(axis=1)
    pairs = np.full(len(x), n * (n - 1) / 2)
    spread = np.square(x - x.mean(axis=1, keepdims=True)).mean(axis=1)
    return x[:, 0], x[:, -1], gaps, pairs, spread


def _weighted(x: FloatArray, weight: FloatArray) -> tuple[FloatArray, ...]:
    top = weight.max(axis=1, keepdims=True)
    # Products of huge weights would overflow; only their ratios matter.
    weight = np.divide(weight, top, out=np.zeros_like(weight), where=top > 0)
    below = np.cumsum(weight, axis=1)[:, :-1]
    above = np.cumsum(weight[:, ::-1], axis=1)[:, -2::-1]
    gaps = (np.diff(x, axis=1) * below * above).sum(axis=1)
    pairs = (weight[:, 1:] * below).sum(axis=1)
    total = weight.sum(axis=1)
    share = np.divide(weight, total[:, np.newaxis], out=np.full_like(weight, np.nan), where=top > 0)
    mean = (share * x).sum(axis=1, keepdims=True)
    return x[:, 0], x[:, -1], gaps, pairs, (share * np.square(x - mean)).sum(axis=1)


def _pairs_compared(code: IntArray, known: BoolArray, sizes: IntArray) -> IntArray:
    """Return the number of pairs of each group that have a known dimension in common.

    Members with the same dimensions known are alike for this, so only the patterns of what is
    known are compared with each other, and only in groups where something is missing.
    """
    result = sizes * (sizes - 1) // 2
    incomplete = np.zeros(len(sizes), dtype=bool)
    incomplete[code[~known.all(axis=1)]] = True
    rows = incomplete[code]
    code, known = code[rows], known[rows]
    pattern = np.zeros(len(code), dtype=np.int64)
    for column in known.T:
        _, pattern = np.unique(2 * pattern + column, return_inverse=True)
    number = int(pattern.max(initial=0)) + 1
    of_pattern = np.zeros((number, known.shape[1]), dtype=np.float32)
    of_pattern[pattern] = known
    combined, count = np.unique(code * number + pattern, return_counts=True)
    group, pattern = np.divmod(combined, number)
    for groups, where in blocks(np.bincount(group, minlength=len(sizes))):
        shape = of_pattern[pattern[where]]
        common = shape @ shape.swapaxes(1, 2) > 0
        n = count[where].astype(np.float64)
        ordered = (common * n[:, :, np.newaxis] * n[:, np.newaxis, :]).sum(axis=(1, 2))
        alone = (n * shape.any(axis=2)).sum(axis=1)
        result[groups] = np.rint((ordered - alone) / 2).astype(np.int64)
    return result
