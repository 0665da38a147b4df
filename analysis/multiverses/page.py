"""The tests and intervals of the curve as tables for the page of results."""

from __future__ import annotations

import pandas as pd

from analysis.figures.words import p_text
from analysis.multiverses.permutation import MEDIAN, SHARE, SUM
from analysis.study.tables import markdown

FAMILIES = {"governing": "Cabinets", "wartime": "States at war", "ngo": "Organisations"}
SHUFFLED = {"family": "", "clusters": ", within countries"}
DIRECTIONS = {
    "either": "power matters, either way",
    "longer": "longer",
    "shorter": "shorter",
    "interests": "interests fit better",
    "power": "power fits better",
}


def permutation_block(table: pd.DataFrame) -> str:
    """Markdown of `permutation.csv`: a row per family, shuffle, hypothesis and direction."""
    keys = ["family", "within", "hypothesis", "direction"]
    rows = []
    for key, part in table.groupby(keys, sort=False):
        family, within, hypothesis, direction = map(str, key)
        by = {str(row["statistic"]): row for row in part.to_dict("records")}
        share = by[SHARE]
        rows.append(
            {
                "": FAMILIES[family] + SHUFFLED[within],
                "hypothesis": hypothesis,
                "direction": DIRECTIONS[direction],
                "significant": f"{share['observed']:.0%}",
                "by chance": f"{share['permuted_mean']:.0%}, up to {share['permuted_q975']:.0%}",
                "share": p_text(share["p"]),
                "median": p_text(by[MEDIAN]["p"]),
                "sum of z": p_text(by[SUM]["p"]) if SUM in by else "",
            }
        )
    return markdown(pd.DataFrame(rows)).rstrip("\n")


def bootstrap_block(table: pd.DataFrame) -> str:
    """Markdown of `bootstrap.csv`: a row per family and hypothesis, the plan's own and the median.

    Each has its percentile interval and the share of resamples with the sign of the estimate.
    """
    rows = []
    for (family, hypothesis), part in table.groupby(["family", "hypothesis"], sort=False):
        shown = {"": FAMILIES[str(family)], "hypothesis": str(hypothesis)}
        for row in part.to_dict("records"):
            low, high = row["percentile_low"], row["percentile_high"]
            shown[str(row["of"])] = f"{row['estimate']:.2f} ({low:.2f} to {high:.2f})"
            shown[f"{row['of']}, same sign"] = f"{row['same_sign']:.0%}"
        rows.append(shown)
    return markdown(pd.DataFrame(rows).fillna("")).rstrip("\n")
