"""Words for terms, groups and numbers, the same in tables, figures and the report."""

from __future__ import annotations

import math

from analysis.study.plan import BREADTH, DEPTH, POWER, POWER_SQUARED, z

MEASURES = {
    POWER: "power concentration",
    DEPTH: "interest depth",
    BREADTH: "interest breadth",
}
TERMS = {
    z(POWER): "Power concentration (HHI), per SD",
    POWER_SQUARED: "Power concentration squared",
    z(DEPTH): "Interest depth, per SD",
    z(BREADTH): "Interest breadth, per SD",
    "single_host": "Run by a single host",
    "majority": "Majority of seats",
    "transnational": "Transnational",
    "n_members": "Number of members",
}


def years(days: float, digits: int = 2) -> str:
    """Days as years of 365.25 days."""
    return "not reached" if math.isnan(days) else f"{days / 365.25:.{digits}f}"


def interval_text(estimate: float, low: float, high: float, digits: int = 2) -> str:
    """An estimate with its interval; empty if there is none."""
    if math.isnan(estimate):
        return ""
    return f"{estimate:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def short(term: str) -> str:
    """A term's words within a sentence."""
    words = TERMS.get(term, term).removesuffix(", per SD").removesuffix(" (HHI)")
    return words[0].lower() + words[1:]
