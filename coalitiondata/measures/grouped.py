"""The measures of power and interests for all groups of a table at once.

Both functions take a table of any kind that narwhals knows and return the kind they were given.
Eager tables (pandas, polars, pyarrow) come back computed and sorted by group. Lazy ones (DuckDB,
polars LazyFrame, Ibis, Dask, Spark) come back as a plan, unsorted; nothing is executed before the
caller asks. The cost grows with the rows, n log n at most, whatever the sizes of the groups. On
Dask all but hhi, effective_number and top_share bring the members of each group together in one
partition.

Values that break a rule (negative weights and the like) raise InvalidDataError for eager tables.
A lazy table is not read for that: a group with such a value gets null for its measures.
Rows without a value in a grouping column belong to no group and are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, cast

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from coalitiondata.errors import InvalidDataError, UnknownNameError
from coalitiondata.measures._arrays import to_scales
from coalitiondata.measures._blocks import arrange
from coalitiondata.measures._frames import (
    MEMBER,
    WEIGHT,
    Frame,
    as_names,
    check_columns,
    check_output,
    check_rows,
    floats,
    is_bad,
    is_eager,
    open_frame,
    position,
)
from coalitiondata.measures._overlap_blocks import check_distinct, sums_by_blocks
from coalitiondata.measures._overlap_columns import overlap_columns
from coalitiondata.measures._overlap_plan import overlap_plan
from coalitiondata.measures._partitions import row_by_row
from coalitiondata.measures._power_plan import concentration_at_hand, concentration_plan

MEASURES = (
    "hhi",
    "normalized_hhi",
    "effective_number",
    "top_share",
    "leader_margin",
    "gini",
    "entropy",
    "con",
)


def concentration(
    frame: IntoFrameT,
    by: str | Sequence[str],
    weight: str,
    measures: Sequence[str] = ("hhi",),
    *,
    skipna: bool = False,
) -> IntoFrameT:
    """Power concentration of every group of a table with one row per member.

    Returns one row per group: the columns of `by`, `n_members` (rows), `n_missing` (rows without
    a weight) and one column per name in `measures`, any of "hhi", "normalized_hhi",
    "effective_number", "top_share", "leader_margin", "gini", "entropy" (nats) and "con". Each
    equals the function of that name in this package applied to the group's weights; formulas,
    ranges and sources stand there.

    `weight` is a numeric column in any unit. As there, a group with a missing weight gets null
    unless `skipna=True` leaves such members out, and so does a group whose weights are all zero.
    Sums of weights stay exact to rounding from 1e-300 to 1e300 (and over sixteen million members of
    the largest float).

    Raises UnknownNameError for unknown columns or measures; InvalidDataError for a column that is
    not numeric and, in eager tables, for negative or infinite weights.
    """
    function = "concentration"
    keys, wanted = _keys(by), as_names(measures)
    for name in wanted:
        if name not in MEASURES:
            raise UnknownNameError(
                f"{function}: no measure {name!r}; the measures are {', '.join(MEASURES)}"
            )
    table = open_frame(frame, function=function)
    check_columns(table, [*keys, weight], numeric=[weight], function=function)
    check_output(keys, ["n_members", "n_missing", *wanted], function=function)

    columns = [floats(weight).alias(WEIGHT)]
    members = row_by_row(table.select(*keys, weight), _members, keys=keys, columns=columns)
    if is_eager(members):
        at_hand = cast("nw.DataFrame[Any]", members)
        groups = cast("Frame", concentration_at_hand(at_hand, keys, wanted, skipna=skipna))
        _check_weights(members, groups, keys, weight)
    else:
        groups = concentration_plan(members, keys, wanted, skipna=skipna)
    result = groups.select(*keys, "n_members", "n_missing", *wanted)
    return cast("IntoFrameT", result.to_native())


def _check_weights(members: Frame, groups: Frame, keys: list[str], weight: str) -> None:
    # The extremes of the groups tell whether there is anything to look for among the rows.
    low, high = nw.col("_cd_low"), nw.col("_cd_high")
    bad = cast("nw.DataFrame[Any]", groups).filter((low < 0) | ~high.is_finite())
    if len(bad):
        check_rows(
            members,
            is_bad(nw.col(WEIGHT)) | (nw.col(WEIGHT) < 0),
            {key: key for key in keys} | {WEIGHT: weight},
            function="concentration",
            rule="weights must be finite and not negative",
        )


def overlap(
    frame: IntoFrameT,
    by: str | Sequence[str],
    member: str,
    positions: Sequence[str],
    *,
    scale: float | Sequence[float] = 10,
    weights: str | None = None,
    skipna: bool = False,
) -> IntoFrameT:
    """Interest overlap of every group of a table with one row per member.

    Returns one row per group: the columns of `by`, `n_members` (rows), `n_pairs` (pairs of members
    compared on at least one dimension), `depth` (as the function of that name), and for every
    dimension d in `positions`: `similarity_d` (mean over pairs of 1 - |x_i - x_j| / scale),
    `range_d`, `variance_d` (as `ideological_range`, `ideological_variance`) and `n_pairs_d`.
    Comparing `similarity_d` with the usual similarity gives `breadth`.

    `member` identifies the members of a group, each on one row. `positions` are numeric columns on
    scales of width `scale` (one for all, or one per dimension). `weights`, a numeric column, makes
    pairs weigh w_i * w_j and weights the variance. Missing values as in the scalar functions: a
    pair with a missing position is left out of that dimension; a missing position gives null for
    range and variance unless `skipna=True`; a missing weight gives null for all but range.
    Members are put in order rather than compared pair by pair.

    Raises UnknownNameError for unknown columns; InvalidDataError for columns that are not numeric
    and, in eager tables, for missing or repeated members, infinite positions, negative or infinite
    weights and positions further apart than the scale is wide.
    """
    function = "overlap"
    keys, dimensions = _keys(by), as_names(positions)
    if not dimensions:
        raise InvalidDataError(f"{function}: positions is empty; name at least one column")
    table = open_frame(frame, function=function)
    numeric = [*dimensions, *([weights] if weights is not None else [])]
    check_columns(table, [*keys, member, *numeric], numeric=numeric, function=function)
    widths = [float(width) for width in to_scales(scale, len(dimensions), function=function)]
    produced = ["n_members", "n_pairs", "depth"] + [
        f"{stem}_{name}"
        for stem in ("similarity", "range", "variance", "n_pairs")
        for name in dimensions
    ]
    check_output(keys, produced, function=function)

    weighted = weights is not None
    finish = partial(
        overlap_columns, keys=keys, dimensions=dimensions, widths=widths, skipna=skipna
    )
    columns = [nw.col(member).alias(MEMBER)]
    columns += [floats(name).alias(position(k)) for k, name in enumerate(dimensions)]
    if weights is not None:
        columns.append(floats(weights).alias(WEIGHT))
    table = table.select(*keys, member, *numeric)
    members = row_by_row(table, _members, keys=keys, columns=columns)
    if is_eager(members):
        shown = {key: key for key in keys} | {MEMBER: member}
        _check_members(members, shown, dimensions, weights)
        table_by_group = arrange(cast("nw.DataFrame[Any]", members), keys)
        check_distinct(table_by_group, keys, shown)
        sums = sums_by_blocks(table_by_group, len(dimensions), weighted=weighted)
        groups = cast("Frame", sums)
        _check_ranges(groups, keys, dimensions, widths)
        groups = finish(groups)
    else:
        groups = overlap_plan(members, keys, len(dimensions), weighted=weighted)
        groups = row_by_row(groups, finish)
    return cast("IntoFrameT", groups.to_native())


def _check_members(
    members: Frame, shown: dict[str, str], dimensions: list[str], weights: str | None
) -> None:
    function = "overlap"
    check_rows(
        members,
        nw.col(MEMBER).is_null(),
        shown,
        function=function,
        rule="the member is missing; every row needs one",
    )
    for k, name in enumerate(dimensions):
        check_rows(
            members,
            is_bad(nw.col(position(k))),
            shown | {position(k): name},
            function=function,
            rule="positions must be finite",
        )
    if weights is not None:
        check_rows(
            members,
            is_bad(nw.col(WEIGHT)) | (nw.col(WEIGHT) < 0),
            shown | {WEIGHT: weights},
            function=function,
            rule="weights must be finite and not negative",
        )


def _check_ranges(
    groups: Frame, keys: list[str], dimensions: list[str], widths: list[float]
) -> None:
    for k, (name, width) in enumerate(zip(dimensions, widths, strict=True)):
        spread = (nw.col(f"_cd_max{k}") - nw.col(f"_cd_min{k}")).alias("_cd_range")
        check_rows(
            groups.select(*keys, spread),
            nw.col("_cd_range") / width > 1 + 1e-12,
            {key: key for key in keys} | {"_cd_range": f"range of {name}"},
            function="overlap",
            rule=f"more than the scale's width {width:g}; correct the position or scale",
        )


def _keys(by: str | Sequence[str]) -> list[str]:
    keys = as_names(by)
    if not keys:
        raise InvalidDataError("by is empty; name at least one grouping column")
    return keys


def _members(table: Frame, *, keys: list[str], columns: list[nw.Expr]) -> Frame:
    return table.drop_nulls(subset=keys).select(*keys, *columns)
