"""Sums over the pairs of members of every group, for tables not at hand.

Window functions put the members of each group in the order of their positions, one order per
dimension, and everything is added up in one aggregation. Dask has none and brings whole groups
together instead.
"""

from __future__ import annotations

from functools import reduce
from itertools import combinations
from operator import add, and_, or_
from typing import Any

import narwhals.stable.v2 as nw

from coalitiondata.measures._blocks import arrange
from coalitiondata.measures._frames import (
    MEMBER,
    WEIGHT,
    Frame,
    count_true,
    is_bad,
    is_dask,
    position,
)
from coalitiondata.measures._overlap_blocks import sums_by_blocks
from coalitiondata.measures._partitions import group_by_group, row_by_row

# Dimensions whose subsets, 15 at most, are counted in the one aggregation there is anyway.
_FEW = 4


def overlap_plan(members: Frame, keys: list[str], dimensions: int, *, weighted: bool) -> Frame:
    """Return the groups with the sums that `overlap` is made of, for a table that is not at hand.

    Groups with impossible numbers are counted in `_cd_bad`.
    """
    members = row_by_row(members, _without_bad, dimensions=dimensions, weighted=weighted)
    if is_dask(members):
        return group_by_group(members, keys, _partition, dimensions=dimensions, weighted=weighted)
    return _by_windows(members, keys, dimensions, weighted)


def _partition(
    members: nw.DataFrame[Any], *, keys: list[str], dimensions: int, weighted: bool
) -> nw.DataFrame[Any]:
    return sums_by_blocks(arrange(members, keys), dimensions, weighted=weighted)


def _without_bad(members: Frame, *, dimensions: int, weighted: bool) -> Frame:
    """Mark rows with an impossible number in `_cd_bad` and make such numbers null.

    Engines stop with errors of their own at infinite numbers. `_cd_missing` marks rows that had no
    weight to begin with.
    """
    x = [nw.col(position(k)) for k in range(dimensions)]
    bad = reduce(or_, (is_bad(column) for column in x))
    columns = [
        nw.when(column.is_finite()).then(column).alias(position(k)) for k, column in enumerate(x)
    ]
    missing = nw.lit(0)
    if weighted:
        weight = nw.col(WEIGHT)
        bad = bad | is_bad(weight) | (~weight.is_null() & (weight < 0))
        missing = count_true(weight.is_null())
        columns.append(nw.when(weight.is_finite() & (weight >= 0)).then(weight).alias(WEIGHT))
    return members.with_columns(
        count_true(bad).alias("_cd_bad"), missing.alias("_cd_missing"), *columns
    )


def _by_windows(members: Frame, keys: list[str], dimensions: int, weighted: bool) -> Frame:
    each = range(dimensions)
    if weighted:
        rows, terms = _weighted_terms(members, keys, dimensions)
    else:
        rows, terms = _unweighted_terms(members, keys, dimensions)
    x = [nw.col(position(k)) for k in each]
    if dimensions <= _FEW:
        for some in _subsets(dimensions):
            if len(some) > 1:
                known = reduce(and_, (~x[k].is_null() for k in some))
                terms[_count_of(some)] = count_true(known)
    rows = rows.with_columns(term.alias(name) for name, term in terms.items())
    plain = [] if weighted else [x[k].var(ddof=0).alias(f"_cd_variance{k}") for k in each]
    groups = rows.group_by(keys).agg(
        nw.len().alias("n_members"),
        nw.col("_cd_bad", "_cd_missing", *terms).sum(),
        *(x[k].count().alias(f"_cd_n{k}") for k in each),
        *(x[k].min().alias(f"_cd_min{k}") for k in each),
        *(x[k].max().alias(f"_cd_max{k}") for k in each),
        *plain,
    )
    groups = groups.with_columns(
        value.alias(name)
        for k in each
        for name, value in (_weighted_sums(k) if weighted else _unweighted_sums(k)).items()
    )
    if dimensions > _FEW:
        return groups.join(_pairs_compared(members, keys, dimensions), on=keys, how="left")
    return groups.with_columns(_by_inclusion(dimensions).alias("_cd_pairs"))


def _unweighted_terms(
    members: Frame, keys: list[str], dimensions: int
) -> tuple[Frame, dict[str, nw.Expr]]:
    columns: list[nw.Expr] = []
    terms: dict[str, nw.Expr] = {}
    for k in range(dimensions):
        x, rank, above = nw.col(position(k)), nw.col(f"_cd_rank{k}"), nw.col(f"_cd_above{k}")
        columns += [
            # Counted from the lowest position, sums stay within the width of the scale.
            (x - x.min().over(*keys)).alias(f"_cd_above{k}"),
            # Members at one position may take their ranks in any order.
            x.rank("ordinal").over(*keys).cast(nw.Float64).alias(f"_cd_rank{k}"),
        ]
        terms |= {f"_cd_sum{k}": above, f"_cd_ranked{k}": above * rank}
    return members.with_columns(*columns), terms


def _unweighted_sums(k: int) -> dict[str, nw.Expr]:
    # Positions in ascending order add up with weights 2 r - n - 1 to the sum of gaps over pairs.
    total, ranked = nw.col(f"_cd_sum{k}"), nw.col(f"_cd_ranked{k}")
    n = nw.col(f"_cd_n{k}").cast(nw.Float64)
    gaps = 2 * ranked - (n + 1) * total
    return {
        f"_cd_gaps{k}": nw.when(gaps > 0).then(gaps).otherwise(nw.lit(0.0)),
        f"_cd_pairweight{k}": n * (n - 1) / 2,
    }


def _weighted_terms(
    members: Frame, keys: list[str], dimensions: int
) -> tuple[Frame, dict[str, nw.Expr]]:
    each = range(dimensions)
    x = [nw.col(position(k)) for k in each]
    u = [nw.col(f"_cd_u{k}") for k in each]
    # Products of huge weights would overflow, so weights are taken relative to the largest one with
    # a position. A unit of 2^24 lets sums of the largest floats stay finite. The means only serve
    # to centre the squares of the variance.
    part = nw.col(WEIGHT) / 2.0**24
    groups = (
        members.with_columns(
            *((part * x[k]).alias(f"_cd_moment{k}") for k in each),
            *(nw.when(~x[k].is_null()).then(part).alias(f"_cd_held{k}") for k in each),
        )
        .group_by(keys)
        .agg(
            *(nw.col(f"_cd_held{k}").max().alias(f"_cd_top{k}") for k in each),
            nw.col(*(f"_cd_{stem}{k}" for k in each for stem in ("moment", "held"))).sum(),
        )
    )
    centres = (
        nw.when(nw.col(f"_cd_held{k}") > 0)
        .then(nw.col(f"_cd_moment{k}") / nw.col(f"_cd_held{k}"))
        .alias(f"_cd_centre{k}")
        for k in each
    )
    tops = [f"_cd_top{k}" for k in each]
    rows = members.join(groups.select(*keys, *tops, *centres), on=keys, how="left")
    rows = rows.with_columns(
        # Nothing is known of a member without a position: it has no part in the sums.
        nw.when(~x[k].is_null() & (nw.col(tops[k]) > 0))
        .then(part / nw.col(tops[k]))
        .otherwise(nw.lit(0.0))
        .fill_null(0.0)
        .alias(f"_cd_u{k}")
        for k in each
    )
    # Members at one position are put in the order of their names, so that every running sum below
    # walks through them alike.
    orders = [[position(k), MEMBER] for k in each]
    rows = rows.with_columns(
        *(u[k].cum_sum().over(*keys, order_by=orders[k]).alias(f"_cd_upto{k}") for k in each),
        *(
            u[k].cum_sum(reverse=True).over(*keys, order_by=orders[k]).alias(f"_cd_above{k}")
            for k in each
        ),
    )
    rows = rows.with_columns(
        *(
            (x[k] - x[k].shift(1).over(*keys, order_by=orders[k])).alias(f"_cd_gap{k}")
            for k in each
        ),
        *(
            nw.col(f"_cd_upto{k}").shift(1).over(*keys, order_by=orders[k]).alias(f"_cd_below{k}")
            for k in each
        ),
    )
    terms: dict[str, nw.Expr] = {}
    for k in each:
        below, deviation = nw.col(f"_cd_below{k}"), x[k] - nw.col(f"_cd_centre{k}")
        terms |= {
            f"_cd_gaps{k}": nw.col(f"_cd_gap{k}") * below * nw.col(f"_cd_above{k}"),
            f"_cd_pairweight{k}": u[k] * below,
            f"_cd_weight{k}": u[k],
            f"_cd_square{k}": u[k] * deviation * deviation,
        }
    return rows, terms


def _weighted_sums(k: int) -> dict[str, nw.Expr]:
    weight = nw.col(f"_cd_weight{k}")
    return {f"_cd_variance{k}": nw.when(weight > 0).then(nw.col(f"_cd_square{k}") / weight)}


def _subsets(dimensions: int) -> list[tuple[int, ...]]:
    return [s for n in range(1, dimensions + 1) for s in combinations(range(dimensions), n)]


def _count_of(some: tuple[int, ...]) -> str:
    """Return the name of the column that counts members with all of some dimensions known."""
    return "_cd_n" + "_".join(map(str, some))


def _by_inclusion(dimensions: int) -> nw.Expr:
    """Return how many pairs have a known dimension in common, by inclusion and exclusion."""
    signed: list[nw.Expr] = [
        (-1) ** (len(some) + 1) * nw.col(_count_of(some)) * (nw.col(_count_of(some)) - 1)
        for some in _subsets(dimensions)
    ]
    return reduce(add, signed) / 2


def _pairs_compared(members: Frame, keys: list[str], dimensions: int) -> Frame:
    """Return per group how many pairs have a known dimension in common.

    For many dimensions, where their subsets are too many to count. Members with the same dimensions
    known are alike for this, so only the patterns of what is known are joined with each other, far
    fewer than members.
    """
    flags = [f"_cd_is{k}" for k in range(dimensions)]
    patterns = (
        members.select(
            *keys,
            *(count_true(~nw.col(position(k)).is_null()).alias(f) for k, f in enumerate(flags)),
        )
        .group_by([*keys, *flags])
        .agg(nw.len().cast(nw.Int64).alias("_cd_alike"))
    )
    both = patterns.join(patterns, on=keys, how="inner", suffix="_other")
    common = reduce(add, (nw.col(f) * nw.col(f"{f}_other") for f in flags)) > 0
    same = reduce(and_, (nw.col(f) == nw.col(f"{f}_other") for f in flags))
    alike = nw.col("_cd_alike")
    # Ordered pairs, less each member with itself.
    pairs = alike * nw.col("_cd_alike_other") - nw.when(same).then(alike).otherwise(nw.lit(0))
    counted = both.with_columns(nw.when(common).then(pairs).otherwise(nw.lit(0)).alias("_cd_pairs"))
    sums = counted.group_by(keys).agg(nw.col("_cd_pairs").sum())
    return sums.with_columns((nw.col("_cd_pairs") / 2).alias("_cd_pairs"))
