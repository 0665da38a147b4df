"""Concentration of all groups of a table at hand, from the shares of their members."""

from __future__ import annotations

from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from coalitiondata.measures._arrays import FloatArray
from coalitiondata.measures._blocks import arrange, attach, blocks, sizes_of, values
from coalitiondata.measures._frames import WEIGHT


def concentration_by_blocks(
    members: nw.DataFrame[Any], keys: list[str], wanted: list[str], *, skipna: bool
) -> nw.DataFrame[Any]:
    """Return per group `n_members`, `n_missing`, `_cd_low`, `_cd_high` and the measures."""
    table = arrange(members, keys)
    weight = values(table, WEIGHT)
    known = ~np.isnan(weight)
    everyone, counted = sizes_of(table), sizes_of(table, known)
    if not known.all():
        weight = weight[known]
    result = {name: np.full(len(everyone), np.nan) for name in ("_cd_low", "_cd_high", *wanted)}
    for groups, where in blocks(counted):
        found = weight[where]
        result["_cd_low"][groups] = found.min(axis=1)
        result["_cd_high"][groups] = high = found.max(axis=1)
        measured = (result["_cd_low"][groups] >= 0) & (high > 0) & np.isfinite(high)
        if not skipna:
            measured &= counted[groups] == everyone[groups]
        for name, value in _of_matrix(found[measured], wanted).items():
            result[name][groups[measured]] = value
    return attach(table.groups, {**result, "n_missing": everyone - counted}, members[WEIGHT])


def _of_matrix(weight: FloatArray, wanted: list[str]) -> dict[str, FloatArray]:
    """Return the measures of groups of one size, a row of `weight` each.

    Formulas are those of the functions for one group in `coalitiondata.measures.power`.
    """
    n = weight.shape[1]
    # The largest weight is divided out first so that huge weights do not overflow in the sum.
    scaled = weight / weight.max(axis=1, keepdims=True)
    share = scaled / scaled.sum(axis=1, keepdims=True)
    if {"leader_margin", "gini"} & set(wanted):
        share = np.sort(share, axis=1)
    result: dict[str, FloatArray] = {}
    if {"hhi", "effective_number"} & set(wanted):
        hhi = np.square(share).sum(axis=1)
        result |= {"hhi": hhi, "effective_number": 1 / hhi}
    if {"normalized_hhi", "con"} & set(wanted) and n > 1:
        # sum (s - 1/n)^2 equals hhi - 1/n and cannot fall below zero through rounding.
        excess = np.square(share - 1 / n).sum(axis=1) / (1 - 1 / n)
        normalized = np.minimum(excess, 1.0)
        result |= {"normalized_hhi": normalized, "con": np.sqrt(normalized)}
    if "top_share" in wanted:
        result["top_share"] = share.max(axis=1)
    if "leader_margin" in wanted:
        result["leader_margin"] = share[:, -1] - (share[:, -2] if n > 1 else 0.0)
    if "entropy" in wanted:
        # 1 ln 1 = 0 stands in for 0 ln 0.
        logarithm = np.log(np.where(share > 0, share, 1.0))
        result["entropy"] = np.maximum(0.0, -(share * logarithm).sum(axis=1))
    if "gini" in wanted:
        # Gaps between neighbours in size order, each crossed by k (n - k) pairs.
        below = np.arange(1, n)
        gaps = np.diff(share, axis=1)
        result["gini"] = (gaps * (below * (n - below))).sum(axis=1) / n
    return {name: value for name, value in result.items() if name in wanted}
