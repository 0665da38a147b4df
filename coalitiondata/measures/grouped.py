"""The measures of power and interests for all groups of a table at once.

Both functions take a table of any kind that narwhals knows and return the kind they were given.
Eager tables (pandas, polars, pyarrow) come back computed and sorted by group. Lazy ones (DuckDB,
polars LazyFrame, Ibis, Dask, Spark) come back as a plan of joins and aggregations, unsorted;
nothing is executed before the caller asks.

Values that break a rule (negative weights and the like) raise InvalidDataError for eager tables.
A lazy table is not read for that: a group with such a value gets null for its measures.
Rows without a value in a grouping column belong to no group and are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add, and_, or_
from typing import cast

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from coalitiondata.errors import InvalidDataError, UnknownNameError
from coalitiondata.measures._arrays import to_scales
from coalitiondata.measures._frames import (
    Frame,
    as_names,
    check_columns,
    check_output,
    check_rows,
    count_true,
    floats,
    is_eager,
    open_frame,
)

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

# Names of helper columns; the prefix keeps them apart from the user's grouping columns.
_W, _S, _N, _MISSING, _BAD, _TOP = (
    "_cd_weight",
    "_cd_share",
    "_cd_known",
    "_cd_missing",
    "_cd_bad",
    "_cd_top",
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
    "gini" compares all pairs of a group, so its cost grows with the square of the largest group.

    Raises UnknownNameError for unknown columns or measures; InvalidDataError for a column that is
    not numeric and, in eager tables, for negative or infinite weights.
    """
    function = "concentration"
    keys, wanted = as_names(by), as_names(measures)
    for name in wanted:
        if name not in MEASURES:
            raise UnknownNameError(
                f"{function}: no measure {name!r}; the measures are {', '.join(MEASURES)}"
            )
    table = open_frame(frame, function=function)
    check_columns(table, [*keys, weight], numeric=[weight], function=function)
    check_output(keys, ["n_members", "n_missing", *wanted], function=function)

    bad = ~nw.col(_W).is_null() & ((nw.col(_W) < 0) | ~nw.col(_W).is_finite())
    members = _with_keys(table, keys).select(*keys, floats(weight).alias(_W))
    check_rows(
        members,
        bad,
        {key: key for key in keys} | {_W: weight},
        function=function,
        rule="weights must be finite and not negative",
    )
    members = members.with_columns(
        count_true(nw.col(_W).is_null()).alias(_MISSING),
        count_true(bad).alias(_BAD),
        nw.col(_W).sum().over(keys).alias("_cd_total"),
        nw.col(_W).count().over(keys).alias(_N),
    )
    members = members.with_columns(
        nw.when(nw.col("_cd_total") > 0).then(nw.col(_W) / nw.col("_cd_total")).alias(_S)
    )
    members = members.with_columns(nw.col(_S).max().over(keys).alias(_TOP))
    # 1 ln 1 = 0 stands in for 0 ln 0, so that no logarithm of zero is ever taken.
    held = nw.when(nw.col(_S) > 0).then(nw.col(_S)).otherwise(nw.lit(1.0))
    members = members.with_columns(
        (nw.col(_S) * nw.col(_S)).alias("_cd_square"),
        ((nw.col(_S) - 1 / nw.col(_N)) * (nw.col(_S) - 1 / nw.col(_N))).alias("_cd_excess"),
        (held * held.log()).alias("_cd_log"),
        nw.when(nw.col(_S) < nw.col(_TOP)).then(nw.col(_S)).alias("_cd_second"),
        count_true(nw.col(_S) == nw.col(_TOP)).alias("_cd_leaders"),
    )
    groups = members.group_by(keys).agg(
        nw.len().alias("n_members"),
        nw.col(_MISSING).sum().alias("n_missing"),
        nw.col(_BAD, "_cd_square", "_cd_excess", "_cd_log", "_cd_leaders").sum(),
        nw.col(_N, _TOP, "_cd_second").max(),
    )
    if "gini" in wanted:
        groups = groups.join(_pairwise_gaps(members, keys), on=keys, how="left")

    defined = (nw.col(_BAD) == 0) & (nw.col(_TOP) > 0)
    if not skipna:
        defined = defined & (nw.col("n_missing") == 0)
    formulas = _formulas()
    result = groups.select(
        *keys,
        nw.col("n_members", "n_missing").cast(nw.Int64),
        *(nw.when(defined).then(formulas[name]).alias(name) for name in wanted),
    )
    return cast("IntoFrameT", _sorted(result, keys).to_native())


def _formulas() -> dict[str, nw.Expr]:
    """Return each measure as an expression of the aggregated columns."""
    square, n, top = nw.col("_cd_square"), nw.col(_N), nw.col(_TOP)
    excess = nw.when(n > 1).then(nw.col("_cd_excess") / (1 - 1 / n))
    normalized = nw.when(excess > 1).then(nw.lit(1.0)).otherwise(excess)
    alone = nw.col("_cd_leaders") == 1
    second = nw.when(alone).then(nw.col("_cd_second").fill_null(0.0)).otherwise(top)
    disorder = nw.col("_cd_log")
    return {
        "hhi": square,
        "normalized_hhi": normalized,
        "effective_number": 1 / square,
        "top_share": top,
        "leader_margin": top - second,
        "gini": nw.col("_cd_gaps") / (2 * n),
        "entropy": nw.when(disorder < 0).then(-disorder).otherwise(nw.lit(0.0)),
        "con": normalized.sqrt(),
    }


def _pairwise_gaps(members: Frame, keys: list[str]) -> Frame:
    """Return per group the sum of |s_i - s_j| over all ordered pairs."""
    shares = members.filter(~nw.col(_S).is_null()).select(*keys, _S)
    other = f"{_S}_other"
    pairs = shares.join(shares, on=keys, how="inner", suffix="_other")
    gaps = pairs.select(*keys, (nw.col(_S) - nw.col(other)).abs().alias("_cd_gaps"))
    return gaps.group_by(keys).agg(nw.col("_cd_gaps").sum())


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
    Members are compared pair by pair, so the cost grows with the square of the largest group.

    Raises UnknownNameError for unknown columns; InvalidDataError for columns that are not numeric
    and, in eager tables, for missing or repeated members, infinite positions, negative or infinite
    weights and positions further apart than the scale is wide.
    """
    function = "overlap"
    keys, dimensions = as_names(by), as_names(positions)
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

    members = _with_keys(table, keys).select(
        *keys,
        nw.col(member).alias("_cd_member"),
        (nw.lit(1.0) if weights is None else floats(weights)).alias(_W),
        *(floats(name).alias(f"_cd_x{k}") for k, name in enumerate(dimensions)),
    )
    _check_members(members, keys, member, dimensions, weights)
    groups = _per_group(members, keys, len(dimensions)).join(
        _per_pair(members, keys, widths), on=keys, how="left"
    )
    for k, name in enumerate(dimensions):
        check_rows(
            groups,
            nw.col(f"_cd_range{k}") / widths[k] > 1 + 1e-12,
            {key: key for key in keys} | {f"_cd_range{k}": f"range of {name}"},
            function=function,
            rule=f"more than the scale's width {widths[k]:g}; correct the position or scale",
        )
    result = _overlap_columns(groups, keys, dimensions, widths, skipna=skipna)
    return cast("IntoFrameT", _sorted(result, keys).to_native())


def _check_members(
    members: Frame, keys: list[str], member: str, dimensions: list[str], weights: str | None
) -> None:
    shown = {key: key for key in keys} | {"_cd_member": member}
    function = "overlap"
    check_rows(
        members,
        nw.col("_cd_member").is_null(),
        shown,
        function=function,
        rule="the member is missing; every row needs one",
    )
    if is_eager(members):
        check_rows(
            members.group_by([*keys, "_cd_member"]).agg(nw.len().alias("_cd_rows")),
            nw.col("_cd_rows") > 1,
            shown | {"_cd_rows": "number of rows"},
            function=function,
            rule="a member may have only one row in a group",
        )
    for k, name in enumerate(dimensions):
        column = nw.col(f"_cd_x{k}")
        check_rows(
            members,
            ~column.is_null() & ~column.is_finite(),
            shown | {f"_cd_x{k}": name},
            function=function,
            rule="positions must be finite",
        )
    check_rows(
        members,
        ~nw.col(_W).is_null() & ((nw.col(_W) < 0) | ~nw.col(_W).is_finite()),
        shown | {_W: weights or ""},
        function=function,
        rule="weights must be finite and not negative",
    )


def _per_group(members: Frame, keys: list[str], dimensions: int) -> Frame:
    """Return per group the counts, ranges and weights that need no pairs."""
    xs = [nw.col(f"_cd_x{k}") for k in range(dimensions)]
    bad = ~nw.col(_W).is_null() & ((nw.col(_W) < 0) | ~nw.col(_W).is_finite())
    for x in xs:
        bad = bad | (~x.is_null() & ~x.is_finite())
    columns = members.with_columns(
        count_true(bad).alias(_BAD),
        count_true(nw.col(_W).is_null()).alias(_MISSING),
        *(count_true(x.is_null()).alias(f"_cd_missing{k}") for k, x in enumerate(xs)),
        *(nw.when(~x.is_null()).then(nw.col(_W)).alias(f"_cd_w{k}") for k, x in enumerate(xs)),
    )
    each = range(dimensions)
    return (
        columns.group_by(keys)
        .agg(
            nw.len().alias("n_members"),
            nw.col(_BAD, _MISSING).sum(),
            nw.col(*(f"_cd_missing{k}" for k in each), *(f"_cd_w{k}" for k in each)).sum(),
            *(nw.col(f"_cd_x{k}").max().alias(f"_cd_max{k}") for k in each),
            *(nw.col(f"_cd_x{k}").min().alias(f"_cd_min{k}") for k in each),
        )
        .with_columns(
            (nw.col(f"_cd_max{k}") - nw.col(f"_cd_min{k}")).alias(f"_cd_range{k}") for k in each
        )
    )


def _per_pair(members: Frame, keys: list[str], widths: list[float]) -> Frame:
    """Return per group the sums over ordered pairs, each pair counted twice.

    Ordered pairs need only `!=` of the members, which every type of identifier has.
    """
    pairs = members.join(members, on=keys, how="inner", suffix="_other").filter(
        nw.col("_cd_member") != nw.col("_cd_member_other")
    )
    weight = nw.col(_W) * nw.col(f"{_W}_other")
    columns: list[nw.Expr] = []
    compared: list[nw.Expr] = []
    sums: list[str] = []
    for k, width in enumerate(widths):
        gap = (nw.col(f"_cd_x{k}") - nw.col(f"_cd_x{k}_other")).abs()
        both = ~gap.is_null()
        compared.append(both)
        columns += [
            nw.when(both).then(weight * (1 - gap / width)).alias(f"_cd_similar{k}"),
            nw.when(both).then(weight).alias(f"_cd_pairweight{k}"),
            nw.when(both).then(weight * gap * gap).alias(f"_cd_squared{k}"),
            count_true(both).alias(f"_cd_pairs{k}"),
        ]
        sums += [f"_cd_{stem}{k}" for stem in ("similar", "pairweight", "squared", "pairs")]
    pairs = pairs.with_columns(*columns, count_true(reduce(or_, compared)).alias("_cd_pairs"))
    return pairs.group_by(keys).agg(nw.col("_cd_pairs", *sums).sum())


def _overlap_columns(
    groups: Frame, keys: list[str], dimensions: list[str], widths: list[float], *, skipna: bool
) -> Frame:
    valid = nw.col(_BAD) == 0
    weighted = valid & (nw.col(_MISSING) == 0)
    # Ranges are null where no position is known, and an unknown range breaks no rule.
    within = reduce(
        and_,
        (
            nw.col(f"_cd_range{k}").fill_null(0.0) / width <= 1 + 1e-12
            for k, width in enumerate(widths)
        ),
    )
    columns: list[nw.Expr] = []
    for k, name in enumerate(dimensions):
        whole = valid if skipna else valid & (nw.col(f"_cd_missing{k}") == 0)
        total = nw.col(f"_cd_w{k}")
        similarity = nw.col(f"_cd_similar{k}") / nw.col(f"_cd_pairweight{k}")
        judged = weighted & within & (nw.col(f"_cd_pairweight{k}") > 0)
        # Half the weighted mean of squared gaps over all ordered pairs is the variance, and
        # unlike mean square minus squared mean it loses no digits.
        variance = nw.col(f"_cd_squared{k}").fill_null(0.0) / (2 * total * total)
        columns += [
            nw.when(judged).then(similarity).alias(f"similarity_{name}"),
            nw.when(whole).then(nw.col(f"_cd_range{k}")).alias(f"range_{name}"),
            nw.when(weighted & whole & (total > 0)).then(variance).alias(f"variance_{name}"),
            _half(f"_cd_pairs{k}").alias(f"n_pairs_{name}"),
        ]
    result = groups.with_columns(*columns, _half("_cd_pairs").alias("n_pairs"))
    similarities = [nw.col(f"similarity_{name}") for name in dimensions]
    known = reduce(add, (count_true(~value.is_null()) for value in similarities))
    depth = reduce(add, (value.fill_null(0.0) for value in similarities)) / known
    return result.select(
        *keys,
        nw.col("n_members").cast(nw.Int64),
        "n_pairs",
        nw.when(known > 0).then(depth).alias("depth"),
        *(
            f"{stem}_{name}"
            for name in dimensions
            for stem in ("similarity", "range", "variance", "n_pairs")
        ),
    )


def _half(name: str) -> nw.Expr:
    """Return a count of ordered pairs as a count of pairs, 0 for groups without any."""
    return (nw.col(name).fill_null(0) / 2).cast(nw.Int64)


def _with_keys(table: Frame, keys: list[str]) -> Frame:
    if not keys:
        raise InvalidDataError("by is empty; name at least one grouping column")
    return table.drop_nulls(subset=keys)


def _sorted(result: Frame, keys: list[str]) -> Frame:
    return result.sort(*keys) if is_eager(result) else result
