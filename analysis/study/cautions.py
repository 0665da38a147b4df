"""What each verdict hangs on: computed reservations that stand beside it."""

from __future__ import annotations

from analysis.figures.words import p_text
from analysis.study.family import FamilyResults
from analysis.study.labels import interval_text
from analysis.study.plan import BREADTH, DEPTH, INTEREST_BLOCK, LEVEL, z
from analysis.study.verdicts import Verdict, lasts_longer


def cautions(r: FamilyResults) -> dict[str, str]:
    """Reservations by hypothesis; a hypothesis without any is left out.

    H2 per term and H3: other samples under which the same rule would say something else. H2 per
    term: a verdict that depends on the other interest measure being in the model. H3: a verdict
    for interests although they do not lengthen duration, or are not significant once clusters are
    allowed for.
    H5: Gray's test is significant, but the interval that allows for clusters holds zero.
    """
    found = {
        "H2 depth": [_alone(r, "H2 depth", z(DEPTH)), _changes(r, z(DEPTH), "h2_word")],
        "H2 breadth": [_alone(r, "H2 breadth", z(BREADTH)), _changes(r, z(BREADTH), "h2_word")],
        "H3": [_direction(r), _unclustered(r), _changes(r, None, "h3_word")],
        "H5": [_shared(r)],
    }
    texts = {hypothesis: "; ".join(filter(None, parts)) for hypothesis, parts in found.items()}
    return {hypothesis: text for hypothesis, text in texts.items() if text}


def _changes(r: FamilyResults, term: str | None, word: str) -> str:
    """Where a variant's word differs from the main sample's."""
    rows = r.robustness if term is None else r.robustness[r.robustness["term"] == term]
    rows = rows.drop_duplicates("sample")
    main = rows.loc[rows["sample"] == "main", word].iloc[0]
    other = rows[rows[word] != main]
    return ", ".join(f"{w} under {s}" for s, w in zip(other["sample"], other[word], strict=True))


def _alone(r: FamilyResults, hypothesis: str, term: str) -> str:
    """A verdict that the term would not get without the other interest measure."""
    verdict = _verdict(r, hypothesis)
    row = next(row for row in r.alone.to_dict("records") if row["term"] == term)
    if verdict == "undecided" or lasts_longer(row["low"], row["high"]) == verdict:
        return ""
    ratio = interval_text(row["hazard_ratio"], row["low"], row["high"])
    return f"without the other interest measure the hazard ratio is {ratio} (not planned)"


def _direction(r: FamilyResults) -> str:
    verdict, direction = _verdict(r, "H3"), _verdict(r, "H2")
    if verdict == "supported" and direction != "supported":
        return f"better fit, not longer duration: H2 is {direction}"
    return ""


def _unclustered(r: FamilyResults) -> str:
    p_value = r.fitted["M3"].p_value(INTEREST_BLOCK)
    if _verdict(r, "H3") == "supported" and not p_value < LEVEL:
        return f"likelihood without clusters: with them the interest block has {p_text(p_value)}"
    return ""


def _shared(r: FamilyResults) -> str:
    shared = r.shared.to_dict("records")[0]
    if _verdict(r, "H5") != "undecided" and shared["conf_low"] <= 0 <= shared["conf_high"]:
        return (
            f"{shared['events']} different events: the interval that allows for "
            f"{r.family.clusters} holds zero (not planned)"
        )
    return ""


def _verdict(r: FamilyResults, hypothesis: str) -> Verdict:
    return next(a.verdict for a in r.answers if a.hypothesis == hypothesis)
