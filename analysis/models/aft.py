"""Accelerated failure time models, from the exponential to the generalised gamma."""

from __future__ import annotations

import warnings
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
from analysis.models.location_scale import SHAPES, LocationScale, Rows
from analysis.models.notices import ConvergenceWarning, warn_of_separation
from analysis.models.result import ANCILLARY, Fit, coefficient_table
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
    is 1 for the Weibull and 0 for the log-normal) distribution. Estimates maximise the likelihood
    of the durations (not of their logarithms), conditional on survival to `entry`, by Newton's
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
        The fit; terms are Intercept, covariates, log(scale) and (shape). The table adds
        time_ratio = exp(estimate), by which a unit more multiplies durations, with time_low and
        time_high.

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
    density, survivor = SHAPES.get(family, SHAPES["lognormal"])
    model = LocationScale(
        stop, happened.astype(float), start, density, survivor, family != "exponential"
    )
    theta, step, (rows, scores, hessian) = _maximum(model, X, family)
    null_rows = _maximum(model, X[:, :1], family)[2][0]
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
    names = ("Intercept", *design.names, *ANCILLARY[: len(theta) - X.shape[1]])
    table = coefficient_table(names, B @ theta, covariance)
    effects = ~table["term"].isin(ANCILLARY)
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


def _maximum(model: LocationScale, X: Floats, family: str) -> tuple[Floats, Floats, Rows]:
    """Estimates, the Newton step still to be made, and the likelihood there."""
    if family == "gengamma":
        theta, step = gengamma.maximise(model, X)
        return theta, step, gengamma.at(model, theta, X)
    theta, step = model.maximise(X)
    return theta, step, model.at(theta, X)
