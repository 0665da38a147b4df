"""Multi-state models without covariates: hazards, transition probabilities, expected times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.models import aalen_johansen as aj
from analysis.models.frame import (
    Floats,
    Ints,
    as_list,
    as_pandas,
    complete_rows,
    group_labels,
    require_columns,
)
from analysis.models.hazards import hazard_interval, hazard_steps
from analysis.models.nonparametric import Interval, interval
from analysis.models.result import Z
from analysis.models.transitions import Rows, read_rows
from coalitiondata.errors import InvalidDataError, UnknownNameError

Variance = Literal["jackknife", "greenwood"]


@dataclass(frozen=True, eq=False, kw_only=True)
class MultiState:
    """A non-parametric multi-state model.

    Attributes:
        states: labels in order.
        transitions: group, from_state, to_state, n_event of the transitions that were seen.
        hazards: Nelson-Aalen, one row per group, transition and time of the group: group,
            from_state, to_state, time, n_risk, n_event, estimate, std_error, conf_low, conf_high.
        occupation: Aalen-Johansen, one row per group, state and time: group, state, time, n_risk
            (in the state just before), n_censor, estimate, std_error, conf_low, conf_high.
        start: group, state, estimate, std_error of the distribution at the start.
        variance, conf: as given.
        n: rows used; units; events: transitions among them.
        dropped: missing values by column among the rows that were left out.
        groups: the rows and counts of each group, from which the other functions work.
    """

    states: tuple[Any, ...]
    transitions: pd.DataFrame
    hazards: pd.DataFrame
    occupation: pd.DataFrame
    start: pd.DataFrame
    variance: Variance
    conf: Interval
    n: int
    units: int
    events: int
    dropped: dict[str, int] = field(default_factory=dict)
    groups: dict[Any, tuple[Rows, aj.Counts]]


def multistate(
    frame: Any,
    unit: str = "unit_id",
    from_state: str = "from_state",
    to_state: str = "to_state",
    duration: str = "duration",
    entry: str | None = "entry",
    by: str | Sequence[str] | None = None,
    states: Sequence[Any] | None = None,
    variance: Variance = "jackknife",
    conf: Interval = "log-log",
) -> MultiState:
    """Transition hazards and state occupation of any multi-state process, without a model.

    With Y_j at risk in state j and dN_jk transitions j -> k at a time: the cumulative hazard
    A_jk(t) sums dN_jk / Y_j, its variance dN_jk / Y_j^2 (R ``survfit``'s std.chaz); the occupation
    probabilities are p(t) = p(0) x product of (I + dA), p(0) the states at entry if all units enter
    at the same time, else of those at risk just before the first transition.

    `variance` of the probabilities: "jackknife", the infinitesimal jackknife by units of R
    ``survfit`` for multi-state data (R survival 3.5 counts the uncertainty of p(0) only with
    ``influence = TRUE``; it is always counted here); "greenwood", the multinomial form of Andersen
    et al. (1993, 4.4.19), which is Greenwood's for two states and that of `cumulative_incidence`
    for competing risks. Without late entry the two agree for both of these; in general they differ
    by some per cent. Occupation probabilities and the jackknife need no Markov property (Datta and
    Satten 2001), if censoring does not depend on the states; "greenwood" and
    `transition_probabilities` do.

    Args:
        frame: any data frame, one row per stay (or part of a stay) of a unit in a state; see
            `transition_rows` for one made from a survival frame.
        unit: column of the units.
        from_state, to_state: state during the row, and the one it leads to: 0, False or "censored"
            if none is known, also for a row that only goes on in the unit's next.
        duration, entry: the row is at risk on (entry, duration], from one origin for all stays
            (clock forward). None for `entry`: one row per unit, at risk from the start.
        by: columns whose combinations get curves of their own.
        states: order of the states; else never-entered ones first, absorbing ones last.
        variance: see above.
        conf: scale of the 95 per cent intervals of probabilities; those of hazards are on the log
            scale.

    Rows with missing values in the columns used are dropped with a DroppedRowsWarning. A unit may
    be out of sight for a while, but must come back in the state in which it was left.

    Raises:
        UnknownNameError: a column or option that does not exist; states that leave one out.
        InvalidDataError: no transition, a transition from a state to itself, rows of a unit that
            overlap or do not join, a state called like a censoring label, times as `cox`.

    Source: Aalen and Johansen (1978), Scand. J. Statist. 5: 141-150; Andersen, Borgan, Gill and
    Keiding (1993), section IV.4; Datta and Satten (2001), Statistics and Probability Letters 55:
    403-411; Therneau, Crowson and Atkinson (2024), Multi-state models and
    competing risks (vignette of R survival).
    """
    for name, value, options in (("variance", variance, Variance), ("conf", conf, Interval)):
        if value not in get_args(options):
            raise UnknownNameError(f"no {name} {value!r}; choose from {get_args(options)}")
    data = as_pandas(frame)
    columns = [unit, from_state, to_state, duration, *as_list(entry), *as_list(by)]
    require_columns(data, columns, "multistate")
    used, dropped = complete_rows(data, columns)
    rows, labels = read_rows(used, unit, from_state, to_state, entry, duration, states)
    member = group_labels(used, by).to_numpy()
    groups: dict[Any, tuple[Rows, aj.Counts]] = {}
    parts: list[tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]] = []
    for group in pd.unique(pd.Series(member).sort_values()):
        mine = rows.where(member == group)
        counts = aj.tally(mine, len(labels))
        groups[group] = (mine, counts)
        tables = (*_hazards(counts, labels), *_occupation(mine, counts, labels, variance, conf))
        for table in tables:
            table.insert(0, "group", group)
        parts.append(tables)
    transitions, hazards, start, occupation = (
        pd.concat(tables, ignore_index=True) for tables in zip(*parts, strict=True)
    )
    return MultiState(
        states=labels,
        transitions=transitions,
        hazards=hazards,
        occupation=occupation,
        start=start,
        variance=variance,
        conf=conf,
        n=len(used),
        units=int(used[unit].nunique()),
        events=int((rows.target >= 0).sum()),
        dropped=dropped,
        groups=groups,
    )


def transition_probabilities(fit: MultiState, since: float = 0.0) -> pd.DataFrame:
    """P(since, t): probability of being in a state at t, given the state at `since`.

    P is the product of (I + dA) over the transition times in (since, t], which takes the process
    for a Markov one: what comes next depends on the state, not on how long the unit has been in it.
    Standard errors are of the fit's `variance`, the state at `since` taken as given; intervals of
    its `conf`.

    Returns:
        group, from_state, to_state, since, time, estimate, std_error, conf_low, conf_high; all
        pairs of states at each time of the group after `since`.

    Raises:
        InvalidDataError: nothing ends after `since`.
    """
    parts = []
    for group, (rows, whole) in fit.groups.items():
        counts = whole.since(since)
        if not len(counts.time):
            raise InvalidDataError(
                f"no row of group {group!r} ends after {since:g}; the last does at "
                f"{whole.time[-1]:g}"
            )
        S = len(fit.states)
        estimate = aj.paths(np.eye(S), counts)
        if fit.variance == "jackknife":
            nobody = np.zeros((int(rows.unit.max()) + 1, S, S))
            error = aj.jackknife_errors(rows, counts, np.eye(S), nobody)
        else:
            error = aj.greenwood_errors(counts, np.eye(S), np.zeros((S, S, S)))
        T = len(counts.time)
        table = pd.DataFrame(
            {
                "group": group,
                "from_state": _labelled(fit.states, np.repeat(np.arange(S), S * T)),
                "to_state": _labelled(fit.states, np.tile(np.repeat(np.arange(S), T), S)),
                "since": float(since),
                "time": np.tile(counts.time, S * S),
            }
        )
        flat = estimate.transpose(1, 2, 0).ravel(), error.transpose(1, 2, 0).ravel()
        parts.append(_with_interval(table, *flat, fit.conf))
    return pd.concat(parts, ignore_index=True)


def expected_time(fit: MultiState, horizon: float) -> pd.DataFrame:
    """Expected time in each state between 0 and `horizon`: the area under its occupation curve.

    The restricted mean time in state of R ``summary(survfit, rmean =)``, in the unit of the
    durations; the states of a group add to the horizon. Standard errors are of the fit's
    `variance`, that of the start distribution included.

    Returns:
        group, state, horizon, estimate, std_error, conf_low, conf_high (95 per cent, normal).

    Raises:
        InvalidDataError: a horizon that is not positive, or beyond the last time of a group in
            which somebody is still in a state that can be left.

    Source: Beyersmann and Putter (2014), Biometrical Journal 56: 1079-1094.
    """
    if not horizon > 0:
        raise InvalidDataError(f"horizon {horizon} must be positive")
    parts = []
    for group, (rows, counts) in fit.groups.items():
        initial, influence = aj.start_distribution(rows, counts)
        path = aj.paths(initial, counts)[:, 0]
        open_states = counts.at_risk.any(axis=0)
        if horizon > counts.time[-1] and path[-1, open_states].sum() > 1e-12:
            raise InvalidDataError(
                f"horizon {horizon:g} is beyond the last time {counts.time[-1]:g} of group "
                f"{group!r}; choose at most that"
            )
        estimate = aj.widths(counts, horizon) @ np.concatenate([initial, path])
        if fit.variance == "jackknife":
            error = aj.jackknife_time(rows, counts, initial, influence, horizon)
        else:
            spread = _start_spread(initial, influence)
            error = aj.greenwood_time(counts, initial, spread, horizon)
        parts.append(
            pd.DataFrame(
                {
                    "group": group,
                    "state": _labelled(fit.states, np.arange(len(fit.states))),
                    "horizon": float(horizon),
                    "estimate": estimate,
                    "std_error": error,
                    "conf_low": estimate - Z * error,
                    "conf_high": estimate + Z * error,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _hazards(counts: aj.Counts, labels: tuple[Any, ...]) -> tuple[pd.DataFrame, pd.DataFrame]:
    total = counts.moves.sum(axis=0)
    pairs = np.argwhere(total > 0)
    ends = {
        "from_state": _labelled(labels, pairs[:, 0]),
        "to_state": _labelled(labels, pairs[:, 1]),
    }
    seen = pd.DataFrame({**ends, "n_event": total[total > 0].astype(np.int64)})
    T = len(counts.time)
    n = counts.at_risk[:, pairs[:, 0]]
    d = counts.moves[:, pairs[:, 0], pairs[:, 1]]
    estimate, error = hazard_steps(n, d)
    low, high = hazard_interval(estimate, error, "log")
    table = pd.DataFrame(
        {
            **{column: np.repeat(labels_, T) for column, labels_ in ends.items()},
            "time": np.tile(counts.time, len(pairs)),
            **{
                column: values.T.ravel()
                for column, values in (
                    ("n_risk", n.astype(np.int64)),
                    ("n_event", d.astype(np.int64)),
                    ("estimate", estimate),
                    ("std_error", error),
                    ("conf_low", low),
                    ("conf_high", high),
                )
            },
        }
    )
    return seen, table


def _occupation(
    rows: Rows, counts: aj.Counts, labels: tuple[Any, ...], variance: str, conf: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    initial, influence = aj.start_distribution(rows, counts)
    spread = _start_spread(initial, influence)
    if variance == "jackknife":
        error = aj.jackknife_errors(rows, counts, initial, influence)
    else:
        error = aj.greenwood_errors(counts, initial, spread)
    S, T = len(labels), len(counts.time)
    start = pd.DataFrame(
        {
            "state": _labelled(labels, np.arange(S)),
            "estimate": initial[0],
            "std_error": np.sqrt(np.diag(spread[0])),
        }
    )
    table = pd.DataFrame(
        {
            "state": _labelled(labels, np.repeat(np.arange(S), T)),
            "time": np.tile(counts.time, S),
            "n_risk": counts.at_risk.T.ravel().astype(np.int64),
            "n_censor": counts.censored.T.ravel().astype(np.int64),
        }
    )
    estimate = aj.paths(initial, counts)[:, 0].T.ravel()
    return start, _with_interval(table, estimate, error[:, 0].T.ravel(), conf)


def _start_spread(initial: Floats, influence: Floats) -> Floats:
    """Multinomial covariance of the start distribution; none if all begin in one state."""
    among = int(influence.any(axis=(1, 2)).sum())
    return aj.multinomial(initial, float(max(among, 1)))


def _labelled(labels: tuple[Any, ...], number: Ints) -> npt.NDArray[np.object_]:
    return np.array(labels, dtype=object)[number]


def _with_interval(table: pd.DataFrame, estimate: Floats, error: Floats, conf: str) -> pd.DataFrame:
    low, high = interval(estimate, error, conf)
    return table.assign(estimate=estimate, std_error=error, conf_low=low, conf_high=high)
