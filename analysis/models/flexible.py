"""Piecewise exponential regression: a hazard that is constant between chosen times."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.models.design import Design, collinear, design_matrix, formula_variables
from analysis.models.episodes import PERIOD, cut_rows, period_labels, proper_cuts, times_from_zero
from analysis.models.frame import (
    Floats,
    Ints,
    as_list,
    as_pandas,
    codes,
    complete_rows,
    observed_events,
    require_columns,
)
from analysis.models.newton import inverse
from analysis.models.notices import ConvergenceWarning, warn_of_separation
from analysis.models.result import Fit, coefficient_table
from coalitiondata.errors import InvalidDataError


@dataclass(frozen=True, eq=False, kw_only=True)
class PiecewiseFit(Fit):
    """A piecewise exponential model; see `Fit` for the common face.

    `n` and `events` count the rows given, not the episodes they were cut into. `aic` and `bic`
    count a parameter for each period.

    Attributes:
        baseline: one row per period: period, start, stop, events, exposure (time at risk),
            estimate (log hazard where all covariates are zero), std_error, hazard, hazard_low,
            hazard_high (95 per cent).
        covariance_all: of the periods' log hazards, then the covariates' coefficients.
        covariance_model: the same as if rows were independent, also where errors are robust.
        episodes: rows after cutting.
        clusters: number of clusters, 0 without.
    """

    baseline: pd.DataFrame
    covariance_all: pd.DataFrame
    covariance_model: pd.DataFrame
    episodes: int
    clusters: int

    @property
    def aic(self) -> float:
        """Akaike's criterion."""
        return -2 * self.loglik + 2 * len(self.covariance_all)

    @property
    def bic(self) -> float:
        """Schwarz's criterion, with events as the number of observations."""
        return -2 * self.loglik + float(np.log(self.events)) * len(self.covariance_all)


def piecewise_exponential(
    frame: Any,
    formula: str,
    cuts: Sequence[float],
    duration: str = "duration",
    event: str = "event",
    entry: str | None = None,
    cluster: str | None = None,
) -> PiecewiseFit:
    """Proportional hazards with a baseline that is constant within periods.

    h(t | x) = exp(a_k + x'b) for t in the k-th period (c_(k-1), c_k], the first from zero, the last
    without end. Each row is cut at the `cuts` it outlasts; given the episodes, the likelihood is
    that of Poisson counts with the log of the exposure as offset, which statsmodels maximises.
    Unlike Cox regression it gives the hazard itself, and with ``period`` in the formula, as in
    ``x + x:period``, effects that differ between periods (unless the frame has a column of that
    name of its own). Without cuts it is the exponential model.

    Args:
        frame: any data frame, one row per spell, or per (start, stop] interval with `entry`.
        formula: covariates, as in `cox`; "1" for none; `period` is the period of an episode.
            Transforms that depend on the data (``bs``, ``scale``) see the episodes, as in R.
        cuts: times between periods, positive and increasing, in the unit of the durations.
        duration, event, entry: as in `cox`; durations must be positive.
        cluster: column of the units within which rows depend on each other: sandwich errors,
            without small-sample factor, as `cox`.

    Returns:
        The fit; its table has the covariates with hazard_ratio, hazard_low, hazard_high, its
        `baseline` the periods. `loglik` is that of the durations, as of ``aft(family=
        "exponential")``: the Poisson one less the sum of the log exposures of episodes with the
        event. `loglik_null` is without covariates.

    Rows with a missing value in any column used are dropped with a DroppedRowsWarning. A
    coefficient that runs to infinity gives a SeparationWarning and ``converged`` False.

    Raises:
        UnknownNameError: a column that the frame does not have.
        InvalidDataError: as `cox`; durations of zero; cuts that are not positive and increasing;
            a period without an event, whose hazard has no finite estimate.

    Source: Holford (1980), Biometrics 36: 299-305; Laird and Olivier (1981), JASA 76: 231-240;
    Friedman (1982), Annals of Statistics 10: 101-113.
    """
    data = as_pandas(frame)
    inner = proper_cuts(cuts)
    named = [duration, event, *as_list(entry), *as_list(cluster)]
    require_columns(data, named, "piecewise_exponential")
    known = data if PERIOD in data else data.assign(**{PERIOD: ""})
    used, dropped = complete_rows(known, [*named, *formula_variables(formula, known)])
    start, stop = times_from_zero(used, duration, entry, positive=True)
    happened = observed_events(used, event)
    piece = cut_rows(start, stop, happened, inner)
    labels = period_labels(inner)
    cells = _cells(piece, labels)
    episodes = used.iloc[piece["row"]]
    if PERIOD not in data:
        period = pd.Categorical.from_codes(piece["period"].to_numpy(), categories=pd.Index(labels))
        episodes = episodes.assign(**{PERIOD: period})
    design = _design(formula, episodes)

    counts = piece["event"].to_numpy(dtype=float)
    exposure = (piece["stop"] - piece["start"]).to_numpy()
    centre, spread = design.matrix.mean(axis=0), design.matrix.std(axis=0)
    dummies = np.eye(len(labels))[piece["period"]]
    X = np.column_stack([dummies, (design.matrix - centre) / spread])
    _check_collinear(X, labels, design)
    clusters = codes(used, cluster)[piece["row"]] if cluster else None
    if cluster and len(np.unique(codes(used, cluster))) < 2:
        raise InvalidDataError("cluster-robust errors need at least two clusters")
    theta, model, robust, loglik = _poisson(X, counts, exposure, clusters)

    # Back from standardised covariates: log hazards are where covariates are zero.
    T = len(labels)
    B = np.eye(len(theta))
    B[:T, T:] = -centre / spread
    B[T:, T:] = np.diag(1 / spread)
    estimate, covariance_model, covariance = B @ theta, B @ model @ B.T, B @ robust @ B.T
    converged = _converged(X, counts, exposure, theta, model, design, T)
    constant = float(np.log(exposure[counts == 1]).sum())
    rate = cells["events"] / cells["exposure"]
    null = float((cells["events"] * np.log(rate)).sum() - cells["events"].sum())
    names = [*labels, *design.names]
    table = coefficient_table(design.names, estimate[T:], covariance[T:, T:])
    with np.errstate(over="ignore"):
        table["hazard_ratio"] = np.exp(table["estimate"])
        table["hazard_low"] = np.exp(table["conf_low"])
        table["hazard_high"] = np.exp(table["conf_high"])
    effects = list(design.names)
    return PiecewiseFit(
        model=f"piecewise exponential, {T} periods" + (", robust errors" if cluster else ""),
        formula=formula,
        table=table,
        covariance=pd.DataFrame(covariance[T:, T:], index=effects, columns=effects),
        covariance_all=pd.DataFrame(covariance, index=names, columns=names),
        covariance_model=pd.DataFrame(covariance_model, index=names, columns=names),
        n=len(used),
        events=int(happened.sum()),
        loglik=loglik - constant,
        loglik_null=null,
        converged=converged,
        dropped=dropped,
        baseline=_baseline(cells, inner, estimate[:T], covariance[:T, :T]),
        episodes=len(piece),
        clusters=len(np.unique(clusters)) if clusters is not None else 0,
    )


def _cells(piece: pd.DataFrame, labels: list[str]) -> pd.DataFrame:
    """Events and exposure by period; none without events."""
    exposure = piece["stop"] - piece["start"]
    by = piece.assign(exposure=exposure).groupby("period")[["event", "exposure"]].sum()
    cells = by.reindex(range(len(labels)), fill_value=0).set_axis(labels)
    cells = cells.rename(columns={"event": "events"})
    if (cells["events"] == 0).any():
        empty = ", ".join(cells.index[cells["events"] == 0])
        raise InvalidDataError(
            f"no event in period {empty}, so that its hazard has no finite estimate; choose cuts "
            "with events on either side"
        )
    return cells


def _design(formula: str, episodes: pd.DataFrame) -> Design:
    if formula.strip() == "1":
        return Design(names=(), terms={}, matrix=np.empty((len(episodes), 0)))
    return design_matrix(formula, episodes)


def _check_collinear(X: Floats, labels: list[str], design: Design) -> None:
    if involved := collinear(X / np.sqrt((X**2).mean(axis=0))):
        names = [*(f"period {label}" for label in labels), *design.names]
        raise InvalidDataError(
            "collinear covariates: "
            + ", ".join(names[k] for k in involved)
            + "; the periods' own hazards are in the model already, leave one out"
        )


def _poisson(
    X: Floats, counts: Floats, exposure: Floats, clusters: Ints | None
) -> tuple[Floats, Floats, Floats, float]:
    """Estimates, inverse information, the covariance asked for, Poisson log-likelihood."""
    import statsmodels.api as sm

    model = sm.GLM(counts, X, family=sm.families.Poisson(), offset=np.log(exposure))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # its warnings do not name the column; ours do
        fitted = model.fit(maxiter=100, tol=1e-10, tol_criterion="params")
        theta = np.asarray(fitted.params, dtype=float)
        rate = np.exp(X @ theta) * exposure
    plain = inverse((X * rate[:, None]).T @ X)
    robust = plain
    if clusters is not None:
        scores = pd.DataFrame(X * (counts - rate)[:, None]).groupby(clusters).sum().to_numpy()
        influence = scores @ plain
        robust = influence.T @ influence
    return theta, plain, robust, float(counts @ np.log(rate) - rate.sum())


def _converged(
    X: Floats,
    counts: Floats,
    exposure: Floats,
    theta: Floats,
    variance: Floats,
    design: Design,
    periods: int,
) -> bool:
    """Whether a further Newton step would move nothing; names what runs to infinity."""
    rate = np.exp(X @ theta) * exposure
    step = variance @ (X.T @ (counts - rate))
    # Standardised, a variance is near 1 / events unless nothing is left of the information.
    inflation = np.diag(variance)[periods:] * counts.sum()
    running = (np.abs(step[periods:]) > 1e-2) | ~((inflation > 0) & (inflation < 1e6))
    if runaway := [n for n, r in zip(design.names, running, strict=True) if r]:
        warn_of_separation(runaway, stacklevel=3)
        return False
    if not (np.abs(step) < 1e-6).all():
        warnings.warn(
            "the likelihood is not at its maximum; estimates are not to be used",
            ConvergenceWarning,
            stacklevel=3,
        )
        return False
    return True


def _baseline(
    cells: pd.DataFrame, cuts: Floats, estimate: Floats, covariance: Floats
) -> pd.DataFrame:
    table = coefficient_table(tuple(cells.index), estimate, covariance)
    return pd.DataFrame(
        {
            "period": table["term"],
            "start": np.concatenate([[0.0], cuts]),
            "stop": np.concatenate([cuts, [np.inf]]),
            "events": cells["events"].to_numpy(dtype=int),
            "exposure": cells["exposure"].to_numpy(),
            "estimate": table["estimate"],
            "std_error": table["std_error"],
            "hazard": np.exp(table["estimate"]),
            "hazard_low": np.exp(table["conf_low"]),
            "hazard_high": np.exp(table["conf_high"]),
        }
    )
