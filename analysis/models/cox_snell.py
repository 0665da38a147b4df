"""Cox-Snell residuals: if the model holds, a censored sample of the unit exponential."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.models import gengamma
from analysis.models.cox import CoxFit
from analysis.models.design import design_matrix, formula_variables
from analysis.models.frame import (
    Floats,
    as_list,
    as_pandas,
    complete_rows,
    observed_events,
    observed_times,
    require_columns,
)
from analysis.models.hazards import hazard_interval
from analysis.models.location_scale import SHAPES
from analysis.models.result import Fit
from coalitiondata.errors import InvalidDataError

DIGITS = 12  # significant ones; residuals that differ beyond do so by rounding and count as tied


def cox_snell_residuals(
    fit: Fit,
    frame: Any = None,
    duration: str = "duration",
    event: str = "event",
    entry: str | None = None,
) -> pd.DataFrame:
    """Cumulative hazards of each row, at its entry and at its exit, under the fitted model.

    For accelerated failure time models -log S(t | x); for Cox models H0(t) exp(x'b) with the
    baseline hazard of the row's stratum under Efron ties, so that exit less entry is the event
    less its martingale residual. If the model holds, (entry, residual] with its event is a row of
    a left-truncated, right-censored unit exponential sample.

    Args:
        fit: of `cox` or `aft`.
        frame, duration, event, entry: those the fit was made of; needed for `aft`, whose fits do
            not hold rows, and not read for `cox`.

    Returns:
        entry (zero without late entry), residual, event; one row per row of the fit, with the
        frame's index.

    Rows with a missing value in any column used are left out, as in the fit, with a
    DroppedRowsWarning.

    Raises:
        UnknownNameError: a column that the frame does not have.
        InvalidDataError: another kind of model; an accelerated failure time fit without its frame,
            or with one that is not the fitted one.

    Source: Cox and Snell (1968), JRSS B 30: 248-275.
    """
    if isinstance(fit, CoxFit):
        return _of_cox(fit)
    family = fit.model.removeprefix("aft, ").removesuffix(", robust errors")
    if family not in (*SHAPES, "gengamma"):
        raise InvalidDataError(f"Cox-Snell residuals are for cox and aft, not for {fit.model!r}")
    if frame is None:
        raise InvalidDataError("give the frame that was fitted: fits of aft hold no rows")
    return _of_aft(fit, family, as_pandas(frame), duration, event, entry)


def cox_snell_check(residuals: pd.DataFrame, weights: Floats | None = None) -> pd.DataFrame:
    """Nelson-Aalen estimate of the residuals' cumulative hazard, the diagonal if the model holds.

    Departures tell of a wrong distribution or form. After a Cox model, whose baseline is free,
    the check is weak: the residuals' mean is right by construction. Pointwise limits
    A exp(+-z se / A) take the residuals for data, though they are estimates.

    Args:
        residuals: of `cox_snell_residuals`.
        weights: case weights of the rows, none by default; errors are then too small or large.

    Returns:
        residual (distinct, ascending, of rows that end with the event), n_risk, n_event
        (weighted), estimate, std_error, conf_low, conf_high; compare estimate with residual.
    """
    entry, stop = (_rounded(residuals[c].to_numpy(dtype=float)) for c in ("entry", "residual"))
    event = residuals["event"].to_numpy(dtype=float)
    w = np.ones(len(stop)) if weights is None else weights
    at = np.unique(stop[event == 1])

    def from_on(times: Floats) -> Floats:
        """Weight of the rows whose time is at or after each of `at`."""
        order = np.argsort(times)
        total = np.concatenate([w[order][::-1].cumsum()[::-1], [0.0]])
        return np.asarray(total[np.searchsorted(times[order], at, side="left")])

    n = from_on(stop) - from_on(entry)
    d = np.bincount(np.searchsorted(at, stop[event == 1]), weights=w[event == 1])
    estimate, error = (d / n).cumsum(), np.sqrt((d / n**2).cumsum())
    low, high = hazard_interval(estimate, error, "log")
    return pd.DataFrame(
        {
            "residual": at,
            "n_risk": n,
            "n_event": d,
            "estimate": estimate,
            "std_error": error,
            "conf_low": low,
            "conf_high": high,
        }
    )


def _rounded(values: Floats) -> Floats:
    mantissa, exponent = np.frexp(values)
    return np.asarray(np.ldexp(mantissa.round(DIGITS), exponent))


def _of_cox(fit: CoxFit) -> pd.DataFrame:
    at, sets = fit.efron, fit.efron.sets
    running = np.concatenate([[0.0], at.hazard.cumsum()])
    entry = at.risk * (running[sets.first] - running[sets.opens])
    return pd.DataFrame(
        {
            "entry": entry,
            "residual": entry + (at.dead - at.martingale()),
            "event": at.dead.astype(int),
        },
        index=fit.rows.index,
    )


def _of_aft(
    fit: Fit, family: str, data: pd.DataFrame, duration: str, event: str, entry: str | None
) -> pd.DataFrame:
    named = [duration, event, *as_list(entry)]
    require_columns(data, named, "cox_snell_residuals")
    used, _ = complete_rows(data, [*named, *formula_variables(fit.formula, data)])
    start, stop = observed_times(used, duration, entry, positive=True)
    happened = observed_events(used, event)
    estimate = fit.coefficients
    location = np.full(len(used), estimate["Intercept"])
    names: tuple[str, ...] = ()
    if fit.formula.strip() != "1":
        design = design_matrix(fit.formula, used)
        names = design.names
    if (len(used), int(happened.sum())) != (fit.n, fit.events) or not set(names) <= set(
        estimate.index
    ):
        raise InvalidDataError(
            f"the fit has {fit.n} rows with {fit.events} events, the frame {len(used)} complete "
            f"rows with {int(happened.sum())}; give the frame that was fitted"
        )
    if names:
        location = location + design.matrix @ estimate[list(names)].to_numpy()
    survivor = (
        gengamma.shapes(estimate["(shape)"])[1] if family == "gengamma" else SHAPES[family][1]
    )
    scale = np.exp(estimate.get("log(scale)", 0.0))

    def hazard(time: Floats, of: Floats) -> Floats:
        return np.asarray(-survivor((np.log(time) - of) / scale)[0])

    before, late = np.zeros(len(used)), start > 0
    before[late] = hazard(start[late], location[late])
    return pd.DataFrame(
        {"entry": before, "residual": hazard(stop, location), "event": happened.astype(int)},
        index=used.index,
    )
