"""Survival and incidence curves of the study, with their tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.figures.steps import at_risk as at_risk  # where it used to be
from analysis.models.competing import cumulative_incidence, gray_test
from analysis.models.nonparametric import kaplan_meier, log_rank, median_survival
from analysis.study.plan import DAYS_PER_YEAR, DEPTH, Family
from analysis.study.samples import Drawn, terciles
from analysis.study.verdicts import Answer, deeper_transform

THIRDS = {1: "low", 2: "middle", 3: "high"}
HALVES = {"shallow": "shallower half", "deep": "deeper half"}


@dataclass(frozen=True, eq=False)
class SurvivalCurves:
    """Kaplan-Meier curves by terciles of a measure.

    Attributes:
        curve: as `kaplan_meier`, group 1, 2, 3, times in days.
        summary: group, n, events, median, conf_low, conf_high (days), lowest, highest (of the
            measure).
        p_value: log-rank test that the three do not differ.
    """

    family: Family
    measure: str
    curve: pd.DataFrame
    summary: pd.DataFrame
    p_value: float

    @property
    def n(self) -> int:
        """Coalitions behind the curves."""
        return int(self.summary["n"].sum())

    @property
    def events(self) -> int:
        """Those that ended."""
        return int(self.summary["events"].sum())


@dataclass(frozen=True, eq=False)
class IncidenceCurves:
    """Aalen-Johansen curves of transformation and of ending, by halves of depth.

    Attributes:
        curve: as `cumulative_incidence`, group deep or shallow, times in days.
        tests: Gray's test by cause.
        counts: group, n, transformed, ended, censored.
        horizon: last time in days that both halves reach.
        at_horizon: incidence of transformation there: group, estimate, std_error, low, high.
        cut: the median depth.
    """

    family: Family
    sample: str
    curve: pd.DataFrame
    tests: pd.DataFrame
    counts: pd.DataFrame
    horizon: float
    at_horizon: pd.DataFrame
    cut: float

    @property
    def n(self) -> int:
        """Coalitions behind the curves."""
        return int(self.counts["n"].sum())


def survival_curves(drawn: Drawn, measure: str) -> SurvivalCurves:
    """Curves by thirds of `measure`, of every coalition of the sample that has it."""
    rows = terciles(drawn.frame, measure)
    span = rows.groupby("third")[measure].agg(["min", "max"])
    summary = median_survival(rows, by="third").set_index("group")
    summary = summary.assign(**{"lowest": span["min"], "highest": span["max"]}).reset_index()
    return SurvivalCurves(
        family=drawn.family,
        measure=measure,
        curve=kaplan_meier(rows, by="third"),
        summary=summary,
        p_value=log_rank(rows, by="third").p_value,
    )


def incidence_curves(rows: pd.DataFrame, family: Family, sample: str) -> IncidenceCurves:
    """Curves by `half` of the coalitions in `rows` (see `samples.outcomes`)."""
    curve = cumulative_incidence(rows, "outcome_duration", "outcome", by="half")
    horizon = float(rows.groupby("half")["outcome_duration"].max().min())
    changed = curve[(curve["cause"] == "transformed") & (curve["time"] <= horizon)]
    last = changed.groupby("group").tail(1)
    counts = pd.crosstab(rows["half"], rows["outcome"])
    counts = counts.reindex(columns=["transformed", "ended", "censored"], fill_value=0)
    counts.insert(0, "n", counts.sum(axis=1))
    return IncidenceCurves(
        family=family,
        sample=sample,
        curve=curve,
        tests=gray_test(rows, "half", "outcome_duration", "outcome"),
        counts=counts.rename_axis("group", axis=0).rename_axis(None, axis=1).reset_index(),
        horizon=horizon,
        at_horizon=last[["group", "estimate", "std_error", "conf_low", "conf_high"]].reset_index(
            drop=True
        ),
        cut=float(rows.loc[rows["half"] == "shallow", DEPTH].max()),
    )


def incidence_answer(curves: IncidenceCurves) -> Answer:
    """H5: difference in the incidence of transformation, deep minus shallow, with its interval.

    The halves are independent, so the variances add.
    """
    from analysis.models.result import Z

    at = curves.at_horizon.set_index("group")
    difference = float(at["estimate"]["deep"] - at["estimate"]["shallow"])
    error = float(np.hypot(at["std_error"]["deep"], at["std_error"]["shallow"]))
    p_value = float(curves.tests.set_index("cause")["p_value"]["transformed"])
    shares = ", ".join(f"{HALVES[g]} {at['estimate'][g]:.3f}" for g in ("deep", "shallow"))
    return Answer(
        "H5",
        f"difference in incidence of transformation at {curves.horizon / DAYS_PER_YEAR:.1f} years",
        difference,
        difference - Z * error,
        difference + Z * error,
        p_value,
        curves.n,
        int(curves.counts["transformed"].sum()),
        deeper_transform(p_value, difference),
        f"{shares}; Gray's test",
    )
