"""Checks that the plan did not foresee, made after its results were seen; no verdict uses them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.models.competing import cumulative_incidence
from analysis.study.curves import IncidenceCurves, incidence_answer
from analysis.study.samples import Tables


def shared_transformations(
    rows: pd.DataFrame, curves: IncidenceCurves, tables: Tables
) -> pd.DataFrame:
    """How far the transformed coalitions of H5 are one and the same event, and what that does.

    Consecutive cabinets of the same parties share one merger, and Gray's test takes them as
    independent. `events` counts different pairs of cluster and day of transformation. The standard
    error of the difference in incidence at the horizon is the jackknife over clusters,
    sqrt((G - 1) / G sum (d_g - mean d)^2), d_g the difference without cluster g.

    Returns one row: family, transformed, clusters, events, unknown_depth (transformed coalitions
    left out because their depth is unknown is counted by the caller's sample), difference,
    jackknife_se, conf_low, conf_high.
    """
    from analysis.models.result import Z

    family = curves.family
    changed = rows[rows["outcome"] == "transformed"]
    groups = sorted(rows[family.cluster].unique())
    without = np.array(
        [_difference(rows[rows[family.cluster] != g], curves.horizon) for g in groups]
    )
    count = len(groups)
    error = float(np.sqrt((count - 1) / count * ((without - without.mean()) ** 2).sum()))
    difference = incidence_answer(curves).estimate
    return pd.DataFrame(
        [
            {
                "family": family.id,
                "coalitions": curves.n,
                "transformed": len(changed),
                "clusters": changed[family.cluster].nunique(),
                "events": len(changed[[family.cluster, "transformed_on"]].drop_duplicates()),
                "difference": difference,
                "jackknife_se": error,
                "conf_low": difference - Z * error,
                "conf_high": difference + Z * error,
            }
        ]
    )


def _difference(rows: pd.DataFrame, horizon: float) -> float:
    """Incidence of transformation up to the horizon, deep minus shallow."""
    curve = cumulative_incidence(rows, duration="outcome_duration", cause="outcome", by="half")
    part = curve[(curve["cause"] == "transformed") & (curve["time"] <= horizon)]
    last = part.groupby("group")["estimate"].last()
    return float(last["deep"] - last["shallow"])
