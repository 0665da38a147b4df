"""Accelerated failure time models, from the exponential to the generalised gamma."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from analysis.models import gengamma
from analysis.models.design import Design, design_matrix, formula_variables
from analysis.models.frame import (
    Floats,
    as_list,
    as_pandas,
    codes,
    complete_rows,
    observed_events,
    observed_times,
    require_columns,
)
from analysis.models.gengamma import Curve
from analysis.models.notices import ConvergenceWarning, warn_of_separation
from analysis.models.result import Fit, coefficient_table
from coalitiondata.errors import InvalidDataError, UnknownNameError

Family = Literal["weibull", "exponential", "lognormal", "loglogistic", "gengamma"]


def aft(
    frame: Any,
    formula: str,
    duration: str = "duration",
    event: str = "event",
    entry: str | None = None,
    family: Family = "weibull",
    cluster: str | None = None,
) -> Fit:
    """Accelerated failure time regression: log T = b0 + x'b + scale W.

    W has the smallest-extreme-value ("weibull"; "exponential" with scale 1), normal
    ("lognormal"), logistic ("loglogistic") or generalised log-gamma ("gengamma", with a shape that
    is 1 for the Weibull and 0 for the log-normal) distribution. Estimates maximise the likelihood of
    the durations (not of their logarithms), conditional on survival to `entry`, by Newton's
    method with analytic derivatives (numerical ones in the shape). Without entry they are those
    of R ``survreg``. A Weibull
    coefficient b is a log hazard ratio of -b / scale.

    Args:
        frame: any data frame, one row per spell.
        formula: covariates, as in `cox`; "1" for none.
        duration, event, entry: as in `cox`; durations must be positive.
        family: distribution.
        cluster: column of units within which rows depend on each other: sandwich errors, as
            R ``survreg(cluster =)``.

    Returns:
        The fit; terms are Intercept, covariates, log(scale) and shape. The table adds time_ratio =
        exp(estimate), by which a unit more multiplies durations, with time_low and time_high.

    Rows with missing values in the columns used are dropped with a DroppedRowsWarning.

    Raises:
        UnknownNameError: a column or family that does not exist.
        InvalidDataError: as `cox`; durations of zero.

    Source: Kalbfleisch and Prentice (2002), The Statistical Analysis of Failure Time Data, ch. 3.
    """
    if family not in get_args(Family):
        raise UnknownNameError(f"no family {family!r}; choose from {', '.join(get_args(Family))}")
    data = as_pandas(frame)
    named = [duration, event, *as_list(entry), *as_list(cluster)]
    require_columns(data, named, "aft")
    used, dropped = complete_rows(data, [*named, *formula_variables(formula, data)])
    start, stop = observed_times(used, duration, entry, positive=True)
    happened = observed_events(used, event)
    if formula.strip() == "1":
        design = Design(names=(), terms={}, matrix=np.empty((len(used), 0)))
    else:
        design = design_matrix(formula, used)

    centre, spread = design.matrix.mean(axis=0), design.matrix.std(axis=0)
    X = np.column_stack([np.ones(len(used)), (design.matrix - centre) / spread])
    data_of = _Spells(np.log(stop), happened.astype(float), start)
    theta, step, (rows, scores, hessian) = _maximum(data_of, X, family)
    null_rows = _maximum(data_of, X[:, :1], family)[2][0]
    # Back from standardised covariates: estimates are B theta.
    B = np.eye(len(theta))
    inner = slice(1, 1 + len(spread))
    B[0, inner] = -centre / spread
    B[inner, inner] = np.diag(1 / spread)
    inverse = np.linalg.pinv(-hessian, hermitian=True)
    covariance = B @ inverse @ B.T
    if cluster is not None:
        influence = pd.DataFrame(scores @ inverse @ B.T).groupby(codes(used, cluster)).sum()
        if len(influence) < 2:
            raise InvalidDataError("cluster-robust errors need at least two clusters")
        covariance = influence.to_numpy().T @ influence.to_numpy()
    finished = bool(np.abs(step).max() < 1e-4)
    # Per event, nothing is left of the information along a direction that runs to infinity.
    curvature, axes = np.linalg.eigh(-hessian)
    loads = np.abs(axes[:, curvature < 1e-6 * happened.sum()]).max(axis=1, initial=0)
    if runaway := [n for n, w in zip(design.names, loads[1:], strict=False) if w > 0.2]:
        finished = False
        warn_of_separation(runaway, stacklevel=2)
    elif not finished:
        warnings.warn(
            f"{family}: the likelihood is not at its maximum; estimates are not to be used",
            ConvergenceWarning,
            stacklevel=2,
        )
    names = ("Intercept", *design.names, *_ANCILLARY[: len(theta) - X.shape[1]])
    table = coefficient_table(names, B @ theta, covariance)
    effects = ~table["term"].isin(_ANCILLARY)
    for column, of in (
        ("time_ratio", "estimate"),
        ("time_low", "conf_low"),
        ("time_high", "conf_high"),
    ):
        with np.errstate(over="ignore"):
            table[column] = np.exp(table[of]).where(effects)
    return Fit(
        model=f"aft, {family}" + (", robust errors" if cluster else ""),
        formula=formula,
        table=table,
        covariance=pd.DataFrame(covariance, index=list(names), columns=list(names)),
        n=len(used),
        events=int(happened.sum()),
        loglik=float(rows.sum()),
        loglik_null=float(null_rows.sum()),
        converged=finished,
        dropped=dropped,
    )


class _Likelihood:
    """Log-likelihood of a location-scale model of log durations, with derivatives."""

    def __init__(self, start: Floats, stop: Floats, event: Any, family: str) -> None:
        self.y, self.event = np.log(stop), event.astype(float)
        self.late = start > 0
        self.y_entry = np.log(start[self.late])
        self.density, self.survivor = _SHAPES[family]
        self.free_scale = family != "exponential"

    def at(self, theta: Floats, X: Floats) -> tuple[Floats, Floats, Floats]:
        """Log-likelihood and score of each row (n, n x parameters), and the Hessian."""
        p = X.shape[1]
        scale = float(np.exp(theta[p])) if self.free_scale else 1.0
        d = self.event
        z = (self.y - X @ theta[:p]) / scale
        f, s = self.density(z), self.survivor(z)
        value, first, second = (d * a + (1 - d) * b for a, b in zip(f, s, strict=True))
        rows = value - d * (np.log(scale) + self.y)
        scores, hessian = self._chain(z, first, second, X, scale)
        scores[:, p:] -= d[:, None]
        if self.late.any():
            z0 = (self.y_entry - X[self.late] @ theta[:p]) / scale
            value, first, second = self.survivor(z0)
            entry_scores, entry_hessian = self._chain(z0, first, second, X[self.late], scale)
            rows[self.late] -= value
            scores[self.late] -= entry_scores
            hessian -= entry_hessian
        return rows, scores, hessian

    def _chain(
        self, z: Floats, first: Floats, second: Floats, X: Floats, scale: float
    ) -> tuple[Floats, Floats]:
        """Derivatives in b and log scale of a function of z; dz/db = -x/scale, dz/dlog s = -z."""
        slope = -X / scale
        if self.free_scale:
            slope = np.column_stack([slope, -z])
        hessian = slope.T @ (second[:, None] * slope)
        if self.free_scale:
            p = X.shape[1]
            cross = (first[:, None] * X / scale).sum(axis=0)
            hessian[:p, p] += cross
            hessian[p, :p] += cross
            hessian[p, p] += (first * z).sum()
        return first[:, None] * slope, hessian

    def maximise(self, X: Floats) -> tuple[Floats, Floats]:
        """Newton's method with step halving from the least-squares fit of all log durations.

        Returns the parameters and the step that was still to be made: zero at a maximum.
        """
        b = np.asarray(np.linalg.lstsq(X, self.y, rcond=None)[0], dtype=np.float64)
        spread = max(float((self.y - X @ b).std()), 0.1)
        theta: Floats = np.append(b, np.log(spread)) if self.free_scale else b
        step = np.full(len(theta), np.inf)
        rows, scores, hessian = self.at(theta, X)
        loglik = float(rows.sum())
        for _ in range(100):
            gradient = scores.sum(axis=0)
            curvature, axes = np.linalg.eigh(-hessian)
            # Far from the maximum the likelihood may curve upwards: climb there all the same.
            curvature = np.maximum(np.abs(curvature), 1e-10 * np.abs(curvature).max())
            step = axes @ ((axes.T @ gradient) / curvature)
            if float(gradient @ step) < 1e-20 * max(1.0, abs(loglik)):
                break
            for halving in range(40):
                candidate = theta + step / 2**halving
                with np.errstate(over="ignore", invalid="ignore"):
                    new = self.at(candidate, X)
                if new[0].sum() >= loglik - 1e-12 * abs(loglik):  # false if not a number
                    break
            else:
                break
            theta, (rows, scores, hessian) = candidate, new
            loglik = float(rows.sum())
        return theta, step


def _gumbel_density(z: Floats) -> Curve:
    e = np.exp(z)
    return z - e, 1 - e, -e


def _gumbel_survivor(z: Floats) -> Curve:
    e = np.exp(z)
    return -e, -e, -e


def _normal_density(z: Floats) -> Curve:
    return -(z**2) / 2 - np.log(2 * np.pi) / 2, -z, -np.ones_like(z)


def _normal_survivor(z: Floats) -> Curve:
    from scipy.special import log_ndtr

    log_s = log_ndtr(-z)
    hazard = np.exp(_normal_density(z)[0] - log_s)
    return log_s, -hazard, -hazard * (hazard - z)


def _logistic_density(z: Floats) -> Curve:
    from scipy.special import expit

    F = expit(z)
    return z - 2 * np.logaddexp(0, z), 1 - 2 * F, -2 * F * (1 - F)


def _logistic_survivor(z: Floats) -> Curve:
    from scipy.special import expit

    F = expit(z)
    return -np.logaddexp(0, z), -F, -F * (1 - F)


_SHAPES: dict[str, tuple[Callable[[Floats], Curve], Callable[[Floats], Curve]]] = {
    "weibull": (_gumbel_density, _gumbel_survivor),
    "lognormal": (_normal_density, _normal_survivor),
    "loglogistic": (_logistic_density, _logistic_survivor),
}
