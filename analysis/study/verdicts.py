"""From estimates to the words supported, contrary or undecided, by the rules of the plan."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from analysis.study.duration_models import Fitted
from analysis.study.plan import (
    AIC_MARGIN,
    BREADTH,
    DEPTH,
    INTEREST_BLOCK,
    LEVEL,
    NEGLIGIBLE_FROM,
    POWER,
    POWER_BLOCK,
    POWER_SQUARED,
    z,
)

Verdict = Literal["supported", "contrary", "undecided"]


@dataclass(frozen=True)
class Answer:
    """The answer to one hypothesis, or part of one, in one family."""

    hypothesis: str
    quantity: str
    estimate: float
    low: float
    high: float
    p_value: float
    n: int
    events: int
    verdict: Verdict
    detail: str


def power_matters(p_linear: float, p_quadratic: float, low: float, high: float) -> Verdict:
    """H1, by two Wald tests and the interval of the linear hazard ratio."""
    tests = [p for p in (p_linear, p_quadratic) if not math.isnan(p)]
    # Both tests were planned, so one that failed still costs its share of the level.
    if tests and 2 * min(tests) < LEVEL:
        return "supported"
    if low >= NEGLIGIBLE_FROM and high <= 1 / NEGLIGIBLE_FROM:
        return "contrary"
    return "undecided"


def lasts_longer(low: float, high: float) -> Verdict:
    """H2 for one term, by the interval of its hazard ratio."""
    if high < 1:
        return "supported"
    return "contrary" if low > 1 else "undecided"


def both(depth: Verdict, breadth: Verdict) -> Verdict:
    """H2 as a whole."""
    parts = (depth, breadth)
    if parts == ("supported", "supported"):
        return "supported"
    return "contrary" if "contrary" in parts and "supported" not in parts else "undecided"


def interests_count(aic_power: float, aic_interests: float) -> Verdict:
    """H3, by Akaike's criterion of M1 and M2."""
    ahead = aic_power - aic_interests
    if ahead > AIC_MARGIN:
        return "supported"
    return "contrary" if ahead < -AIC_MARGIN else "undecided"


def deeper_transform(p_value: float, difference: float) -> Verdict:
    """H5, by Gray's test and the difference in incidence, deep minus shallow."""
    if not p_value < LEVEL:
        return "undecided"
    if difference > 0:
        return "supported"
    return "contrary" if difference < 0 else "undecided"


def duration_answers(fitted: dict[str, Fitted]) -> list[Answer]:
    """Answers to H1, H2 and H3 from the main sample's models."""
    main, quadratic = fitted["M3"], fitted["M4"]
    size = (main.n, main.events)
    missing = pd.Series(float("nan"), index=["estimate", "low", "high", "p_value"])

    def ratio(name: str) -> pd.Series:
        found = main.hazard_ratio(name)
        return missing if found is None else found

    power, depth, breadth = (ratio(z(name)) for name in (POWER, DEPTH, BREADTH))
    p_joint = quadratic.p_value((*POWER_BLOCK, POWER_SQUARED))
    h1 = power_matters(power["p_value"], p_joint, power["low"], power["high"])
    of_depth = lasts_longer(depth["low"], depth["high"])
    of_breadth = lasts_longer(breadth["low"], breadth["high"])
    m1, m2 = fitted["M1"], fitted["M2"]
    nan = float("nan")
    return [
        _hazard("H1", z(POWER), power, size, h1, f"joint with square, M4: p = {p_joint:.3g}"),
        _hazard("H2 depth", z(DEPTH), depth, size, of_depth, ""),
        _hazard("H2 breadth", z(BREADTH), breadth, size, of_breadth, ""),
        Answer(
            "H2",
            "depth and breadth jointly, M3",
            nan,
            nan,
            nan,
            main.p_value(INTEREST_BLOCK),
            *size,
            both(of_depth, of_breadth),
            "as depth and breadth together",
        ),
        Answer(
            "H3",
            "AIC(M1) - AIC(M2)",
            m1.aic - m2.aic,
            nan,
            nan,
            nan,
            *size,
            interests_count(m1.aic, m2.aic),
            f"C: power {m1.concordance:.3f} (se {m1.concordance_error:.3f}), "
            f"interests {m2.concordance:.3f} (se {m2.concordance_error:.3f})",
        ),
    ]


def _hazard(
    hypothesis: str,
    term: str,
    ratio: pd.Series,
    size: tuple[int, int],
    verdict: Verdict,
    detail: str,
) -> Answer:
    return Answer(
        hypothesis,
        f"hazard ratio of {term}, M3",
        float(ratio["estimate"]),
        float(ratio["low"]),
        float(ratio["high"]),
        float(ratio["p_value"]),
        *size,
        verdict,
        detail,
    )


def answers_table(answers: dict[str, list[Answer]]) -> pd.DataFrame:
    """All answers, one row per family and hypothesis."""
    rows = [{"family": family, **vars(a)} for family, each in answers.items() for a in each]
    return pd.DataFrame(rows)


def variant_verdicts(robustness: pd.DataFrame) -> pd.DataFrame:
    """The robustness table with what the rules of H2 (per term) and H3 would say of each row.

    These words are not the study's verdicts; they show which of them depend on a choice.
    """
    interests = robustness["term"].isin(INTEREST_BLOCK)
    words = [
        lasts_longer(low, high) if of_interest else ""
        for of_interest, low, high in zip(
            interests, robustness["low"], robustness["high"], strict=True
        )
    ]
    ahead = robustness["aic_power_minus_interests"]
    return robustness.assign(h2_word=words, h3_word=[interests_count(a, 0.0) for a in ahead])
