"""All measures of fit and prediction of several Cox models on one, possibly weighted, sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.models.accuracy import normal_scores, share_explained
from analysis.models.concordance import CHUNK, rounded
from analysis.models.efron import Efron, RiskSets, efron, risk_sets
from analysis.models.frame import Floats, Ints
from analysis.models.ipcw import BrierWeights, brier_weights, curves, step, step_integral
from analysis.models.refit import maximise

# measure -> whether a higher value is better
HIGHER_IS_BETTER = {
    "loglik": True,
    "aic": False,
    "bic": False,
    "harrell_c": True,
    "uno_c": True,
    "ibs": False,
    "ipa": True,
    "r2_d": True,
    "r2_randomness": True,
}


@dataclass(frozen=True, eq=False)
class Sample:
    """Complete rows and the covariates of each model.

    Attributes:
        start, stop, event: as `risk_sets`.
        designs: model -> covariates, rows x p, p = 0 for the null model.
        tau: horizon of Uno's concordance and the Brier score; None if rows enter late, which
            leaves both out.
    """

    start: Floats
    stop: Floats
    event: npt.NDArray[np.bool_]
    designs: Mapping[str, Floats]
    tau: float | None

    def sets(self, keep: npt.NDArray[np.bool_]) -> RiskSets:
        """Risk sets of some of the rows."""
        nobody = np.zeros(int(keep.sum()), dtype=np.int64)
        return risk_sets(self.start[keep], self.stop[keep], self.event[keep], nobody)

    @property
    def grid(self) -> Floats:
        """Times at which a predicted or observed curve may step, before the horizon."""
        times = np.unique(self.stop)
        return times if self.tau is None else times[times < self.tau]


def yardsticks(
    sample: Sample, weights: Floats, starts: Mapping[str, Floats] | None = None
) -> dict[str, dict[str, float]]:
    """Fit every model to the rows with positive case `weights` and take its measures there.

    Returns model -> measure -> value, for the names in `HIGHER_IS_BETTER`; a model of which no
    maximum is found is not in it. Weights are whole numbers. `starts` begins the search.
    """
    keep = weights > 0
    w, stop, event = weights[keep], sample.stop[keep], sample.event[keep]
    if event.sum() < 2:
        return {}
    sets = sample.sets(keep)
    null = efron(sets, np.zeros((len(w), 0)), w, np.zeros(0)).loglik
    fits: dict[str, tuple[Floats, Efron]] = {}
    for name, X in sample.designs.items():
        found = maximise(sets, X[keep], w, None if starts is None else starts[name])
        if found is not None:
            fits[name] = found
    etas = {name: at.X @ b for name, (b, at) in fits.items()}
    brier: BrierWeights | None = None
    time_weight: Floats | None = None
    grid, ibs_null = sample.grid, float("nan")
    if sample.tau is not None:
        both = curves(stop, event, w)
        time_weight = uno_weights(stop, event, both.uncensored_before(stop), sample.tau)
        brier = brier_weights(stop, event, w, grid, both)
        ibs_null = step_integral(grid, brier.score(both.survival_at(grid)), sample.tau)
    agreed = agreement(etas, sets, w, time_weight)
    events = float(w[event].sum())
    out = {}
    for name, (b, at) in fits.items():
        ibs = ibs_null
        if len(b) and brier is not None and sample.tau is not None:
            survival = predicted(sets, at, at.risk, grid)
            ibs = step_integral(grid, brier.score(survival), sample.tau)
        out[name] = {
            "loglik": at.loglik,
            "aic": -2 * at.loglik + 2 * len(b),
            "bic": -2 * at.loglik + float(np.log(events)) * len(b),
            "harrell_c": agreed[name][0],
            "uno_c": agreed[name][1],
            "ibs": ibs,
            "ipa": 1 - ibs / ibs_null if ibs_null > 0 else float("nan"),
            "r2_d": _r2_d(sets, etas[name], w),
            "r2_randomness": 1 - float(np.exp(-2 * (at.loglik - null) / events)),
        }
    return out


def uno_weights(
    stop: Floats, event: npt.NDArray[np.bool_], uncensored: Floats, tau: float
) -> Floats:
    """1 / G(T-)^2 of events up to `tau`, else 0; `uncensored` is G(T-)."""
    counted = event & (stop <= tau)
    return np.where(counted, 1 / np.where(counted, uncensored, 1.0) ** 2, 0.0)


def agreement(
    etas: Mapping[str, Floats],
    sets: RiskSets,
    weights: Floats,
    time_weight: Floats | None,
    block: Ints | None = None,
) -> dict[str, tuple[float, float]]:
    """Harrell's and Uno's concordance of several scores, NaN where no pair is comparable.

    `time_weight`: of Uno's pairs, by the row that fails; None leaves his out. `block`: pairs are
    made within it only.
    """
    scores = {name: rounded(eta) for name, eta in etas.items()}
    dead = np.flatnonzero(sets.own >= 0)
    pairs = np.zeros(len(dead))
    lead = {name: np.zeros(len(dead)) for name in scores}  # pairs won minus pairs lost
    n = len(weights)
    for place in np.array_split(np.arange(len(dead)), max(1, len(dead) * n // CHUNK)):
        rows = dead[place]
        now = sets.own[rows, None]
        comparable = (sets.first <= now) & (now < sets.last) & (sets.own != now)
        if block is not None:
            comparable &= block[rows, None] == block
        mass = np.where(comparable, weights, 0.0)
        pairs[place] = mass.sum(axis=1)
        for name, eta in scores.items():
            lead[name][place] = (np.sign(eta[rows, None] - eta) * mass).sum(axis=1)
    plain = weights[dead]
    weighted = plain * (np.full(len(dead), np.nan) if time_weight is None else time_weight[dead])
    return {
        name: (_half(plain, ahead, pairs), _half(weighted, ahead, pairs))
        for name, ahead in lead.items()
    }


def predicted(sets: RiskSets, at: Efron, risk: Floats, grid: Floats) -> Floats:
    """Survival of rows with `risk` relative to the mean of a fit without strata, rows x grid."""
    hazard = step(sets.time, at.hazard.cumsum(), grid, start=0.0)
    return np.asarray(np.exp(-risk[:, None] * hazard))


def _half(weight: Floats, lead: Floats, pairs: Floats) -> float:
    total = weight @ pairs
    return float((1 + weight @ lead / total) / 2) if total > 0 else float("nan")


def _r2_d(sets: RiskSets, eta: Floats, weights: Floats) -> float:
    """Royston and Sauerbrei's share of explained variation; 0 for a constant score."""
    score = rounded(eta)
    if np.ptp(score) == 0:
        return 0.0
    found = maximise(sets, normal_scores(score, weights)[:, None], weights)
    return float("nan") if found is None else share_explained(float(found[0][0]) ** 2)
