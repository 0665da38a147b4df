"""Cox models on arrays: the study's estimator without its tables, for thousands of fits.

The likelihood, its maximiser, and the conditions under which a fit is refused are those of
`analysis.cox`; `analysis.multiverses.audit` holds a sample of every run against it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.models.efron import Efron, RiskSets, efron, group_sum, risk_sets
from analysis.models.frame import Floats, Ints
from analysis.models.newton import LONG, climb, inverse
from analysis.models.result import Z
from analysis.multiverses.frames import Bools, Frame

# Below five events for each coefficient, estimates and intervals of Cox models go astray.
# Vittinghoff and McCulloch (2007), American Journal of Epidemiology 165: 710-718.
EVENTS_PER_COEFFICIENT = 5
# Reasons that the likelihood gives; analysis.cox must refuse such a model too.
NOT_IDENTIFIED = ("constant", "no contrast", "collinear", "separation", "no maximum")


@dataclass(frozen=True)
class Failure:
    """Why a model was not estimated: `kind` to be counted, `reason` to be read."""

    kind: str
    reason: str


@dataclass(frozen=True, eq=False)
class Risk:
    """The rows of a model without its covariates; n rows.

    Attributes:
        sets: the risk sets.
        weights: ones, n.
        cluster: clusters numbered without gaps, n.
        clusters: how many.
    """

    sets: RiskSets
    weights: Floats
    cluster: Ints
    clusters: int

    @property
    def n(self) -> int:
        """Rows."""
        return len(self.weights)

    @cached_property
    def events(self) -> int:
        """Events."""
        return int(self.sets.dead.sum())


@dataclass(frozen=True, eq=False)
class Estimate:
    """A fitted Cox model: p coefficients and their cluster-robust covariance (p x p)."""

    names: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    loglik: float

    @cached_property
    def errors(self) -> Floats:
        """Robust standard errors, p."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def aic(self) -> float:
        """-2 loglik + 2 p of the partial likelihood."""
        return -2 * self.loglik + 2 * len(self.names)

    def of(self, name: str) -> dict[str, float]:
        """Coefficient, robust error, hazard ratio with its 95 per cent interval, two-sided p."""
        at = self.names.index(name)
        b, error = float(self.coefficients[at]), float(self.errors[at])
        return {
            "coefficient": b,
            "error": error,
            "hazard_ratio": _exp(b),
            "low": _exp(b - Z * error),
            "high": _exp(b + Z * error),
            "p": math.erfc(abs(b / error) / math.sqrt(2)) if error > 0 else math.nan,
        }

    def p_jointly(self, names: tuple[str, ...]) -> float:
        """Wald test that one or two coefficients are zero, with the robust covariance.

        The chi-square tail is erfc(sqrt(x / 2)) with one degree of freedom, exp(-x / 2) with two.
        """
        at = [self.names.index(name) for name in names]
        b = self.coefficients[at]
        statistic = float(b @ np.linalg.solve(self.covariance[np.ix_(at, at)], b))
        return math.erfc(math.sqrt(statistic / 2)) if len(at) == 1 else math.exp(-statistic / 2)


def risk(frame: Frame, rows: Bools, *, stratified: bool) -> Risk:
    """Risk sets and clusters of these rows; if `stratified`, each cluster's baseline is its own.

    At least one row must have an event.
    """
    codes, cluster = np.unique(frame.cluster[rows], return_inverse=True)
    strata = cluster if stratified else np.zeros(len(cluster), dtype=np.int64)
    return Risk(
        sets=risk_sets(frame.start[rows], frame.stop[rows], frame.event[rows], strata),
        weights=np.ones(len(cluster)),
        cluster=cluster.astype(np.int64),
        clusters=len(codes),
    )


def fit(risk: Risk, X: Floats, names: tuple[str, ...]) -> Estimate | Failure:
    """Cox regression of covariates `X` (n x p) with Efron ties and cluster-robust errors.

    Errors are Lin and Wei's (1989), as those of `analysis.cox`: score residuals summed by cluster,
    no small-sample factor. Returns a `Failure` where the model should not, or cannot, be estimated.

    Source: Lin and Wei (1989), JASA 84: 1074-1078.
    """
    return too_small(risk.events, risk.clusters, len(names)) or maximum(risk, X, names)


def maximum(risk: Risk, X: Floats, names: tuple[str, ...]) -> Estimate | Failure:
    """As `fit`, without the question whether events and clusters are enough."""
    spread = X.std(axis=0)
    flat = spread <= 1e-12 * np.abs(X).max(axis=0)
    if flat.any():
        return _failure("constant", names, flat, "takes one value in all rows")
    standard = (X - X.mean(axis=0)) / spread
    null = efron(risk.sets, standard, risk.weights, np.zeros(len(names)))
    start = null.information()
    if refused := _not_identified(start, risk.n, names):
        return refused
    reach = np.ptp(standard, axis=0)
    peak, finished = climb(lambda b: efron(risk.sets, standard, risk.weights, b), null, reach)
    with np.errstate(all="ignore"):  # of coefficients that are running to infinity
        at = efron(risk.sets, standard, risk.weights, peak)
        variance = inverse(at.information())
        moves = np.abs(variance @ at.score()) * reach
        inflation = np.diag(variance) / np.diag(inverse(start))
    running = (moves > LONG) | ~((inflation > 0) & (inflation < 1e6))
    if running.any():
        return _failure("separation", names, running, "has no finite estimate")
    if not finished or not (moves < 1e-6).all():
        return _failure("no maximum", names, moves >= 0, "the likelihood was not flat at the end")
    return Estimate(
        names=names,
        coefficients=peak / spread,
        covariance=_sandwich(at, variance, risk) / np.outer(spread, spread),
        loglik=at.loglik,
    )


def too_small(events: int, clusters: int, coefficients: int) -> Failure | None:
    """Why so few events or clusters do not allow that many coefficients; None if they do."""
    if events < max(2, EVENTS_PER_COEFFICIENT * coefficients):
        return Failure(
            "few events",
            f"{events} events for {coefficients} coefficients; "
            f"{EVENTS_PER_COEFFICIENT} for each are asked for",
        )
    # Scores sum to zero, so that fewer clusters leave the robust covariance without full rank.
    if clusters <= coefficients:
        return Failure(
            "few clusters",
            f"{clusters} clusters for {coefficients} coefficients; robust errors need more",
        )
    return None


def _not_identified(information: Floats, n: int, names: tuple[str, ...]) -> Failure | None:
    flat = np.diag(information) <= 1e-12 * n
    if flat.any():
        return _failure("no contrast", names, flat, "does not vary within any risk set")
    scale = np.sqrt(np.diag(information))
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    null_space = vectors[:, values <= 1e-12 * values.max()]
    involved = (np.abs(null_space) > 1e-5).any(axis=1)
    if involved.any():
        return _failure("collinear", names, involved, "say the same within the risk sets")
    return None


def _sandwich(at: Efron, variance: Floats, risk: Risk) -> Floats:
    by_cluster = group_sum(risk.cluster, at.score_residuals(), risk.clusters) @ variance
    return np.asarray(by_cluster.T @ by_cluster)


def _failure(kind: str, names: tuple[str, ...], which: Bools, words: str) -> Failure:
    named = ", ".join(name for name, hit in zip(names, which, strict=True) if hit)
    return Failure(kind, f"{named}: {words}")


def _exp(value: float) -> float:
    return math.exp(value) if value < 709 else math.inf
