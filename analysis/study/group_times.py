"""Restricted mean durations by thirds of power and depth, and weighted log-rank tests of them.

The specification is the part of docs/analysis-plan.md on shapes. No verdict uses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.models.nonparametric import restricted_mean
from analysis.models.result import Z
from analysis.models.weighted_logrank import weighted_log_rank
from analysis.study import samples
from analysis.study.plan import DAYS_PER_YEAR
from analysis.study.settings import Setting, all_settings, stacked, thirds

HORIZON: Mapping[str, float] = {"governing": 4, "wartime": 2, "ngo": 10}  # years
# Exponents (rho, gamma) of Fleming and Harrington's weights S^rho (1 - S)^gamma.
WEIGHTS: Mapping[str, tuple[float, float]] = {
    "equal": (0.0, 0.0),
    "early": (1.0, 0.0),
    "late": (0.0, 1.0),
}


@dataclass(frozen=True, eq=False)
class GroupTimes:
    """Tidy tables, the families one below the other; times in years.

    Attributes:
        means: family, by (depth, power), group, n, events, horizon, estimate, low, high, and the
            difference from the first group: difference, difference_low, difference_high, p_value.
        tests: family, by, weights, statistic, df, p_value, n, events.
    """

    means: pd.DataFrame
    tests: pd.DataFrame


def group_times(tables: samples.Tables, settings: list[Setting] | None = None) -> GroupTimes:
    """Both tables, by depth and by power, of every coalition of which that measure is known."""
    means, tests = [], []
    for setting in settings if settings is not None else all_settings(tables):
        for by in ("depth", "power"):
            rows = thirds(setting.drawn.frame, setting, by)
            means.append(restricted_means(rows, HORIZON[setting.id]))
            tests.append(weighted_tests(rows))
            for part in (means[-1], tests[-1]):
                part.insert(0, "family", setting.id)
                part.insert(1, "by", by)
    return GroupTimes(stacked(means), stacked(tests))


def restricted_means(rows: pd.DataFrame, horizon: float) -> pd.DataFrame:
    """Mean years until the horizon by `group`, and differences from the first of them.

    The horizon comes forward to the last time that all groups reach. Groups are independent, so
    that variances add; p-values are Wald's.
    """
    from scipy.stats import norm

    years = rows.assign(duration=rows["duration"] / DAYS_PER_YEAR)
    reach = years.groupby("group")["duration"].max().min()
    if years.loc[years["event"] == 0, "duration"].empty:
        reach = horizon  # all ended: the curves are known for good
    found = restricted_mean(years, min(horizon, float(reach)), by="group").set_index("group")
    order = [name for name in ("low", "middle", "high", "no", "yes") if name in found.index]
    found = found.loc[order]
    sizes = years.groupby("group")["event"].agg(["size", "sum"]).loc[order]
    first = found.iloc[0]
    gap = found["estimate"] - first["estimate"]
    error = np.hypot(found["std_error"], first["std_error"])
    error[order[0]] = np.nan
    return pd.DataFrame(
        {
            "group": order,
            "n": sizes["size"].to_numpy(),
            "events": sizes["sum"].to_numpy(),
            "horizon": found["horizon"].to_numpy(),
            "estimate": found["estimate"].to_numpy(),
            "low": found["conf_low"].to_numpy(),
            "high": found["conf_high"].to_numpy(),
            "difference": gap.where(error.notna()).to_numpy(),
            "difference_low": (gap - Z * error).to_numpy(),
            "difference_high": (gap + Z * error).to_numpy(),
            "p_value": 2 * norm.sf((gap / error).abs().to_numpy()),
        }
    )


def weighted_tests(rows: pd.DataFrame) -> pd.DataFrame:
    """Log-rank tests between the groups of `group` that look at all, early and late times."""
    out = []
    for name, (rho, gamma) in WEIGHTS.items():
        test = weighted_log_rank(rows, "group", rho=rho, gamma=gamma)
        about = (len(rows), int(rows["event"].sum()))
        out.append((name, test.statistic, test.df, test.p_value, *about))
    return pd.DataFrame(out, columns=["weights", "statistic", "df", "p_value", "n", "events"])
