"""How alike the foreign policies of all pairs of states are, period by period, from a long table.

The table has one row per tie: the obligation of a state to another in a year, the vote of a state
on a resolution. The measures are those of `similarity`; here they come for every pair at once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, cast

import narwhals.stable.v2 as nw
import numpy as np
import numpy.typing as npt
import pandas as pd
from narwhals.stable.v2.typing import IntoDataFrameT

from coalitiondata.errors import InvalidDataError, UnknownNameError
from coalitiondata.measures._agreement import (
    MAX_LEVELS,
    Distance,
    chance_corrected_of_rows,
    levels_of,
    s_of_rows,
    shared,
)
from coalitiondata.measures._arrays import FloatArray
from coalitiondata.measures._frames import (
    as_names,
    check_columns,
    check_output,
    is_eager,
    open_frame,
)
from coalitiondata.measures._keys import (
    Codes,
    Keys,
    build_frame,
    combine,
    distinct,
    encode,
    floats_of,
    places,
    separate,
)
from coalitiondata.measures._stacked import (
    Stack,
    above_diagonal,
    fill,
    lay_out,
    matrices,
    own_cells,
    pair_counts,
    pair_states,
    within,
)
from coalitiondata.measures.similarity import (
    check_distance,
    check_spread,
    scale_width,
    target_ranges,
)

SIMILARITIES = ("s", "s_squared", "scott_pi", "cohen_kappa")

_S: dict[str, Distance] = {"s": "absolute", "s_squared": "squared"}
_FUNCTION = "dyadic_similarity"


def dyadic_similarity(
    ties: IntoDataFrameT,
    *,
    by: str | Sequence[str],
    state: str,
    target: str,
    value: str,
    measures: str | Sequence[str] = ("s",),
    levels: Sequence[float] | None = None,
    max_distance: float | None = None,
    distance: Distance = "squared",
    states: Any = None,
    targets: Literal["listed", "states"] = "listed",
    default: float | None = None,
    self_tie: float | None = None,
    weights: Any = None,
    weight: str = "weight",
) -> IntoDataFrameT:
    """Similarity of the portfolios of every pair of states in every period.

    `ties` has one row per period (`by`, one column or several), `state` and `target`, with the
    tie's numeric `value`. Returns one row per period and unordered pair of states, sorted: the
    columns of `by`, `<state>_a` < `<state>_b`, `n_common` (targets on which both have a value) and
    one column per name in `measures`:

    - "s", "s_squared": `s_score` with absolute and with squared distance. They need the scale:
      `levels` (all values it has; any other value is an error) or `max_distance`.
    - "scott_pi", "cohen_kappa": the functions of these names with `distance`.

    Each equals that function applied to the two portfolios; formulas, ranges, missing-value rules
    and literature stand there. Targets without a value for either state are left out of the pair;
    a measure that is not defined is missing.

    Who and what is compared:

    - `states`, a table with the columns `by` and `state`: who belongs to the system in which
      period. Rows of `ties` by others are left out; states without any tie are kept. Without it
      the states of a period are those that it lists.
    - `targets="listed"`: the targets of a period are those on which its states have a row, such as
      the resolutions of a year. `targets="states"`: they are its states, as for alliances; ties to
      others are left out.
    - `default`: the value of a tie that has no row, for instance 0 for no alliance. Without it
      such ties are missing, as votes not cast are. A row with a missing value stays missing.
    - `self_tie`, only with `targets="states"`: the value of each state's tie to itself. The highest
      level follows Signorino and Ritter (1999, table 6), for whom a state is its own best ally;
      nan leaves a pair's own two ties out; without it they are whatever `ties` and `default` say.
    - `weights`, a table with the columns `by`, `target` and `weight`: how much a target counts in
      "s" and "s_squared", for instance CINC. A period in which the weight of any target is not
      known has no S. The chance-corrected measures have no weights.

    Works on eager tables (pandas, polars, pyarrow) and returns the kind it was given. The
    portfolios of all periods are held at once, eight bytes per state, target and period.

    Raises UnknownNameError for unknown columns and measures; InvalidDataError for repeated rows,
    keys that are missing or of different types, values that are infinite or off the scale,
    negative weights, options that contradict each other and lazy tables.
    Sources: Signorino and Ritter (1999), International Studies Quarterly 43: 115-144; Häge (2011),
    Political Analysis 19: 287-305.
    """
    wanted, periods = as_names(measures), as_names(by)
    fixed = {"default": default, "self_tie": self_tie}
    _check_options(wanted, periods, distance, targets, fixed, weighted=weights is not None)
    scaled = levels is not None or max_distance is not None or not _S.keys().isdisjoint(wanted)
    width = scale_width(max_distance, levels, _FUNCTION) if scaled else math.nan
    tables = {"ties": _open(ties, "ties", periods, [state, target], value)}
    if states is not None:
        tables["states"] = _open(states, "states", periods, [state])
    if weights is not None:
        tables["weights"] = _open(weights, "weights", periods, [target], weight)
    pair = (f"{state}_a", f"{state}_b")
    check_output([*periods, *pair], ["n_common", *wanted], function=_FUNCTION)

    dates = [encode([(t, key, name) for name, t in tables.items()], _FUNCTION) for key in periods]
    moments = [combine(dates, part) for part in range(len(tables))]
    known = distinct(moments[0 if states is None else 1])
    period = dict(zip(tables, (places(part, known) for part in moments), strict=True))
    holders = [(t, state, name) for name, t in tables.items() if name != "weights"]
    aims = [(t, target, name) for name, t in tables.items() if name != "states"]
    square = targets == "states"
    names = encode([*holders, *aims] if square else holders, _FUNCTION)
    things = names if square else encode(aims, _FUNCTION)
    aimed = things.codes[-len(aims) :]
    stack = lay_out(
        period["ties"],
        names.codes[0],
        aimed[0],
        members=None if states is None else period["states"] * len(names.items) + names.codes[1],
        counts=(len(known), len(names.items), len(things.items)),
        square=square,
    )

    rows = _Rows(tables["ties"], "ties", [*periods, state, target])
    values = _numbers(rows, value)
    _check_levels(rows, value, values, levels, fixed)
    _reject_repeated(rows, stack.cells, stack.kept, "a tie may have only one row in a period")
    long = fill(stack, values, math.nan if default is None else default)
    if self_tie is not None:
        own = own_cells(stack)
        _reject(
            rows,
            within(stack, own),
            "self_tie gives states a tie to themselves already; leave out one of the two",
        )
        long[own] = self_tie
    importance = None
    if weights is not None:
        importance = _importance(
            _Rows(tables["weights"], "weights", [*periods, target]),
            weight,
            period["weights"] * len(things.items) + aimed[-1],
            stack.targets,
        )
    if scaled and levels is None:
        _check_ranges(stack, long, width, dates, known, things, [*periods, target])
    columns = _measure(stack, long, importance, wanted, width, distance)
    sizes = pair_counts(stack)
    result: dict[str, Any] = {
        key: (date.items, np.repeat(codes, sizes))
        for key, date, codes in zip(periods, dates, separate(known, dates), strict=True)
    }
    for name, codes in zip(pair, pair_states(stack), strict=True):
        result[name] = (names.items, codes)
    return cast("IntoDataFrameT", build_frame(result | columns, like=tables["ties"]))


class _Rows(NamedTuple):
    """A table whose rows messages name by their keys."""

    frame: nw.DataFrame[Any]
    table: str
    keys: list[str]


def _reject(rows: _Rows, bad: Codes, rule: str, *show: str) -> None:
    """Raise InvalidDataError naming the first of the bad rows."""
    if len(bad):
        row = int(bad.min())
        where = ", ".join(f"{name} {rows.frame[name][row]}" for name in (*rows.keys, *show))
        raise InvalidDataError(f"{_FUNCTION}: row of {rows.table} with {where}: {rule}")


def _reject_repeated(rows: _Rows, places: Codes, kept: Codes, rule: str) -> None:
    """Raise if two of the kept rows have the same place."""
    taken = np.zeros(int(places.max(initial=-1)) + 1, dtype=bool)
    taken[places] = True
    if np.count_nonzero(taken) < len(places):
        _reject(rows, kept[pd.Index(places).duplicated()], rule)


def _open(
    native: Any, name: str, periods: list[str], keys: list[str], numeric: str | None = None
) -> nw.DataFrame[Any]:
    function = f"{_FUNCTION}, {name}"
    frame = open_frame(native, function=function)
    if not is_eager(frame):
        raise InvalidDataError(f"{function}: the table is lazy; collect it first")
    numbers = [] if numeric is None else [numeric]
    check_columns(frame, [*periods, *keys, *numbers], numeric=numbers, function=function)
    return cast("nw.DataFrame[Any]", frame)


def _check_options(
    wanted: list[str],
    periods: list[str],
    distance: str,
    targets: str,
    fixed: Mapping[str, float | None],
    *,
    weighted: bool,
) -> None:
    for name in wanted:
        if name not in SIMILARITIES:
            raise UnknownNameError(
                f"{_FUNCTION}: no measure {name!r}; the measures are {', '.join(SIMILARITIES)}"
            )
    if not periods:
        raise InvalidDataError(f"{_FUNCTION}: by is empty; name at least one column of periods")
    check_distance(distance, _FUNCTION)
    if targets not in ("listed", "states"):
        raise InvalidDataError(
            f"{_FUNCTION}: targets {targets!r} is not known; use 'listed' or 'states'"
        )
    if fixed["self_tie"] is not None and targets != "states":
        raise InvalidDataError(
            f"{_FUNCTION}: self_tie needs targets='states'; listed targets are not states"
        )
    for option, number in fixed.items():
        if number is not None and math.isinf(number):
            raise InvalidDataError(f"{_FUNCTION}: {option} is {number:g}; it must be finite")
    if weighted and _S.keys().isdisjoint(wanted):
        raise InvalidDataError(
            f"{_FUNCTION}: weights count only in {' and '.join(_S)}; ask for one of them or leave "
            "weights out"
        )


def _numbers(rows: _Rows, column: str) -> FloatArray:
    """A numeric column as floats, nan where missing."""
    values = floats_of(rows.frame[column])
    _reject(rows, np.flatnonzero(np.isinf(values)), "values must be finite", column)
    return values


def _check_levels(
    rows: _Rows,
    column: str,
    values: FloatArray,
    levels: Sequence[float] | None,
    fixed: Mapping[str, float | None],
) -> None:
    """Raise unless every value is one of the levels."""
    if levels is None:
        return
    scale = np.asarray(levels, dtype=np.float64)
    rule = f"not on the scale {', '.join(f'{level:g}' for level in scale)}"
    for option, number in fixed.items():
        if number is not None and not math.isnan(number) and number not in scale:
            raise InvalidDataError(f"{_FUNCTION}: {option} {number:g} is {rule}")
    off = np.flatnonzero(~(np.isin(values, scale) | np.isnan(values)))
    _reject(rows, off, f"{rule}; correct the value or levels", column)


def _check_ranges(
    stack: Stack,
    long: FloatArray,
    width: float,
    dates: Sequence[Keys],
    known: Codes,
    things: Keys,
    names: Sequence[str],
) -> None:
    """Raise naming the target on which values are furthest apart, if the scale is not that wide."""
    ranges = np.concatenate([target_ranges(P) for P, _ in matrices(stack, long, None)] or [long])
    try:
        check_spread(ranges, width, _FUNCTION)
    except InvalidDataError as error:
        period, thing = divmod(int(stack.targets[ranges.argmax()]), len(things.items))
        codes = [int(part[0]) for part in separate(known[[period]], dates)]
        found = [date.items[code] for date, code in zip(dates, codes, strict=True)]
        shown = zip(names, [*found, things.items[thing]], strict=True)
        where = ", ".join(f"{name} {item}" for name, item in shown)
        raise InvalidDataError(f"{error} ({where})") from None


def _importance(rows: _Rows, column: str, keys: Codes, targets: Codes) -> FloatArray:
    """The weight of every period's targets, nan where it is not known."""
    values = _numbers(rows, column)
    _reject(rows, np.flatnonzero(values < 0), "weights must not be negative", column)
    place = places(keys, targets)
    kept = np.flatnonzero(place >= 0)
    rule = "a target may have only one weight in a period"
    _reject_repeated(rows, place[kept], kept, rule)
    importance = np.full(len(targets), math.nan)
    importance[place[kept]] = values[kept]
    return importance


def _measure(
    stack: Stack,
    long: FloatArray,
    importance: FloatArray | None,
    wanted: list[str],
    width: float,
    distance: Distance,
) -> dict[str, npt.NDArray[Any]]:
    """`n_common` and the measures for all pairs of all periods."""
    sizes = pair_counts(stack).tolist()
    columns: dict[str, npt.NDArray[Any]] = {"n_common": np.empty(sum(sizes), dtype=np.int64)}
    columns |= {name: np.empty(sum(sizes)) for name in wanted}
    levels = levels_of(long)
    few = len(levels) <= MAX_LEVELS
    done = 0
    for size, (P, weights) in zip(sizes, matrices(stack, long, importance), strict=True):
        if not size:
            continue
        rows, done = slice(done, done + size), done + size
        columns["n_common"][rows] = above_diagonal(shared(P), len(P))
        seen = levels if few else levels_of(P)
        for name in wanted:
            if name in _S:
                matrix = s_of_rows(P, seen, distance=_S[name], width=width, weights=weights)
            else:
                pooled = name == "scott_pi"
                matrix = chance_corrected_of_rows(P, seen, distance=distance, pooled=pooled)
            columns[name][rows] = above_diagonal(matrix, len(P))
    return columns
