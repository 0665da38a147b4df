"""Checks that the plan did not foresee, made after its results were seen; no verdict uses them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.models.competing import cumulative_incidence
from analysis.models.result import Z
from analysis.study.curves import IncidenceCurves, incidence_answer
from analysis.study.duration_models import fit_model
from analysis.study.plan import INTEREST_BLOCK, POWER_BLOCK, Model
from analysis.study.samples import Drawn


def shared_transformations(rows: pd.DataFrame, curves: IncidenceCurves) -> pd.DataFrame:
    """How far the transformed coalitions of H5 are one and the same event, and what that does.

    Cabinets in a row can share one merger, while Gray's test takes them as independent. `events`
    counts different pairs of cluster and day of transformation. The standard error of the
    difference in incidence at the horizon is the jackknife over clusters,
    sqrt((G - 1) / G sum (d_g - mean d)^2), d_g the difference without cluster g.

    Returns one row: coalitions, transformed, clusters (with a transformation), events, difference,
    jackknife_se, conf_low, conf_high.
    """
    cluster = curves.family.cluster
    changed = rows[rows["outcome"] == "transformed"]
    groups = sorted(rows[cluster].unique())
    without = np.array([_difference(rows[rows[cluster] != g], curves.horizon) for g in groups])
    count = len(groups)
    error = float(np.sqrt((count - 1) / count * ((without - without.mean()) ** 2).sum()))
    difference = incidence_answer(curves).estimate
    return pd.DataFrame(
        [
            {
                "coalitions": curves.n,
                "transformed": len(changed),
                "clusters": changed[cluster].nunique(),
                "events": len(changed[[cluster, "transformed_on"]].drop_duplicates()),
                "difference": difference,
                "jackknife_se": error,
                "conf_low": difference - Z * error,
                "conf_high": difference + Z * error,
            }
        ]
    )


def one_interest_at_a_time(drawn: Drawn) -> pd.DataFrame:
    """Hazard ratios of depth without breadth, and of breadth without depth, beside power.

    Depth and breadth go together closely, so that in M3 each shows only what the other leaves.

    Returns term, hazard_ratio, low, high, p_value, aic, n, events, note.
    """
    rows = []
    for term in INTEREST_BLOCK:
        fitted = fit_model(Model("alone", f"power and {term}", (*POWER_BLOCK, term)), drawn)
        ratio = fitted.hazard_ratio(term)
        rows.append(
            {
                "term": term,
                "hazard_ratio": np.nan if ratio is None else ratio["estimate"],
                "low": np.nan if ratio is None else ratio["low"],
                "high": np.nan if ratio is None else ratio["high"],
                "p_value": np.nan if ratio is None else ratio["p_value"],
                "aic": fitted.aic,
                "n": fitted.n,
                "events": fitted.events,
                "note": fitted.note,
            }
        )
    return pd.DataFrame(rows)


def _difference(rows: pd.DataFrame, horizon: float) -> float:
    """Incidence of transformation up to the horizon, deep minus shallow."""
    curve = cumulative_incidence(rows, duration="outcome_duration", cause="outcome", by="half")
    part = curve[(curve["cause"] == "transformed") & (curve["time"] <= horizon)]
    last = part.groupby("group")["estimate"].last()
    return float(last["deep"] - last["shallow"])
