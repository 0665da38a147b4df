"""Cox's proportional hazards model with Efron ties, strata, late entry, clusters and weights."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.models.design import Design, design_matrix, formula_variables
from analysis.models.efron import Efron, RiskSets, efron, risk_sets
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
from analysis.models.newton import LONG, climb, inverse
from analysis.models.notices import ConvergenceWarning, warn_of_separation
from analysis.models.result import Fit, coefficient_table
from coalitiondata.errors import InvalidDataError


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

    Estimates maximise the partial likelihood with Efron's treatment of ties, by Newton's method
    on standardised covariates. A step takes time in proportion to rows x covariates squared and
    memory of a few times the design matrix, so that a million rows are no trouble.

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
    rows = risk_rows(used, duration, event, entry, strata, cluster, weights)
    design = design_matrix(formula, used)
    weight = rows["weight"].to_numpy()
    sets = sets_of(rows)
    # The units of covariates must not matter to the arithmetic.
    spread = design.matrix.std(axis=0)
    standard = (design.matrix - design.matrix.mean(axis=0)) / spread
    null = efron(sets, standard, weight, np.zeros(len(spread)))
    check_variation(null, design)
    reach = np.ptp(standard, axis=0)
    peak, finished = climb(lambda b: efron(sets, standard, weight, b), null, reach)
    with np.errstate(all="ignore"):  # of coefficients that are running to infinity
        at_estimate = efron(sets, design.matrix, weight, peak / spread)
    converged = _check_convergence(at_estimate, null, spread, design, finished)
    units = np.outer(spread, spread)
    variance = inverse(at_estimate.information() / units) / units
    # Fractional weights are no counts of events, which the information takes them for.
    robust = cluster is not None or bool((weight % 1 != 0).any())
    covariance = _sandwich(at_estimate, variance, rows) if robust else variance

    table = coefficient_table(design.names, peak / spread, covariance)
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
        n=len(rows),
        events=int(rows["event"].sum()),
        loglik=at_estimate.loglik,
        loglik_null=null.loglik,
        converged=converged,
        dropped=dropped,
        clusters=int(rows["cluster"].nunique()) if cluster else 0,
        design=design,
        efron=at_estimate,
        rows=rows,
    )


def risk_rows(
    used: pd.DataFrame,
    duration: str,
    event: str,
    entry: str | None = None,
    strata: str | Sequence[str] | None = None,
    cluster: str | None = None,
    weights: str | None = None,
) -> pd.DataFrame:
    """The `rows` of a `CoxFit` from complete rows of a frame; raises as `cox`."""
    start, stop = observed_times(used, duration, entry)
    happened = observed_events(used, event)
    weight = np.ones(len(used)) if weights is None else numeric(used, weights)
    if (weight <= 0).any():
        raise InvalidDataError(f"weights column {weights!r} must be positive in every row")
    return pd.DataFrame(
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


def sets_of(rows: pd.DataFrame) -> RiskSets:
    """Risk sets of the rows of a `CoxFit`."""
    return risk_sets(*(rows[c].to_numpy() for c in ("entry", "duration", "event", "stratum")))


def check_variation(null: Efron, design: Design) -> None:
    """Refuse covariates, or combinations, that do not differ within any risk set."""
    information = null.information()
    flat = np.diag(information) <= 1e-12 * null.weights.sum()
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
    at: Efron, null: Efron, spread: Floats, design: Design, finished: bool
) -> bool:
    """Whether one more Newton step would move nothing; names what runs to infinity."""
    inverse_information = inverse(at.information() / np.outer(spread, spread))
    step = inverse_information @ (at.score() / spread)
    # In units of the linear predictor: an infinite coefficient keeps growing by about one a step,
    # until nothing is left of the information about it.
    moves = np.abs(step) * np.ptp(null.X, axis=0)
    inflation = np.diag(inverse_information) / np.diag(inverse(null.information()))
    running = (moves > LONG) | ~((inflation > 0) & (inflation < 1e6))
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
