"""What the specifications say together, by hypothesis and by choice."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from analysis.multiverses.choices import DIMENSIONS, identity, main_specification
from analysis.multiverses.listing import Listing
from analysis.study.plan import AIC_MARGIN, LEVEL


class Hypothesis(NamedTuple):
    """Where to find a hypothesis: its quantity, interval, p-value and word, and what "none" is.

    H3 has no interval and no p-value: a difference in AIC beyond the margin counts instead.
    """

    id: str
    label: str
    estimate: str
    low: str
    high: str
    p: str
    word: str
    nothing: float


HYPOTHESES = (
    Hypothesis(
        "H1",
        "Power: hazard ratio per SD of concentration",
        "power_hazard_ratio",
        "power_low",
        "power_high",
        "power_p",
        "h1",
        1.0,
    ),
    Hypothesis(
        "H2 depth",
        "Interests: hazard ratio per SD of closeness",
        "closeness_hazard_ratio",
        "closeness_low",
        "closeness_high",
        "closeness_p",
        "h2_depth",
        1.0,
    ),
    Hypothesis(
        "H2 breadth",
        "Interests: hazard ratio per SD of breadth",
        "breadth_hazard_ratio",
        "breadth_low",
        "breadth_high",
        "breadth_p",
        "h2_breadth",
        1.0,
    ),
    Hypothesis(
        "H3",
        "AIC of power less AIC of interests",
        "aic_difference",
        "",
        "",
        "",
        "h3",
        0.0,
    ),
)


def about(specifications: pd.DataFrame, hypothesis: Hypothesis) -> pd.DataFrame:
    """The estimated specifications that bear on a hypothesis, with what is common to all.

    Adds estimate, low, high, word, above (estimate above 1, for H3 above 0), significant_above and
    significant_below (p < .05; for H3 a difference of more than 2), and main (the plan's own).
    """
    rows = specifications[specifications[hypothesis.estimate].notna()]
    estimate = rows[hypothesis.estimate]
    above = estimate > hypothesis.nothing
    if hypothesis.p:
        clear = rows[hypothesis.p] < LEVEL
        low, high = rows[hypothesis.low], rows[hypothesis.high]
    else:
        clear = estimate.abs() > AIC_MARGIN
        low = high = estimate
    plans = {identity(main_specification(str(name))) for name in rows["family"].unique()}
    return rows.assign(
        estimate=estimate,
        low=low,
        high=high,
        word=rows[hypothesis.word],
        above=above,
        significant_above=clear & above,
        significant_below=clear & ~above,
        main=rows["id"].isin(plans),
    )


def summary(specifications: pd.DataFrame) -> pd.DataFrame:
    """One row per family and hypothesis.

    Columns: n (specifications estimated), share_above (hazard ratio above 1; for H3 the AIC in
    favour of interests), share_significant_above, share_significant_below, median, q25, q75 (of
    the hazard ratio per standard deviation, or of the difference in AIC), low and high (2.5 and
    97.5 per cent of the specifications: no confidence interval), supported, contrary and undecided
    (shares of those with a word), and main, main_word: what the plan's own specification gives.
    """
    rows = []
    for family, of_family in specifications.groupby("family", sort=False):
        for hypothesis in HYPOTHESES:
            found = about(of_family, hypothesis)
            if found.empty:
                continue
            main = found[found["main"]]
            rows.append(
                {
                    "family": family,
                    "hypothesis": hypothesis.id,
                    "quantity": hypothesis.label,
                    **_numbers(found),
                    **_words(found),
                    "main": main["estimate"].iloc[0] if len(main) else float("nan"),
                    "main_word": main["word"].iloc[0] if len(main) else None,
                }
            )
    return pd.DataFrame(rows)


def by_choice(specifications: pd.DataFrame) -> pd.DataFrame:
    """The same numbers for the specifications that share one level of one choice."""
    rows: list[dict[str, object]] = []
    for family, of_family in specifications.groupby("family", sort=False):
        for hypothesis in HYPOTHESES:
            found = about(of_family, hypothesis)
            for dimension in DIMENSIONS:
                levels = found[dimension].dropna().unique()
                if len(levels) < 2:
                    continue
                rows.extend(
                    {
                        "family": family,
                        "hypothesis": hypothesis.id,
                        "choice": dimension,
                        "level": level,
                        **_numbers(found[found[dimension] == level]),
                    }
                    for level in levels
                )
    return pd.DataFrame(rows)


def counts(specifications: pd.DataFrame, listing: Listing) -> pd.DataFrame:
    """family, fate and n: the grid, the distinct specifications, and what became of them."""
    rows = []
    for family, size in listing.grid_size.items():
        mine = specifications[specifications["family"] == family]
        twice = int((listing.duplicates["family"] == family).sum())
        fates = {
            "combinations of all choices": size,
            "left out: same design as another": twice,
            "left out by the limit": size - twice - len(mine),
            "estimated": int((mine["status"] == "estimated").sum()),
        }
        reasons = mine["reason_kind"].value_counts().sort_index()
        fates |= {f"not estimated: {kind}": int(n) for kind, n in reasons.items()}
        fates["refitted and equal"] = int(mine["refitted"].sum())
        rows += [{"family": family, "fate": fate, "n": n} for fate, n in fates.items()]
    return pd.DataFrame(rows)


def _numbers(found: pd.DataFrame) -> dict[str, float]:
    estimate = found["estimate"]
    quantiles = estimate.quantile([0.025, 0.25, 0.5, 0.75, 0.975])
    return {
        "n": len(found),
        "share_above": found["above"].mean(),
        "share_significant_above": found["significant_above"].mean(),
        "share_significant_below": found["significant_below"].mean(),
        "median": quantiles[0.5],
        "q25": quantiles[0.25],
        "q75": quantiles[0.75],
        "low": quantiles[0.025],
        "high": quantiles[0.975],
    }


def _words(found: pd.DataFrame) -> dict[str, float]:
    shares = found["word"].value_counts(normalize=True)
    return {w: float(shares.get(w, 0.0)) for w in ("supported", "contrary", "undecided")}
