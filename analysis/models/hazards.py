"""Nelson-Aalen cumulative hazards, and bands that hold a whole curve at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.models.brownian import equal_precision_value, hall_wellner_value
from analysis.models.counts import product_limit, risk_table
from analysis.models.frame import (
    Floats,
    as_list,
    as_pandas,
    complete_rows,
    group_labels,
    observed_events,
    observed_times,
    require_columns,
)
from analysis.models.result import Z
from coalitiondata.errors import InvalidDataError, UnknownNameError

HazardInterval = Literal["log", "plain"]
Ties = Literal["nelson-aalen", "fleming-harrington"]
Curve = Literal["survival", "hazard"]
Band = Literal["equal-precision", "hall-wellner"]
Scale = Literal["log", "plain"]


def nelson_aalen(
    frame: Any,
    duration: str = "duration",
    event: str = "event",
    entry: str | None = None,
    by: str | Sequence[str] | None = None,
    ties: Ties = "nelson-aalen",
    conf: HazardInterval = "log",
) -> pd.DataFrame:
    """Nelson-Aalen cumulative hazard, one row per group and distinct exit time.

    A(t) sums d_i / n_i over t_i <= t; its variance sums d_i / n_i^2 (Aalen's). With
    ``ties="fleming-harrington"`` the d_i tied events count as if they came one after another:
    A sums 1 / (n_i - k) and its variance 1 / (n_i - k)^2 over k = 0 .. d_i - 1. These are cumhaz
    and std.chaz of R ``survfit`` with ctype 1 and 2.

    Args:
        frame: any data frame, one row per spell.
        duration, event, entry: as in `cox`; rows that enter late count from then on.
        by: columns whose combinations get a curve each.
        ties: see above.
        conf: 95 per cent interval A exp(+-z se / A), missing where A is 0, or A +- z se, not below
            0. Pointwise; for the whole curve see `simultaneous_bands`.

    Returns:
        group, time, n_risk, n_event, n_censor, estimate, std_error, conf_low, conf_high.

    Rows with missing values in the columns used are dropped with a DroppedRowsWarning.

    Raises:
        UnknownNameError, InvalidDataError: as `cox`, but no event at all is allowed.

    Source: Aalen (1978), Annals of Statistics 6: 701-726; Fleming and Harrington (1984),
    Communications in Statistics 13: 2469-2486.
    """
    _known("ties", ties, get_args(Ties))
    _known("interval", conf, get_args(HazardInterval))
    curves = []
    for group, table in _tables(frame, "nelson_aalen", duration, event, entry, by):
        n, d = (table[c].to_numpy(dtype=float)[:, None] for c in ("n_risk", "n_event"))
        estimate, error = (v[:, 0] for v in hazard_steps(n, d, ties))
        low, high = hazard_interval(estimate, error, conf)
        table.insert(0, "group", group)
        curves.append(
            table.assign(estimate=estimate, std_error=error, conf_low=low, conf_high=high)
        )
    return pd.concat(curves, ignore_index=True)


def simultaneous_bands(
    frame: Any,
    duration: str = "duration",
    event: str = "event",
    entry: str | None = None,
    by: str | Sequence[str] | None = None,
    of: Curve = "survival",
    band: Band = "equal-precision",
    scale: Scale = "log",
    between: tuple[float, float] | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Bands that contain a whole survival curve, or cumulative hazard, with probability `level`.

    With v(t) = sum of d_i / (n_i (n_i - d_i)) for Kaplan-Meier's S, or of d_i / n_i^2 for
    Nelson-Aalen's A, n rows, and a, b = n v / (1 + n v) at the ends of `between`, the half-width is

        w = c(a, b) sqrt(v)                   equal precision (Nair 1984): pointwise limits, widened
        w = k(a, b) (1 + n v) / sqrt(n)       Hall and Wellner (1980)

    in S: S +- S w, on the log scale S^exp(+-w / log S); in A: A +- w, on the log scale
    A exp(+-w / A). c and k are exact quantiles of a Brownian bridge on [a, b] (`analysis.models.
    brownian`), where tables round b and a and take Nair's approximation for c.

    Args:
        frame, duration, event, entry, by: as in `kaplan_meier`.
        of: "survival" or "hazard".
        band: see above; "hall-wellner" is narrower early and wider late.
        scale: the log scale is that of log(-log S), or log A, and better in small samples.
        between: the band holds on these times only; by default from the group's first event to
            its last before the curve is at zero.
        level: probability that the whole curve is inside, asymptotically.

    Returns:
        group, time, estimate, conf_low, conf_high, critical (c or k); the distinct exit times in
        `between`. Limits of S are cut to [0, 1], those of A at 0.

    Rows with missing values in the columns used are dropped with a DroppedRowsWarning.

    Raises:
        UnknownNameError: an unknown column, curve, band or scale.
        InvalidDataError: a group without an event that leaves somebody; `between` that begins
            before the first event or ends where the curve is at zero; a level not in (0, 1); as
            `kaplan_meier`.

    Source: Klein and Moeschberger (2003), Survival Analysis, section 4.4; Bie, Borgan and Liestol
    (1987), Scand. J. Statist. 14: 221-233 (hazard); Borgan and Liestol (1990), 17: 35-41 (scales).
    """
    for name, value, options in (
        ("curve", of, Curve),
        ("band", band, Band),
        ("scale", scale, Scale),
    ):
        _known(name, value, get_args(options))
    if not 0 < level < 1:
        raise InvalidDataError(f"level {level} must lie between 0 and 1")
    parts = []
    for group, table in _tables(frame, "simultaneous_bands", duration, event, entry, by):
        size = int((table["n_event"] + table["n_censor"]).sum())
        inside = _inside(table, between, group)
        variance = _variance(table, of)
        a, b = (float(n_v / (1 + n_v)) for n_v in size * variance[inside][[0, -1]])
        v = variance[inside]
        if band == "equal-precision":
            critical = equal_precision_value(a, b, level)
            width = critical * np.sqrt(v)
        else:
            critical = hall_wellner_value(a, b, level)
            width = critical * (1 + size * v) / np.sqrt(size)
        if of == "survival":
            estimate = product_limit(table)[inside]
            low, high = _around_survival(estimate, width, scale)
        else:
            n, d = (table[c].to_numpy(dtype=float)[:, None] for c in ("n_risk", "n_event"))
            estimate = hazard_steps(n, d)[0][inside, 0]
            low, high = hazard_interval(estimate, width / Z, scale)
        parts.append(
            pd.DataFrame(
                {
                    "group": group,
                    "time": table["time"].to_numpy()[inside],
                    "estimate": estimate,
                    "conf_low": low,
                    "conf_high": high,
                    "critical": critical,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def hazard_steps(n: Floats, d: Floats, ties: str = "nelson-aalen") -> tuple[Floats, Floats]:
    """Cumulative hazards and their standard errors from numbers at risk and events.

    Both T x K, K kinds of event; where nobody is at risk nothing is added.
    """
    at_risk = np.maximum(n, 1)
    if ties == "nelson-aalen":
        return (d / at_risk).cumsum(axis=0), np.sqrt((d / at_risk**2).cumsum(axis=0))
    times = d.ravel().astype(np.int64)
    cell = np.repeat(np.arange(d.size), times)
    earlier = np.arange(len(cell)) - np.repeat(times.cumsum() - times, times)
    each = 1 / (at_risk.ravel()[cell] - earlier)
    hazard, variance = (
        # Of no events numpy counts whole numbers.
        np.bincount(cell, weights=values, minlength=d.size).reshape(d.shape).astype(float)
        for values in (each, each**2)
    )
    return hazard.cumsum(axis=0), np.sqrt(variance.cumsum(axis=0))


def hazard_interval(estimate: Floats, error: Floats, conf: str) -> tuple[Floats, Floats]:
    """Pointwise 95 per cent limits of a cumulative hazard on the scale `conf`."""
    if conf == "plain":
        return np.maximum(estimate - Z * error, 0), estimate + Z * error
    with np.errstate(all="ignore"):
        spread = Z * error / np.where(estimate > 0, estimate, np.nan)
        return estimate * np.exp(-spread), estimate * np.exp(spread)


def _around_survival(estimate: Floats, width: Floats, scale: str) -> tuple[Floats, Floats]:
    if scale == "plain":
        low, high = estimate * (1 - width), estimate * (1 + width)
    else:
        spread = width / np.log(estimate)
        low, high = estimate ** np.exp(-spread), estimate ** np.exp(spread)
    return np.clip(low, 0, 1), np.clip(high, 0, 1)


def _variance(table: pd.DataFrame, of: str) -> Floats:
    n, d = (table[c].to_numpy(dtype=float) for c in ("n_risk", "n_event"))
    left = n - d if of == "survival" else n
    added = np.divide(d, n * left, out=np.full(len(n), np.inf), where=left > 0)
    return np.asarray(added.cumsum())


def _inside(
    table: pd.DataFrame, between: tuple[float, float] | None, group: Any
) -> npt.NDArray[np.bool_]:
    """Which rows of a life table the band covers."""
    time, event = table["time"].to_numpy(dtype=float), table["n_event"].to_numpy() > 0
    all_fail = (table["n_event"] == table["n_risk"]).to_numpy()
    zero = float(time[all_fail.argmax()]) if all_fail.any() else np.inf
    usable = event & (time < zero)
    if not usable.any():
        raise InvalidDataError(
            f"group {group!r} has no event that leaves somebody at risk; there is no band"
        )
    first, last = time[usable][[0, -1]]
    if between is None:
        between = (float(first), float(last))
    low, high = between
    if not first <= low < high < zero:
        limit = f"below {zero:g}, where all fail" if np.isfinite(zero) else "after that"
        raise InvalidDataError(
            f"between=({low:g}, {high:g}) must begin at or after {first:g}, the first event of "
            f"group {group!r}, and end {limit}"
        )
    return np.asarray((time >= low) & (time <= high))


def _tables(
    frame: Any,
    caller: str,
    duration: str,
    event: str,
    entry: str | None,
    by: str | Sequence[str] | None,
) -> Iterator[tuple[Any, pd.DataFrame]]:
    data = as_pandas(frame)
    columns = [duration, event, *as_list(entry), *as_list(by)]
    require_columns(data, columns, caller)
    used, _ = complete_rows(data, columns)
    start, stop = observed_times(used, duration, entry)
    happened = observed_events(used, event, least=0)
    labels = group_labels(used, by).to_numpy()
    for group in pd.unique(pd.Series(labels).sort_values()):
        mine = labels == group
        yield group, risk_table(start[mine], stop[mine], happened[mine])


def _known(what: str, value: str, options: tuple[str, ...]) -> None:
    if value not in options:
        raise UnknownNameError(f"no {what} {value!r}; choose from {options}")
