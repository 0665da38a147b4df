"""The columns that `overlap` returns, from the sums over each group's pairs."""

from __future__ import annotations

from functools import reduce
from operator import add, and_

import narwhals.stable.v2 as nw

from coalitiondata.measures._frames import Frame, count_true


def overlap_columns(
    groups: Frame, *, keys: list[str], dimensions: list[str], widths: list[float], skipna: bool
) -> Frame:
    """Return one row per group with all columns of the result.

    `widths` are those of the dimensions' scales. `groups` has `n_members`, `_cd_bad` and
    `_cd_missing` (rows with an impossible number, without weight), `_cd_pairs` (pairs compared) and
    for every dimension k `_cd_n`k (known positions), `_cd_min`k and `_cd_max`k, `_cd_gaps`k and
    `_cd_pairweight`k (weighted sums over pairs of their distance and of 1) and `_cd_variance`k.
    """
    each = range(len(dimensions))
    ranges = [nw.col(f"_cd_max{k}") - nw.col(f"_cd_min{k}") for k in each]
    valid = nw.col("_cd_bad") == 0
    weighted = valid & (nw.col("_cd_missing") == 0)
    # Ranges are null where no position is known, and an unknown range breaks no rule.
    within = reduce(
        and_,
        (
            spread.fill_null(0.0) / width <= 1 + 1e-12
            for spread, width in zip(ranges, widths, strict=True)
        ),
    )
    columns: list[nw.Expr] = []
    for k, name in enumerate(dimensions):
        n, pairs = nw.col(f"_cd_n{k}"), nw.col(f"_cd_pairweight{k}")
        whole = valid if skipna else valid & (n == nw.col("n_members"))
        similarity = 1 - nw.col(f"_cd_gaps{k}") / pairs / widths[k]
        columns += [
            nw.when(weighted & within & (pairs > 0)).then(similarity).alias(f"similarity_{name}"),
            nw.when(whole).then(ranges[k]).alias(f"range_{name}"),
            nw.when(weighted & whole).then(nw.col(f"_cd_variance{k}")).alias(f"variance_{name}"),
            (n * (n - 1) / 2).cast(nw.Int64).alias(f"n_pairs_{name}"),
        ]
    columns.append(nw.col("_cd_pairs").cast(nw.Int64).alias("n_pairs"))
    result = groups.with_columns(*columns)
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
