"""Concentration of all groups as a plan of aggregations, the same for every engine.

One aggregation of the rows gives all that rests on sums of weights and of their squares. Measures
that need every member's share take the totals from windows; tables at hand and Dask bring the
members of a group together instead.
"""

from __future__ import annotations

from typing import Any, cast

import narwhals.stable.v2 as nw

from coalitiondata.measures._frames import WEIGHT, Frame, count_true, is_dask
from coalitiondata.measures._partitions import group_by_group, row_by_row
from coalitiondata.measures._power_blocks import concentration_by_blocks

_NEED_SHARES = {"normalized_hhi", "con", "entropy", "leader_margin", "gini"}

# Squares of weights beyond 1e154 overflow and below 1e-162 vanish, so squares of large, middling
# and small weights are summed apart, each in a unit of its own (Blue 1978, ACM Transactions on
# Mathematical Software 4: 15-23). Powers of two as units cost no digit. Sums of weights
# are kept in units of 2^24: sixteen million members with the largest float still add up.
_LARGE, _SMALL, _UNIT, _SUM_UNIT = 2.0**400, 2.0**-400, 2.0**600, 2.0**24
_SQUARES = ["_cd_squares", "_cd_large", "_cd_small"]


def concentration_at_hand(
    members: nw.DataFrame[Any], keys: list[str], wanted: list[str], *, skipna: bool
) -> nw.DataFrame[Any]:
    """Return the groups as `concentration_plan` does, sorted."""
    if not _NEED_SHARES & set(wanted):
        squares = (nw.col(WEIGHT) * nw.col(WEIGHT)).alias("_cd_squares")
        rows = cast("Frame", members.with_columns(squares))
        sums = _sums(rows, keys, WEIGHT, ["_cd_squares"])
        high = cast("nw.DataFrame[Any]", sums)["_cd_high"]
        # Weights of an unusual size are rare, and only tables at hand can be looked at for them.
        if not ((high > _LARGE) | ((high > 0) & (high < _SMALL))).any():
            measured = _measured(sums, keys=keys, wanted=wanted, skipna=skipna, plain=True)
            return cast("nw.DataFrame[Any]", measured).sort(*keys)
    return concentration_by_blocks(members, keys, wanted, skipna=skipna)


def concentration_plan(
    members: Frame, keys: list[str], wanted: list[str], *, skipna: bool
) -> Frame:
    """Return per group `n_members`, `n_missing`, `_cd_low`, `_cd_high` and the `wanted` measures.

    `members` has the grouping columns and WEIGHT. A group gets null measures if a weight breaks the
    rules, is missing without `skipna`, or if all are zero.
    """
    shares_needed = bool(_NEED_SHARES & set(wanted))
    if shares_needed and is_dask(members):
        by_blocks = concentration_by_blocks
        return group_by_group(members, keys, by_blocks, wanted=wanted, skipna=skipna)
    squares = bool({"hhi", "effective_number"} & set(wanted))
    members = row_by_row(members, _with_units, squares=squares)
    sums = _SQUARES if squares else []
    if shares_needed:
        members, of_shares = _with_shares(members, keys, wanted)
        sums = [*sums, *of_shares]
    groups = _sums(members, keys, "_cd_part", sums)
    return row_by_row(groups, _measured, keys=keys, wanted=wanted, skipna=skipna, plain=False)


def _defined(skipna: bool) -> nw.Expr:
    # Null extremes, where no weight is known, leave the condition null or false.
    high = nw.col("_cd_high")
    defined = (nw.col("_cd_low") >= 0) & high.is_finite() & (high > 0)
    return defined if skipna else defined & (nw.col("n_members") == nw.col("_cd_known"))


def _measured(
    groups: Frame, *, keys: list[str], wanted: list[str], skipna: bool, plain: bool
) -> Frame:
    formulas = _plain_formulas() if plain else _formulas()
    return groups.select(
        *keys,
        nw.col("n_members").cast(nw.Int64),
        (nw.col("n_members") - nw.col("_cd_known")).cast(nw.Int64).alias("n_missing"),
        "_cd_low",
        "_cd_high",
        *(nw.when(_defined(skipna)).then(formulas[name]).alias(name) for name in wanted),
    )


def _with_units(members: Frame, *, squares: bool) -> Frame:
    """Add the weights, and their squares by size, in units that hold the largest and smallest."""
    weight, zero = nw.col(WEIGHT), nw.lit(0.0)
    columns = [(weight / _SUM_UNIT).alias("_cd_part")]
    if squares:
        large, small = weight / _UNIT, weight * _UNIT
        middling = (weight <= _LARGE) & (weight >= _SMALL)
        columns += [
            nw.when(middling).then(weight * weight).otherwise(zero).alias("_cd_squares"),
            nw.when(weight > _LARGE).then(large * large).otherwise(zero).alias("_cd_large"),
            nw.when(weight < _SMALL).then(small * small).otherwise(zero).alias("_cd_small"),
        ]
    return members.with_columns(*columns)


def _with_shares(members: Frame, keys: list[str], wanted: list[str]) -> tuple[Frame, list[str]]:
    """Add what the measures take from each member's share; return the names of what to add up."""
    part, share, n = nw.col("_cd_part"), nw.col("_cd_share"), nw.col("_cd_n")
    total, top = nw.col("_cd_sum"), nw.col("_cd_top")
    windows = [part.sum().over(*keys).alias("_cd_sum"), part.count().over(*keys).alias("_cd_n")]
    columns: dict[str, nw.Expr] = {}
    if {"normalized_hhi", "con"} & set(wanted):
        excess = nw.when(~share.is_null()).then(share - 1 / n)
        columns["_cd_excess"] = excess * excess
    if "entropy" in wanted:
        # 1 ln 1 = 0 stands in for 0 ln 0, so that no logarithm of zero is ever taken.
        held = nw.when(share > 0).then(share).otherwise(nw.lit(1.0))
        columns["_cd_log"] = held * held.log()
    if "leader_margin" in wanted:
        windows.append(part.max().over(*keys).alias("_cd_top"))
        columns["_cd_leaders"] = count_true(part == top)
    if "gini" in wanted:
        # s_(1) to s_(n) in ascending order add up with weights 2 r - n - 1 to the sum of
        # |s_i - s_j| over pairs. Equal shares may take their ranks in any order.
        windows.append(part.rank("ordinal").over(*keys).cast(nw.Float64).alias("_cd_rank"))
        columns["_cd_gaps"] = share * (2 * nw.col("_cd_rank") - n - 1)
    rows = members.with_columns(*windows)
    rows = rows.with_columns(nw.when(total > 0).then(part / total).alias("_cd_share"))
    rows = rows.with_columns(value.alias(name) for name, value in columns.items())
    if "leader_margin" in wanted:
        rows = rows.with_columns(nw.when(part < top).then(part).alias("_cd_second"))
    return rows, list(columns)


def _sums(members: Frame, keys: list[str], part: str, sums: list[str]) -> Frame:
    second = ["_cd_second"] if "_cd_leaders" in sums else []
    return members.group_by(keys).agg(
        nw.len().alias("n_members"),
        nw.col(WEIGHT).count().alias("_cd_known"),
        nw.col(part).sum().alias("_cd_total"),
        *(nw.col(name).sum() for name in sums),
        *(nw.col(name).max() for name in second),
        nw.col(part).max().alias("_cd_high"),
        nw.col(part).min().alias("_cd_low"),
    )


def _plain_formulas() -> dict[str, nw.Expr]:
    """Return the measures that need no shares, from sums without units."""
    total, squares = nw.col("_cd_total"), nw.col("_cd_squares")
    return {
        "hhi": squares / (total * total),
        "effective_number": total * total / squares,
        "top_share": nw.col("_cd_high") / total,
    }


def _formulas() -> dict[str, nw.Expr]:
    """Return each measure as an expression of the aggregated columns."""
    total, high, n = nw.col("_cd_total"), nw.col("_cd_high"), nw.col("_cd_known")
    squares, large, small = nw.col("_cd_squares"), nw.col("_cd_large"), nw.col("_cd_small")
    as_large = total * (_SUM_UNIT / _UNIT)
    as_small = total * (_SUM_UNIT * _UNIT)
    plain = total * _SUM_UNIT
    hhi = (
        nw.when(high > _LARGE / _SUM_UNIT)
        .then((large + squares / _UNIT / _UNIT) / as_large / as_large)
        .otherwise(
            nw.when(high < _SMALL / _SUM_UNIT)
            .then(small / as_small / as_small)
            .otherwise((squares + small / _UNIT / _UNIT) / plain / plain)
        )
    )
    excess = nw.when(n > 1).then(nw.col("_cd_excess") / (1 - 1 / n))
    normalized = nw.when(excess > 1).then(nw.lit(1.0)).otherwise(excess)
    alone = nw.col("_cd_leaders") == 1
    second = nw.when(alone).then(nw.col("_cd_second").fill_null(0.0)).otherwise(high)
    disorder = nw.col("_cd_log")
    return {
        "hhi": hhi,
        "normalized_hhi": normalized,
        "effective_number": 1 / hhi,
        "top_share": high / total,
        "leader_margin": (high - second) / total,
        "gini": nw.when(nw.col("_cd_gaps") > 0).then(nw.col("_cd_gaps") / n).otherwise(nw.lit(0.0)),
        "entropy": nw.when(disorder < 0).then(-disorder).otherwise(nw.lit(0.0)),
        "con": normalized.sqrt(),
    }
