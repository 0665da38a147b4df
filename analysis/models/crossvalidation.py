"""Cross-validation of Cox models that leaves out whole groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.models.efron import Efron, RiskSets, efron
from analysis.models.frame import Floats, Ints
from analysis.models.ipcw import brier_weights, curves, step_integral
from analysis.models.refit import maximise
from analysis.models.yardsticks import Sample, agreement, predicted, uno_weights

CV_MEASURES = ("cv_loglik", "cv_harrell_c", "cv_uno_c", "cv_ibs", "cv_ipa")


@dataclass(frozen=True, eq=False)
class CrossValidated:
    """Cross-validated measures.

    Attributes:
        models: model -> measure (`CV_MEASURES`) -> value; missing for a model that could not be
            fitted without some fold.
        folds: fold, rows, events, model, cv_loglik (that fold's part), fitted.
    """

    models: dict[str, dict[str, float]]
    folds: pd.DataFrame


def cross_validate(
    sample: Sample, fold: Ints, starts: Mapping[str, Floats] | None = None
) -> CrossValidated:
    """Fit each model without each fold and judge it by the rows of that fold.

    With b_k the coefficients without fold k:
    cv_loglik = sum_k [ l(b_k) - l_k(b_k) ], l the partial log-likelihood of all rows, l_k that
    without the fold; only its differences between models mean something;
    cv_harrell_c, cv_uno_c: over pairs within a fold, the only ones whose scores come from one
    model; pooling scores of different models would bias them;
    cv_ibs: integrated Brier score of the predictions S_k(t | x) of each fold's rows;
    cv_ipa = 1 - cv_ibs over that of the Kaplan-Meier curves without the fold.
    Censoring weights are those of all rows. The null model predicts those Kaplan-Meier curves.

    Source: Verweij and van Houwelingen (1993), Statistics in Medicine 12: 2305-2314; Airola et al.
    (2011), Computational Statistics and Data Analysis 55: 1828-1844, on pooling.
    """
    n, names = len(fold), list(sample.designs)
    everyone = np.ones(n, dtype=bool)
    sets, unit, grid = sample.sets(everyone), np.ones(n), sample.grid
    eta = {name: np.zeros(n) for name in names}
    survival = {name: np.ones((n, len(grid))) for name in names}
    null_survival = np.ones((n, len(grid)))
    rows = []
    for k in np.unique(fold):
        train, test = fold != k, fold == k
        inner, inner_unit = sample.sets(train), np.ones(int(train.sum()))
        km = curves(sample.stop[train], sample.event[train], inner_unit).survival_at(grid)
        null_survival[test] = km
        for name in names:
            X = sample.designs[name]
            start = None if starts is None else starts[name]
            found = (
                maximise(inner, X[train], inner_unit, start)
                if sample.event[train].sum() >= 2
                else None
            )
            part = float("nan")
            if found is not None:
                b, at = found
                part = efron(sets, X, unit, b).loglik - at.loglik
                eta[name][test] = (X[test] - X[train].mean(axis=0)) @ b
                survival[name][test] = _survival(inner, at, eta[name][test], grid, km)
            rows.append(
                {
                    "fold": int(k),
                    "rows": int(test.sum()),
                    "events": int(sample.event[test].sum()),
                    "model": name,
                    "cv_loglik": part,
                    "fitted": found is not None,
                }
            )
    folds = pd.DataFrame(rows)
    time_weight, ibs = None, {name: float("nan") for name in names}
    ibs_null = float("nan")
    if sample.tau is not None:
        both = curves(sample.stop, sample.event, unit)
        time_weight = uno_weights(
            sample.stop, sample.event, both.uncensored_before(sample.stop), sample.tau
        )
        brier = brier_weights(sample.stop, sample.event, unit, grid, both)
        ibs_null = step_integral(grid, brier.score(null_survival), sample.tau)
        ibs = {m: step_integral(grid, brier.score(s), sample.tau) for m, s in survival.items()}
    agreed = agreement(eta, sets, unit, time_weight, block=fold)
    loglik = folds.groupby("model")["cv_loglik"].sum(min_count=folds["fold"].nunique())
    models = {}
    for name in names:
        values = (loglik[name], *agreed[name], ibs[name], 1 - ibs[name] / ibs_null)
        usable = bool(folds.loc[folds["model"] == name, "fitted"].all())
        models[name] = {
            m: float(v) if usable else float("nan")
            for m, v in zip(CV_MEASURES, values, strict=True)
        }
    return CrossValidated(models=models, folds=folds)


def _survival(inner: RiskSets, at: Efron, eta: Floats, grid: Floats, null: Floats) -> Floats:
    if not at.X.shape[1]:
        return np.broadcast_to(null, (len(eta), len(grid)))
    with np.errstate(over="ignore"):
        return predicted(inner, at, np.exp(eta), grid)
