"""One row per hypothesis and family: the test stated beforehand, what came out, and the verdict."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from analysis.study.cautions import cautions
from analysis.study.family import FamilyResults
from analysis.study.members import MemberStudy
from analysis.study.verdicts import Answer

COLUMNS = (
    "hypothesis",
    "claim",
    "family",
    "part",
    "test",
    "quantity",
    "estimate",
    "conf_low",
    "conf_high",
    "p_value",
    "n",
    "events",
    "verdict",
    "detail",
    "hangs_on",
)
CLAIMS: Mapping[str, str] = {
    "H1": "Duration depends on power relations; the sign is open",
    "H2": "The more the interests correspond, the longer a coalition lasts",
    "H3": "Interests count for at least as much as power",
    "H4": "Taking part together broadens the common interests",
    "H5": "Deeper overlap turns more coalitions into something more lasting",
    "H6": "Rewarded, coerced and weak members leave sooner",
    "H7": "A coalition's inside reproduces the power relations outside",
    "H8": "Coalitions are shorter-lived than alliances",
    "H9": "Power differences decide who joins, and who then leads",
}
TESTS: Mapping[str, str] = {
    "H1": "Wald tests of power, linear and with its square (ngo: of a single host)",
    "H2": "hazard ratios of depth and breadth in the model with power and interests",
    "H3": "AIC of the power model less that of the interests model",
    "H4": "event study against matched pairs that stayed out, phase after, UN votes",
    "H5": "incidence of transformation by halves of depth, Gray's test",
    "H6": "hazard ratio of the power share within coalitions; rewarded against voluntary",
    "H7": "slope of troops on capability within coalitions; who leads, by power",
    "H8": "hazard ratio of coalitions against alliances",
    "H9": "conditional logit of joining and of leading on power",
}


def hypotheses(
    results: list[FamilyResults],
    others: Mapping[str, list[Answer]],
    members: MemberStudy,
) -> pd.DataFrame:
    """Every answer of the study in the columns `COLUMNS`, by hypothesis and family.

    `others` maps families to answers from outside the duration study. A part is a component of a
    hypothesis with a verdict of its own, as `depth` of H2; the whole has none. `hangs_on` names the
    choices under which the rule would say something else.
    """
    rows = [
        _row(r.family.id, vars(a), cautions(r).get(a.hypothesis, ""))
        for r in results
        for a in r.answers
    ]
    rows += [_row(family, vars(a), "") for family, each in others.items() for a in each]
    rows += [
        _row(str(a["family"]), {str(k): v for k, v in a.items()}, _elsewhere(a, members.effects))
        for a in members.answers.to_dict("records")
    ]
    order = {"governing": 0, "wartime": 1, "ngo": 2}
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table = table.assign(_f=table["family"].map(order), _p=table["part"].ne(""))
    return (
        table.sort_values(["hypothesis", "_f", "_p", "part"], kind="stable")
        .drop(columns=["_f", "_p"])
        .reset_index(drop=True)
    )


def _elsewhere(answer: Mapping[Hashable, Any], effects: pd.DataFrame) -> str:
    """Variants of a member model whose interval lies elsewhere than the main one's."""
    name, _, part = str(answer["hypothesis"]).partition(" ")
    term = str(answer["quantity"]).rpartition(" of ")[2]
    of_family = effects[(effects["family"] == answer["family"]) & (effects["term"] == term)]
    rows = of_family[of_family["hypothesis"].isin([name, f"{name} {part}"])]
    if rows.empty or not part:
        return ""
    neutral = (rows["effect"] != "slope").astype(float)
    side = (rows["low"] > neutral).astype(int) - (rows["high"] < neutral).astype(int)
    side = side[rows["low"].notna()]
    main = side[rows["variant"] == "main"]
    other = rows.loc[side.index[side != main.iloc[0]]] if len(main) else rows.iloc[:0]
    return ", ".join(
        f"{row['estimate']:.2f} ({row['low']:.2f} to {row['high']:.2f}) under {row['variant']}"
        for row in other.to_dict("records")
    )


def _row(family: str, answer: Mapping[str, object], hangs_on: str) -> dict[str, object]:
    name, _, part = str(answer["hypothesis"]).partition(" ")
    return {
        "hypothesis": name,
        "claim": CLAIMS[name],
        "family": family,
        "part": part,
        "test": TESTS[name],
        "quantity": answer["quantity"],
        "estimate": answer["estimate"],
        "conf_low": answer["low"],
        "conf_high": answer["high"],
        "p_value": answer["p_value"],
        "n": answer["n"],
        "events": answer["events"],
        "verdict": answer["verdict"],
        "detail": answer["detail"],
        "hangs_on": hangs_on,
    }
