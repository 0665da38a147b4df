"""Kaplan-Meier curves, medians, restricted means and the log-rank test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from analysis.models.counts import product_limit, risk_table
from analysis.models.efron import group_sum, risk_sets
from analysis.models.frame import (
    Floats,
    as_list,
    as_pandas,
    codes,
    complete_rows,
    group_labels,
    observed_events,
    observed_times,
    require_columns,
)
from analysis.models.result import Z
from coalitiondata.errors import InvalidDataError, UnknownNameError
from coalitiondata.given import number_given

Interval = Literal["log-log", "log", "plain"]


def kaplan_meier(
    frame: Any,
    duration: str = "duration",
    event: str = "event",
    entry: str | None = None,
    by: str | Sequence[str] | None = None,
    conf: Interval = "log-log",
) -> pd.DataFrame:
    """Kaplan-Meier survival curves, one row per group and distinct exit time.

    S(t) is the product over t_i <= t of 1 - d_i / n_i; its standard error is Greenwood's,
    S(t) sqrt(sum d_i / (n_i (n_i - d_i))). Intervals (95 per cent) are on the scale of
    log(-log S), log S or S itself; they are missing where R ``survfit`` has them missing: at S = 0
    and, for "log-log", at S = 1.

    Args:
        frame: any data frame, one row per spell.
        duration, event, entry: as in `cox`; rows that enter late count from then on, and the
            curve is conditional on the first time anybody is at risk.
        by: columns whose combinations get a curve each; a combination is labelled "a, b".
        conf: scale of the interval.

    Returns:
        group, time, n_risk, n_event, n_censor, estimate, std_error, conf_low, conf_high.

    Rows with missing values in the columns used are dropped with a DroppedRowsWarning.

    Raises:
        UnknownNameError, InvalidDataError: as `cox`, but no event at all is allowed.

    Source: Kaplan and Meier (1958), JASA 53: 457-481; Kalbfleisch and Prentice (2002), ch. 1.
    """
    if conf not in get_args(Interval):
        raise UnknownNameError(f"no interval {conf!r}; choose from {get_args(Interval)}")
    data = as_pandas(frame)
    columns = [duration, event, *as_list(entry), *as_list(by)]
    require_columns(data, columns, "kaplan_meier")
    used, _ = complete_rows(data, columns)
    curves = [
        _curve(table, conf).assign(group=group)
        for group, table in _tables(used, duration, event, entry, by)
    ]
    out = pd.concat(curves, ignore_index=True)
    return out[["group", *[c for c in out.columns if c != "group"]]]


def median_survival(
    frame: Any,
    duration: str = "duration",
    event: str = "event",
    entry: str | None = None,
    by: str | Sequence[str] | None = None,
    conf: Interval = "log-log",
) -> pd.DataFrame:
    """Median survival with its 95 per cent interval, by group.

    The first time at which the curve is below one half; if it is level at one half, the middle of
    that level stretch, as in R. The interval inverts the curve's pointwise interval (Brookmeyer
    and Crowley 1982). Missing where the curve, or its limit, never comes down that far.

    Args, missing values and errors: as `kaplan_meier`.

    Returns:
        group, n, events, median, conf_low, conf_high.
    """
    curves = kaplan_meier(frame, duration, event, entry, by, conf)
    rows = []
    for group, curve in curves.groupby("group", sort=False):
        time = curve["time"].to_numpy()
        rows.append(
            {
                "group": group,
                "n": int((curve["n_event"] + curve["n_censor"]).sum()),
                "events": int(curve["n_event"].sum()),
                "median": _crossing(time, curve["estimate"].to_numpy()),
                "conf_low": _crossing(time, curve["conf_low"].to_numpy()),
                "conf_high": _crossing(time, curve["conf_high"].to_numpy()),
            }
        )
    return pd.DataFrame(rows)


def restricted_mean(
    frame: Any,
    horizon: float,
    duration: str = "duration",
    event: str = "event",
    entry: str | None = None,
    by: str | Sequence[str] | None = None,
) -> pd.DataFrame:
    """Mean survival up to `horizon`, by group: the area under the Kaplan-Meier curve.

    variance = sum over event times t_i <= horizon of A_i^2 d_i / (n_i (n_i - d_i)), A_i the area
    from t_i to the horizon, as R ``print(survfit, rmean =)``. In the unit of the durations.

    Returns:
        group, horizon, estimate, std_error, conf_low, conf_high (95 per cent, normal).

    Raises:
        InvalidDataError: a horizon that is not positive, or beyond a group's last exit while its
            curve is above zero, where the data say nothing; otherwise as `kaplan_meier`.

    Source: Royston and Parmar (2013), BMC Medical Research Methodology 13: 152.
    """
    if not number_given(horizon, "horizon") > 0:
        raise InvalidDataError(f"horizon {horizon} must be positive")
    data = as_pandas(frame)
    columns = [duration, event, *as_list(entry), *as_list(by)]
    require_columns(data, columns, "restricted_mean")
    used, _ = complete_rows(data, columns)
    rows = []
    for group, table in _tables(used, duration, event, entry, by):
        survival, last = product_limit(table), float(table["time"].iloc[-1])
        if horizon > last and survival[-1] > 0:
            raise InvalidDataError(
                f"horizon {horizon:g} is beyond the last time {last:g} of group {group!r}; "
                f"choose at most {last:g}"
            )
        times = table["time"].to_numpy(dtype=float)
        inside = times < horizon
        width = np.diff(np.concatenate([[0.0], times[inside], [horizon]]))
        area = width * np.concatenate([[1.0], survival[inside]])
        remaining = area[::-1].cumsum()[::-1][1:]
        variance = float((remaining**2 * _greenwood(table)[inside]).sum())
        estimate, error = float(area.sum()), variance**0.5
        rows.append(
            {
                "group": group,
                "horizon": float(horizon),
                "estimate": estimate,
                "std_error": error,
                "conf_low": estimate - Z * error,
                "conf_high": estimate + Z * error,
            }
        )
    return pd.DataFrame(rows)


@dataclass(frozen=True, eq=False)
class GroupTest:
    """A test that groups do not differ: chi-square `statistic`, `df`, `p_value`, and `table`."""

    statistic: float
    df: int
    p_value: float
    table: pd.DataFrame


def log_rank(
    frame: Any,
    by: str | Sequence[str],
    duration: str = "duration",
    event: str = "event",
    entry: str | None = None,
    strata: str | Sequence[str] | None = None,
) -> GroupTest:
    """Log-rank test that the hazards of the groups are the same (within strata).

    Observed minus expected events of each group against their hypergeometric covariance; the
    test of R ``survdiff`` with rho = 0. Late entry is respected.

    Returns:
        The test; its table has group, n, observed, expected.

    Raises:
        InvalidDataError: fewer than two groups, no event, or as `kaplan_meier`.

    Source: Mantel (1966), Cancer Chemotherapy Reports 50: 163-170.
    """
    from scipy.stats import chi2

    data = as_pandas(frame)
    columns = [duration, event, *as_list(entry), *as_list(by), *as_list(strata)]
    require_columns(data, columns, "log_rank")
    used, _ = complete_rows(data, columns)
    start, stop = observed_times(used, duration, entry)
    happened = observed_events(used, event, least=1)
    labels = group_labels(used, by)
    names, member = np.unique(labels.to_numpy(), return_inverse=True)
    if len(names) < 2:
        raise InvalidDataError(f"log_rank: {by!r} has one group ({names[0]!r}); two are needed")
    belongs = np.eye(len(names))[member]
    sets = risk_sets(start, stop, happened, codes(used, strata))
    at_risk = sets.at_risk_sum(belongs)
    n = at_risk.sum(axis=1)
    d = np.bincount(sets.own[happened], minlength=len(n))
    share = at_risk / n[:, None]
    observed = group_sum(member[happened], np.ones(int(happened.sum())), len(names))
    expected = share.T @ d
    spread = np.where(n > 1, d * (n - d) / np.maximum(n - 1, 1), 0.0)
    covariance = np.diag(share.T @ spread) - (share * spread[:, None]).T @ share
    rest = slice(0, len(names) - 1)
    difference = (observed - expected)[rest]
    statistic = float(difference @ np.linalg.pinv(covariance[rest, rest]) @ difference)
    df = len(names) - 1
    table = pd.DataFrame(
        {"group": names, "n": np.bincount(member), "observed": observed, "expected": expected}
    )
    return GroupTest(statistic, df, float(chi2.sf(statistic, df)), table)


def interval(estimate: Floats, error: Floats, conf: str) -> tuple[Floats, Floats]:
    """Pointwise 95 per cent limits of a probability on the scale `conf`."""
    with np.errstate(all="ignore"):
        if conf == "plain":
            low, high = estimate - Z * error, estimate + Z * error
        elif conf == "log":
            spread = Z * error / np.where(estimate > 0, estimate, np.nan)
            low, high = estimate * np.exp(-spread), estimate * np.exp(spread)
        else:
            open_ = np.where((estimate > 0) & (estimate < 1), estimate, np.nan)
            spread = Z * error / (open_ * np.log(open_))
            low, high = open_ ** np.exp(-spread), open_ ** np.exp(spread)
    return np.clip(low, 0, 1), np.clip(high, 0, 1)


def _tables(
    used: pd.DataFrame,
    duration: str,
    event: str,
    entry: str | None,
    by: str | Sequence[str] | None,
) -> Iterator[tuple[Any, pd.DataFrame]]:
    start, stop = observed_times(used, duration, entry)
    happened = observed_events(used, event, least=0)
    labels = group_labels(used, by).to_numpy()
    for group in pd.unique(pd.Series(labels).sort_values()):
        mine = labels == group
        yield group, risk_table(start[mine], stop[mine], happened[mine])


def _greenwood(table: pd.DataFrame) -> Floats:
    """d / (n (n - d)), zero where all fail: the curve is zero from there on."""
    n, d = table["n_risk"].to_numpy(dtype=float), table["n_event"].to_numpy(dtype=float)
    return np.asarray(np.divide(d, n * (n - d), out=np.zeros(len(n)), where=n > d))


def _curve(table: pd.DataFrame, conf: str) -> pd.DataFrame:
    estimate = product_limit(table)
    error = np.where(estimate > 0, estimate * np.sqrt(_greenwood(table).cumsum()), np.nan)
    low, high = interval(estimate, error, conf)
    return table.assign(estimate=estimate, std_error=error, conf_low=low, conf_high=high)


def _crossing(time: Floats, curve: Floats, level: float = 0.5) -> float:
    """Where a falling curve crosses a level; the middle of the stretch if it is level there."""
    tolerance = 1e-9
    below = np.flatnonzero(curve < level - tolerance)  # missing limits compare as not below
    on = np.flatnonzero(np.abs(curve - level) <= tolerance)
    if not below.size:
        return float(time[on[0]]) if on.size else float("nan")
    end = float(time[below[0]])
    return (float(time[on[0]]) + end) / 2 if on.size else end
