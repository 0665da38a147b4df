"""The four models of every replication, estimated side by side."""

from __future__ import annotations

import pandas as pd

from analysis.models.aft import Family, aft
from analysis.models.cox import cox
from analysis.models.result import Fit

AFT_FAMILIES: tuple[Family, ...] = ("exponential", "weibull", "lognormal")
MODELS: tuple[str, ...] = (*AFT_FAMILIES, "cox")
COLUMNS = [
    *("model", "term", "estimate", "std_error", "std_error_cluster"),
    *("n", "events", "loglik"),
]


def four_models(
    frame: pd.DataFrame,
    formula: str,
    duration: str = "duration",
    event: str = "event",
    cluster: str | None = None,
) -> pd.DataFrame:
    """Exponential, Weibull and log-normal AFT models and Cox's model of the same rows.

    Args:
        frame: one row per spell.
        formula: covariates, as in `analysis.cox`.
        duration, event: columns, as there; durations must be positive.
        cluster: column of units within which rows depend on each other, for a second standard
            error; estimates and `std_error` are the same with and without.

    Returns:
        One row per model and coefficient: model, term, estimate, std_error (from the information
        matrix), std_error_cluster (sandwich; missing without `cluster`), n, events, loglik. AFT
        estimates are effects on log duration, so positive means longer; Cox estimates are log
        hazard ratios, so positive means shorter.

    Rows with missing values are dropped with a DroppedRowsWarning. Raises as `analysis.aft` and
    `analysis.cox`.
    """
    parts = []
    for model in MODELS:
        plain = _fit(model, frame, formula, duration, event, None)
        part = plain.table[["term", "estimate", "std_error"]].assign(
            model=model, n=plain.n, events=plain.events, loglik=plain.loglik
        )
        part["std_error_cluster"] = float("nan")
        if cluster is not None:
            robust = _fit(model, frame, formula, duration, event, cluster)
            part["std_error_cluster"] = robust.table["std_error"]
        parts.append(part)
    return pd.concat(parts, ignore_index=True)[COLUMNS]


def _fit(
    model: str, frame: pd.DataFrame, formula: str, duration: str, event: str, cluster: str | None
) -> Fit:
    for family in AFT_FAMILIES:
        if family == model:
            return aft(frame, formula, duration, event, family=family, cluster=cluster)
    return cox(frame, formula, duration, event, cluster=cluster)
