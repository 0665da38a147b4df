"""Convergence of partners (H4): the event studies of the plan, and the answer by its rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pandas as pd

from analysis.models.convergence import CHANNELS, Convergence, convergence
from analysis.study.verdicts import Answer, Verdict

DECIDES = "un_agreement"
YEARS_BACK = 5
VARIANTS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "main": {},
        "placebo": {"placebo": YEARS_BACK},
        "no_caliper": {"caliper": None},
        "equal_coalitions": {"equal_coalitions": True},
    }
)
NEEDED = ("coalitions", "memberships", "dyads", "matches")


@dataclass(frozen=True, eq=False)
class Convergences:
    """What the study reports of partners and the pairs they are matched with.

    Attributes:
        events: channel, variant, year (relative to the first year together), estimate, std_error,
            conf_low, conf_high, pairs; the reference year -1 with estimate 0.
        phases: channel, variant, phase (during, after; of the placebo the years between the false
            start and the real one), estimate, std_error, conf_low, conf_high, p_value, pairs,
            clusters, pre_trend_statistic, pre_trend_df, pre_trend_p.
        answer: H4, from `un_agreement`; `n` counts pairs of partners, `events` those of them that
            are observed after their time together.
    """

    events: pd.DataFrame
    phases: pd.DataFrame
    answer: Answer


def load_tables() -> dict[str, pd.DataFrame]:
    """The tables that the event studies need."""
    from coalitiondata import load

    return {name: load(name) for name in NEEDED}


def convergences(tables: Mapping[str, pd.DataFrame] | None = None) -> Convergences:
    """All channels and variants on `tables` (default: the shipped data)."""
    tables = tables if tables is not None else load_tables()
    found = {
        (channel, name): convergence(tables, channel, **options)
        for channel in CHANNELS
        for name, options in VARIANTS.items()
    }
    phases = pd.concat([_phases(v, fit) for (_, v), fit in found.items()], ignore_index=True)
    return Convergences(
        events=pd.concat([_events(v, fit) for (_, v), fit in found.items()], ignore_index=True),
        phases=phases,
        answer=_answer(phases, found[DECIDES, "main"].pairs),
    )


def grows_closer(low: float, high: float, placebo_low: float, placebo_high: float) -> Verdict:
    """H4, by the interval of the phase after and that of the placebo."""
    if low > 0 and placebo_low <= 0 <= placebo_high:
        return "supported"
    return "contrary" if high < 0 else "undecided"


def _events(variant: str, fit: Convergence) -> pd.DataFrame:
    reference = pd.DataFrame([{"year": -1, "estimate": 0.0, "pairs": fit.pairs}])
    years = pd.concat([fit.events, reference], ignore_index=True).sort_values("year")
    years.insert(0, "channel", fit.channel)
    years.insert(1, "variant", variant)
    return years


def _phases(variant: str, fit: Convergence) -> pd.DataFrame:
    from scipy.stats import norm

    phases = fit.phases.copy()
    phases.insert(0, "channel", fit.channel)
    phases.insert(1, "variant", variant)
    error = (phases["estimate"] / phases["std_error"]).abs().to_numpy()
    phases["p_value"] = 2 * norm.sf(error)
    return phases.assign(
        clusters=fit.clusters,
        pre_trend_statistic=float(fit.pre_trend["statistic"]),
        pre_trend_df=int(fit.pre_trend["df"]),
        pre_trend_p=float(fit.pre_trend["p_value"]),
    )


def _answer(phases: pd.DataFrame, pairs: int) -> Answer:
    after = _row(phases, "main", "after")
    # The real years together are left out of the placebo, so that `during` is all it has.
    placebo = _row(phases, "placebo", "during")
    limits = [float(row[name]) for row in (after, placebo) for name in ("conf_low", "conf_high")]
    return Answer(
        "H4",
        f"{DECIDES} after the time together, partners less matched pairs",
        float(after["estimate"]),
        limits[0],
        limits[1],
        float(after["p_value"]),
        pairs,
        int(after["pairs"]),
        grows_closer(*limits),
        f"placebo {placebo['estimate']:.3f} ({limits[2]:.3f} to {limits[3]:.3f}); "
        f"years before jointly: p = {after['pre_trend_p']:.3g}; {after['clusters']} coalitions",
    )


def _row(phases: pd.DataFrame, variant: str, phase: str) -> pd.Series:
    of = phases["channel"].eq(DECIDES) & phases["variant"].eq(variant) & phases["phase"].eq(phase)
    return phases[of].iloc[0]
