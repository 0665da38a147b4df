"""Which records of different sources are the same coalition: the same states against the same.

A `line-up` is one row per coalition, state and spell, with columns coalition_id, opposed (False for
the coalition's own members, True for the states on the other side), cow_code, joined,
joined_precision, left and left_precision.
"""

from __future__ import annotations

import pandas as pd

from coalitiondata.build import sides
from coalitiondata.build.side_ends import SIDE
from coalitiondata.rules.dates import earliest, latest

PAIR = ["coalition_id", "coalition_id_2"]
SPELL = ["joined", "joined_precision", "left", "left_precision"]
COUNTED = ["members", "opponents"]
COLUMNS = ["coalition_id", "opposed", "cow_code", *SPELL]


def line_up(fought: pd.DataFrame, coalitions: pd.DataFrame) -> pd.DataFrame:
    """Members inside the coalition's span, and all states that fought on the other side.

    `coalitions` has the key, span and coalition_id of every side that is a coalition.
    """
    own = sides.clipped(fought, coalitions).assign(opposed=False)
    others = fought.merge(coalitions[[*SIDE, "coalition_id"]], on="conflict", suffixes=("_2", ""))
    others = others[others["side"] != others["side_2"]].assign(opposed=True)
    return pd.concat([own[COLUMNS], others[COLUMNS]], ignore_index=True)


def shared(ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """Pairs of coalitions that fought together: one row per coalition of each line-up.

    Columns coalition_id, coalition_id_2, `members` and `opponents`: the numbers of states that are
    in both at the same time, on the coalition's side and against it; `likeness`: common members by
    all members of either (Jaccard); `whole`: no member or opponent of the second record is missing
    in the first. Only pairs with two or more common members and one or more common opponent have a
    row. Dates known to the month or year count for all of it.
    """
    both = ours.merge(theirs, on=["opposed", "cow_code"], suffixes=("", "_2"))
    ours_in, theirs_in = _bounds(both, ""), _bounds(both, "_2")
    together = both[(ours_in["from"] <= theirs_in["to"]) & (theirs_in["from"] <= ours_in["to"])]
    counts = _counts(together, PAIR)
    counts = counts[(counts["members"] >= 2) & (counts["opponents"] >= 1)].reset_index()
    own, other = (
        _counts(rows, ["coalition_id"]).loc[counts[column]].reset_index()
        for rows, column in zip((ours, theirs), PAIR, strict=True)
    )
    either = own["members"] + other["members"] - counts["members"]
    missed = (counts[COUNTED] < other[COUNTED]).any(axis="columns")
    return counts.assign(likeness=counts["members"] / either, whole=~missed)


def closest(pairs: pd.DataFrame) -> pd.Series:
    """The record whose members are most like those of each coalition, by coalition_id.

    Ties go to the lowest id.
    """
    ranked = pairs.sort_values(
        ["coalition_id", "likeness", "coalition_id_2"], ascending=[True, False, True]
    )
    return ranked.drop_duplicates("coalition_id").set_index("coalition_id")["coalition_id_2"]


def _counts(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Numbers of different states with the coalition and against it."""
    counts = rows.pivot_table(
        "cow_code", index=keys, columns="opposed", aggfunc="nunique", fill_value=0
    )
    return counts.reindex(columns=[False, True], fill_value=0).set_axis(COUNTED, axis="columns")


def _bounds(both: pd.DataFrame, suffix: str) -> pd.DataFrame:
    spell = both[[f"{column}{suffix}" for column in SPELL]].set_axis(SPELL, axis=1)
    return pd.DataFrame({"from": earliest(spell, "joined"), "to": latest(spell, "left")})
