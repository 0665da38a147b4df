"""Effects of the members' study in one shape, and the rules from effects to verdicts."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pandas as pd

from analysis.models.choice import ChoiceFit
from analysis.models.cox import CoxFit
from analysis.models.influence import InfluenceFit
from analysis.models.notices import ConvergenceWarning, DroppedRowsWarning, SeparationWarning
from analysis.models.result import CONFIDENCE
from analysis.study.plan import LEVEL, NEGLIGIBLE_FROM
from analysis.study.verdicts import Verdict
from coalitiondata.errors import InvalidDataError

AnyFit = TypeVar("AnyFit", CoxFit, ChoiceFit, InfluenceFit)

# Below this a sandwich over clusters and a normal approximation mean too little for a verdict.
LEAST_EVENTS = 10
NEGLIGIBLE_SLOPE = 0.10

EFFECTS = [
    "hypothesis",
    "family",
    "variant",
    "term",
    "effect",
    "estimate",
    "low",
    "high",
    "low_model",
    "high_model",
    "p_value",
    "n",
    "events",
    "groups",
    "clusters",
    "note",
]


def quietly(fit: Callable[[], AnyFit]) -> AnyFit | str:
    """The fit, or why there is none; what it leaves out is counted in the samples' table."""
    with warnings.catch_warnings():
        for category in (DroppedRowsWarning, SeparationWarning, ConvergenceWarning):
            warnings.simplefilter("ignore", category)
        try:
            return fit()
        except InvalidDataError as error:
            return str(error)


def effects(
    fit: CoxFit | ChoiceFit | InfluenceFit | str,
    hypothesis: str,
    family: str,
    variant: str,
    groups: int | None = None,
) -> pd.DataFrame:
    """One row per coefficient: ratio or slope with its robust and its model-based interval.

    `low` and `high` are cluster-robust, `low_model` and `high_model` from the model's own
    covariance. A model that could not be fitted gives one row with the reason as `note`; of one
    that did not converge the numbers are missing.
    """
    about = {"hypothesis": hypothesis, "family": family, "variant": variant}
    if isinstance(fit, str):
        return pd.DataFrame([{**about, "note": fit}]).reindex(columns=EFFECTS)
    table = fit.table
    error = np.sqrt(np.diag(fit.covariance_model))
    half = _quantile(fit) * error
    bounds = pd.DataFrame(
        {
            "estimate": table["estimate"],
            "low": table["conf_low"],
            "high": table["conf_high"],
            "low_model": table["estimate"] - half,
            "high_model": table["estimate"] + half,
        }
    )
    if not isinstance(fit, InfluenceFit):
        with np.errstate(over="ignore"):
            bounds = bounds.apply(np.exp)
    name = {CoxFit: "hazard ratio", ChoiceFit: "odds ratio", InfluenceFit: "slope"}[type(fit)]
    rows = bounds.assign(
        **about,
        term=table["term"],
        effect=name,
        p_value=table["p_value"],
        n=fit.n,
        events=fit.events,
        groups=getattr(fit, "groups", 0) or groups,
        clusters=fit.clusters,
        note="" if fit.converged else "no finite estimate",
    )
    if not fit.converged:
        rows[["estimate", "low", "high", "low_model", "high_model", "p_value"]] = np.nan
    return rows[EFFECTS]


def side(row: pd.Series, null: float) -> str:
    """Where both intervals of an effect lie: "above" or "below" the null value, or "across" it.

    Both, because sandwiches over few clusters are too small and model-based errors ignore clusters.
    """
    if min(row["low"], row["low_model"]) > null:
        return "above"
    if max(row["high"], row["high_model"]) < null:
        return "below"
    return "across"


def expects(direction: str, row: pd.Series, null: float = 1.0) -> Verdict:
    """Supported if the effect lies on the expected side of `null`, contrary if on the other.

    Undecided with fewer than LEAST_EVENTS events, or without an estimate.
    """
    found = side(row, null) if row["events"] >= LEAST_EVENTS else "across"
    if found == "across":
        return "undecided"
    return "supported" if found == direction else "contrary"


def decides(row: pd.Series) -> Verdict:
    """Supported if a ratio differs from 1 in either direction, contrary if it is negligible."""
    if row["events"] >= LEAST_EVENTS and side(row, 1.0) != "across":
        return "supported"
    return "contrary" if negligible(row) else "undecided"


def negligible(row: pd.Series) -> bool:
    """Whether the robust interval holds only effects too small to matter."""
    if row["effect"] == "slope":
        return bool(row["low"] >= -NEGLIGIBLE_SLOPE and row["high"] <= NEGLIGIBLE_SLOPE)
    return bool(row["low"] >= NEGLIGIBLE_FROM and row["high"] <= 1 / NEGLIGIBLE_FROM)


def reproduces(row: pd.Series) -> Verdict:
    """Supported if power has a positive effect, contrary if a negative or a negligible one."""
    verdict = expects("above", row, 0.0 if row["effect"] == "slope" else 1.0)
    return "contrary" if verdict == "undecided" and negligible(row) else verdict


def leads_more_often(test: pd.Series) -> Verdict:
    """Supported if the strongest lead significantly more often than by chance."""
    if not test["p_value"] < LEVEL:
        return "undecided"
    return "supported" if test["observed"] > test["expected"] else "contrary"


def _quantile(fit: CoxFit | ChoiceFit | InfluenceFit) -> float:
    from scipy.stats import norm, t

    upper = (1 + CONFIDENCE) / 2
    return float(t.ppf(upper, fit.df_model) if isinstance(fit, InfluenceFit) else norm.ppf(upper))
