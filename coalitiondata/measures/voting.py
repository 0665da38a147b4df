"""Voting power in every parliament of a table at once.

Small games with the same number of members are computed together, coalition by coalition; games
that occur several times, only once. Larger ones go one by one through the functions of `games`
and `minimal_winning`, whose docstrings hold formulas and sources.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast

import narwhals.stable.v2 as nw
import numpy as np
import numpy.typing as npt
import pandas as pd
from narwhals.stable.v2.typing import IntoDataFrameT

from coalitiondata.errors import InvalidDataError, UnknownNameError
from coalitiondata.given import number_given
from coalitiondata.measures._arrays import FloatArray
from coalitiondata.measures._enumeration import IntArray, enumerate_power
from coalitiondata.measures._frames import as_names, check_columns, floats, is_eager, open_frame
from coalitiondata.measures._game import INTEGER_ADVICE, MAX_WEIGHT
from coalitiondata.measures._keys import cells
from coalitiondata.measures.games import banzhaf, shapley_shubik
from coalitiondata.measures.minimal_winning import deegan_packel, holler_packel

_ONE_GAME: dict[str, Callable[[npt.ArrayLike, float], FloatArray]] = {
    "banzhaf": banzhaf,
    "absolute_banzhaf": partial(banzhaf, normalized=False),
    "shapley_shubik": shapley_shubik,
    "deegan_packel": deegan_packel,
    "holler_packel": holler_packel,
}
INDICES = tuple(_ONE_GAME)

# Beyond it, counting by weight takes less than listing coalitions.
_MAX_LISTED_MEMBERS = 14


def voting_power(
    frame: IntoDataFrameT,
    by: str | Sequence[str],
    weight: str,
    *,
    quota: str | float = "majority",
    indices: str | Sequence[str] = ("banzhaf",),
) -> IntoDataFrameT:
    """Voting power of every member in the parliament that it sits in.

    `frame` has one row per member and is pandas, polars or pyarrow; the rows with the same values
    in the columns `by` are one parliament and `weight` holds their seats or votes. Returns the
    same rows in the same order with a column per name in `indices`: "banzhaf" (normalised, adds up
    to 1 in each parliament), "absolute_banzhaf" (chance of deciding), "shapley_shubik",
    "deegan_packel" and "holler_packel" (public good index). Each equals the function of that name
    (`banzhaf(..., normalized=False)` for the second) applied to the parliament's weights.

    `quota` is the weight that wins: "majority" (more than half: floor(total / 2) + 1), one number
    for all parliaments, or the name of a column that holds one value per parliament.

    The values are null in the whole parliament if a weight or the quota is missing or all weights
    are 0, and in rows without a value in a grouping column, which belong to no parliament.

    Raises UnknownNameError for unknown columns, indices or rules; InvalidDataError for tables that
    are not at hand (lazy), columns that are not numeric, weights or quotas that are no whole
    numbers, negative weights, weights that add up to 2^53 or more, quotas that differ within a
    parliament, that even the empty coalition reaches or that nobody can reach, for an empty `by`,
    columns that would be replaced, and as the functions do for games too large.
    """
    keys, wanted = as_names(by), as_names(indices)
    if not isinstance(quota, str):
        quota = number_given(quota, "voting_power: quota")
    table = _open(frame, keys, weight, quota, wanted)
    group = _number_groups(table, keys)
    weights = _numbers(table, weight)
    describe = partial(_describe_row, table, keys)
    _check_weights(weights, weight, describe)

    rows = np.flatnonzero(group >= 0)
    totals: FloatArray = np.zeros(int(group.max(initial=-1)) + 1)
    np.add.at(totals, group[rows], weights[rows])
    for row in rows[totals[group[rows]] >= MAX_WEIGHT][:1]:
        raise InvalidDataError(
            f"{describe(int(row))}: weights must add up to less than 2^53; use a coarser unit"
        )
    known = totals > 0  # nan for a group with a missing weight
    if quota == "majority":
        quotas = np.floor(totals / 2) + 1
    else:
        given = _numbers(table, quota) if isinstance(quota, str) else np.full(len(group), quota)
        quotas = _quota_per_group(given, group, totals, quota, describe)
        known &= ~np.isnan(quotas)

    values = {name: np.full(len(group), np.nan) for name in wanted}
    rows = rows[known[group[rows]]]
    rows = rows[np.lexsort((-weights[rows], group[rows]))]
    for name in wanted:
        values[name][rows] = 0.0
    rows = rows[weights[rows] > 0]  # the others have no power and change nobody's
    heavy = weights[rows].astype(np.int64)
    _fill(values, rows, group[rows], heavy, np.where(known, quotas, 0).astype(np.int64), describe)
    columns = [
        nw.new_series(name, column, nw.Float64, backend=table.implementation)
        for name, column in values.items()
    ]
    return cast(
        "IntoDataFrameT",
        table.with_columns(*columns)
        .with_columns(floats(name).alias(name) for name in wanted)
        .to_native(),
    )


def _open(
    frame: Any, keys: list[str], weight: str, quota: str | float, wanted: list[str]
) -> nw.DataFrame[Any]:
    function = "voting_power"
    opened = open_frame(frame, function=function)
    if not is_eager(opened):
        raise InvalidDataError(
            f"{function}: a lazy table has no rows to count with; collect it first"
        )
    if not keys:
        raise InvalidDataError(f"{function}: by is empty; name at least one grouping column")
    for name in wanted:
        if name not in INDICES:
            raise UnknownNameError(
                f"{function}: no index {name!r}; the indices are {', '.join(INDICES)}"
            )
    numeric = [weight]
    if isinstance(quota, str) and quota != "majority":
        if quota not in opened.columns:
            raise UnknownNameError(
                f"{function}: quota {quota!r} is no column and no rule; give a number, one of the "
                f"columns {', '.join(map(str, opened.columns))}, or the rule majority"
            )
        numeric.append(quota)
    check_columns(opened, [*keys, *numeric], numeric=numeric, function=function)
    for name in wanted:
        if name in opened.columns:
            raise InvalidDataError(
                f"{function}: the table has a column {name!r}, which the result would replace; "
                "rename it"
            )
    return cast("nw.DataFrame[Any]", opened)


def _number_groups(table: nw.DataFrame[Any], keys: list[str]) -> IntArray:
    """Return the number of each row's group, -1 where a grouping column is missing."""
    group = np.zeros(len(table), dtype=np.int64)
    for key in keys:
        codes, levels = pd.factorize(cells(table, key, "voting_power"))
        missing = (group < 0) | (codes < 0)
        group, _ = pd.factorize(group * (len(levels) + 1) + codes)
        group = np.where(missing, -1, group)
    # Numbers without gaps, whatever the last key left out.
    codes, _ = pd.factorize(np.where(group < 0, np.nan, group))
    return codes.astype(np.int64)


def _numbers(table: nw.DataFrame[Any], name: str) -> FloatArray:
    return table.select(floats(name).alias(name))[name].to_numpy().astype(np.float64)


def _describe_row(table: nw.DataFrame[Any], keys: list[str], row: int, **shown: float) -> str:
    """Return the start of a message that names the row's group and the values in question."""
    where = {key: table[key][row] for key in keys} | {k: f"{v:g}" for k, v in shown.items()}
    return "voting_power: row with " + ", ".join(f"{name} {value}" for name, value in where.items())


def _check_weights(weights: FloatArray, name: str, describe: Callable[..., str]) -> None:
    rules = {
        "weights must be finite and not negative": (weights < 0) | np.isinf(weights),
        f"weights must be whole numbers; {INTEGER_ADVICE}": weights != np.floor(weights),
        "weights must be less than 2^53; use a coarser unit": weights >= MAX_WEIGHT,
    }
    for rule, broken in rules.items():
        bad = broken & ~np.isnan(weights)
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            raise InvalidDataError(f"{describe(row, **{name: weights[row]})}: {rule}")


def _quota_per_group(
    given: FloatArray,
    group: IntArray,
    totals: FloatArray,
    quota: str | float,
    describe: Callable[..., str],
) -> FloatArray:
    """Return one quota per group, nan where it is missing."""
    rows = np.flatnonzero(group >= 0)
    quotas = np.full(len(totals), np.nan)
    quotas[group[rows]] = given[rows]
    missing = np.zeros(len(totals), dtype=bool)
    missing[group[rows[np.isnan(given[rows])]]] = True
    name = quota if isinstance(quota, str) else "quota"
    expected, total = quotas[group[rows]], totals[group[rows]]
    asked = ~np.isnan(given[rows])
    rules = {
        f"a quota must be a whole number; {INTEGER_ADVICE}": given[rows] != np.floor(given[rows]),
        "a parliament can have only one quota": ~missing[group[rows]] & (given[rows] != expected),
        "with a quota below 1 even the empty coalition would win": given[rows] < 1,
        "no coalition would win, the weights add up to less": (total > 0) & (given[rows] > total),
    }
    for rule, broken in rules.items():
        bad = rows[broken & asked]
        if len(bad):
            raise InvalidDataError(f"{describe(int(bad[0]), **{name: given[bad[0]]})}: {rule}")
    quotas[missing] = np.nan
    return quotas


def _fill(
    values: dict[str, FloatArray],
    rows: IntArray,
    group: IntArray,
    weights: IntArray,
    quotas: IntArray,
    describe: Callable[..., str],
) -> None:
    """Write the indices of all games into `values`; members stand by group, heaviest first."""
    sizes = np.bincount(group, minlength=len(quotas))
    starts = np.cumsum(sizes) - sizes
    for size in np.unique(sizes[sizes > 0]):
        of_size = np.flatnonzero(sizes == size)
        places = starts[of_size, None] + np.arange(size)
        games, first, which = np.unique(
            np.column_stack([quotas[of_size], weights[places]]),
            axis=0,
            return_index=True,
            return_inverse=True,
        )
        if size <= _MAX_LISTED_MEMBERS:
            power = enumerate_power(games[:, 1:], games[:, 0], list(values))
        else:
            power = {name: np.empty((len(games), size)) for name in values}
            for at, game in enumerate(games):
                try:
                    for name in values:
                        power[name][at] = _ONE_GAME[name](game[1:], int(game[0]))
                except InvalidDataError as mistake:
                    row = int(rows[places[first[at], 0]])
                    raise InvalidDataError(f"{describe(row)}: {mistake}") from None
        for name, column in values.items():
            column[rows[places]] = power[name][which.reshape(-1)]
