"""Cox's proportional hazards model with Efron ties, strata, late entry, clusters and weights."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.models.design import Design, design_matrix, formula_variables
from analysis.models.efron import Efron, efron, risk_sets
from analysis.models.frame import (
    Floats,
    Ints,
    as_list,
    as_pandas,
    codes,
    complete_rows,
    numeric,
    observed_events,
    observed_times,
    require_columns,
)
from analysis.models.notices import ConvergenceWarning, warn_of_separation
from analysis.models.result import Fit, coefficient_table
from coalitiondata.errors import InvalidDataError

# lifelines stops once half the squared Newton decrement is below `precision`; at its default of
# 1e-7 estimates are off by up to 5e-4 standard errors. A relative change of the likelihood, its
# other rule, says too little and is switched off.
FIT_OPTIONS = {"precision": 1e-16, "r_precision": 0.0, "max_steps": 100}


@dataclass(frozen=True, eq=False, kw_only=True)
class CoxFit(Fit):
    """A Cox model; see `Fit` for the common face.

    Attributes:
        covariance_model: inverse information, also where `covariance` is robust.
        clusters: number of clusters, 0 without.
        design: names and terms of the covariates.
        efron: Efron's sums at the estimates, from which residuals and tests follow.
        rows: the rows used, with the frame's index: entry, duration, event, stratum, cluster,
            weight.
    """

    covariance_model: pd.DataFrame
    clusters: int
    design: Design
    efron: Efron
    rows: pd.DataFrame


def cox(
    frame: Any,
    formula: str,
    duration: str = "duration",
    event: str = "event",
    entry: str | None = None,
    strata: str | Sequence[str] | None = None,
    cluster: str | None = None,
    ties: str = "efron",
    weights: str | None = None,
) -> CoxFit:
    """Cox regression: h(t | x) = h0(t) exp(x'b), h0 left free and separate for each stratum.

    Estimates maximise the partial likelihood with Efron's treatment of ties, by lifelines.
    With `cluster`, standard errors are those of Lin and Wei (1989): the sandwich of score
    residuals, exact under Efron ties and late entry, summed by cluster, no small-sample factor,
    as in R ``coxph(..., cluster =)``.

    Args:
        frame: any data frame (pandas, polars, pyarrow, duckdb); one row per spell, or per
            (start, stop] interval with `entry`.
        formula: covariates, R-like: ``x + z``, ``x * g``, ``np.log(x)``, ``bs(x, df=4)``,
            ``C(g)``. Text and categories are coded against their first level.
        duration: time at which a row ends, in any unit, measured from the same origin as `entry`.
        event: 1 if it ends with the event, 0 if it is censored.
        entry: time from which a row is at risk (left truncation; time-varying covariates). A row
            entering at an event time is not at risk at that time.
        strata: columns whose combinations have baseline hazards of their own.
        cluster: column of the units within which rows depend on each other.
        ties: "efron", the only one on offer.
        weights: column of positive case weights. If they are not whole numbers, errors are
            robust, as in R, with each row a cluster unless `cluster` is given.

    Returns:
        The fit; its table adds hazard_ratio = exp(estimate) with hazard_low and hazard_high.

    Rows with a missing value in any column used are dropped with a DroppedRowsWarning. A
    coefficient that runs to infinity gives a SeparationWarning and ``converged`` False.

    Raises:
        UnknownNameError: a column that the frame does not have.
        InvalidDataError: no complete rows, fewer than two events, an event column other than 0/1,
            negative or infinite times, entries not before exits, covariates that are constant,
            collinear or without variation in the risk sets, weights that are not positive.

    Source: Cox (1972), JRSS B 34: 187-220; Efron (1977), JASA 72: 557-565; Lin and Wei (1989),
    JASA 84: 1074-1078.
    """
    if ties != "efron":
        raise InvalidDataError(f"ties {ties!r} is not available; use 'efron'")
    data = as_pandas(frame)
    named = [duration, event, *as_list(entry), *as_list(strata), *as_list(cluster)]
    named += as_list(weights)
    require_columns(data, named, "cox")
    used, dropped = complete_rows(data, [*named, *formula_variables(formula, data)])
    start, stop = observed_times(used, duration, entry)
    happened = observed_events(used, event)
    weight = np.ones(len(used)) if weights is None else numeric(used, weights)
    if (weight <= 0).any():
        raise InvalidDataError(f"weights column {weights!r} must be positive in every row")
    design = design_matrix(formula, used)
    rows = pd.DataFrame(
        {
            "entry": start,
            "duration": stop,
            "event": happened,
            "stratum": codes(used, strata),
            "cluster": codes(used, cluster) if cluster else np.arange(len(used)),
            "weight": weight,
        },
        index=used.index,
    )
    sets = risk_sets(start, stop, happened, rows["stratum"].to_numpy())
    null = efron(sets, design.matrix, weight, np.zeros(len(design.names)))
    _check_variation(null, design)

    estimate, variance, finished = _maximise(design.matrix, rows)
    at_estimate = efron(sets, design.matrix, weight, estimate)
    converged = _check_convergence(at_estimate, null, variance, design, finished)
    # Fractional weights are no counts of events, which the information takes them for.
    robust = cluster is not None or bool((weight % 1 != 0).any())
    covariance = _sandwich(at_estimate, variance, rows) if robust else variance

    table = coefficient_table(design.names, estimate, covariance)
    with np.errstate(over="ignore"):
        table["hazard_ratio"] = np.exp(table["estimate"])
        table["hazard_low"] = np.exp(table["conf_low"])
        table["hazard_high"] = np.exp(table["conf_high"])
    names = list(design.names)
    return CoxFit(
        model="cox, Efron ties" + (", robust errors" if robust else ""),
        formula=formula,
        table=table,
        covariance=pd.DataFrame(covariance, index=names, columns=names),
        covariance_model=pd.DataFrame(variance, index=names, columns=names),
        n=len(used),
        events=int(happened.sum()),
        loglik=at_estimate.loglik,
        loglik_null=null.loglik,
        converged=converged,
        dropped=dropped,
        clusters=int(rows["cluster"].nunique()) if cluster else 0,
        design=design,
        efron=at_estimate,
        rows=rows,
    )


def _maximise(X: Floats, rows: pd.DataFrame) -> tuple[Floats, Floats, bool]:
    """Estimates, inverse information and whether lifelines got through."""
    from lifelines import CoxPHFitter
    from lifelines.exceptions import ConvergenceError

    late = bool(np.isfinite(rows["entry"]).any())
    table = pd.DataFrame(X, columns=[f"x{k}" for k in range(X.shape[1])])
    for column in ["duration", "event", "stratum", "weight", *(["entry"] if late else [])]:
        table[column] = rows[column].to_numpy()

    def fit(**options: float) -> CoxPHFitter:
        return CoxPHFitter().fit(
            table,
            "duration",
            "event",
            strata=["stratum"],
            weights_col="weight",
            entry_col="entry" if late else None,
            fit_options={**FIT_OPTIONS, **options},
        )

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # its warnings do not name the column; ours do
        try:
            fitted, finished = fit(), True
        except ConvergenceError:
            # The information became singular on the way to infinity: stop short of that.
            try:
                fitted, finished = fit(max_steps=12), False
            except ConvergenceError as error:
                raise InvalidDataError(
                    "the partial likelihood has no maximum that can be found; "
                    "rescale or leave out covariates"
                ) from error
    return fitted.params_.to_numpy(), fitted.variance_matrix_.to_numpy(), finished


def _check_variation(null: Efron, design: Design) -> None:
    """Refuse covariates, or combinations, that do not differ within any risk set."""
    spread = np.sqrt((null.X**2).mean(axis=0))
    information = null.information() / np.outer(spread, spread)
    flat = np.diag(information) <= 1e-12 * len(null.X)
    if flat.any():
        names = ", ".join(n for n, f in zip(design.names, flat, strict=True) if f)
        raise InvalidDataError(
            f"covariate {names} does not vary within any risk set (it is constant within strata, "
            "or among all who are at risk together); leave it out or change the strata"
        )
    scale = np.sqrt(np.diag(information))
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    null_space = vectors[:, values <= 1e-12 * values.max()]
    involved = np.flatnonzero((np.abs(null_space) > 1e-5).any(axis=1))
    if involved.size:
        raise InvalidDataError(
            "collinear covariates within the risk sets: "
            + ", ".join(design.names[k] for k in involved)
            + "; leave one out"
        )


def _check_convergence(
    at: Efron, null: Efron, variance: Floats, design: Design, finished: bool
) -> bool:
    """Whether one more Newton step would move nothing; names what runs to infinity."""
    information = at.information()
    step = np.linalg.lstsq(information, at.score(), rcond=None)[0]
    # In units of the linear predictor: an infinite coefficient keeps growing by about one a step,
    # until nothing is left of the information about it.
    moves = np.abs(step) * np.ptp(at.X, axis=0)
    inflation = np.diag(variance) / np.diag(np.linalg.inv(null.information()))
    running = (moves > 1e-2) | ~((inflation > 0) & (inflation < 1e6))
    if runaway := [n for n, r in zip(design.names, running, strict=True) if r]:
        warn_of_separation(runaway, stacklevel=3)
        return False
    if not finished or not (moves < 1e-6).all():
        warnings.warn(
            "the partial likelihood is not at its maximum; rescale the covariates",
            ConvergenceWarning,
            stacklevel=3,
        )
        return False
    return True


def _sandwich(at: Efron, variance: Floats, rows: pd.DataFrame) -> Floats:
    clusters: Ints = rows["cluster"].to_numpy()
    if len(np.unique(clusters)) < 2:
        raise InvalidDataError("cluster-robust errors need at least two clusters")
    influence = pd.DataFrame(at.weights[:, None] * at.score_residuals() @ variance)
    by_cluster = influence.groupby(clusters).sum().to_numpy()
    return np.asarray(by_cluster.T @ by_cluster)
