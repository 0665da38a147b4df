"""Sides of armed conflicts on which two or more states stand together, as coalitions.

`fought` is everywhere one row per conflict, side, state and spell, with columns conflict, side,
cow_code, joined, joined_precision, left and left_precision; where the outcome is known also
`outcome`, a level of `end_cause`.
"""

from __future__ import annotations

import pandas as pd

from coalitiondata.build.side_ends import SIDE, exit_causes
from coalitiondata.build.states import actor_ids

NAMED = 3  # members in the name of a large coalition


def spans(fought: pd.DataFrame) -> pd.DataFrame:
    """Start and end of every side on which two states fought together, one row per side.

    Start is the first day, end the last day on which at least two states are in; truces between
    do not end a coalition. A date has the precision of the spell that it comes from.
    """
    pairs = fought.merge(fought, on=SIDE, suffixes=("", "_2"))
    pairs = pairs[pairs["cow_code"] < pairs["cow_code_2"]]
    later = pairs["joined"] >= pairs["joined_2"]
    earlier = pairs["left"] <= pairs["left_2"]
    together = pairs[SIDE].assign(
        start=pairs["joined"].where(later, pairs["joined_2"]),
        start_precision=pairs["joined_precision"].where(later, pairs["joined_precision_2"]),
        end=pairs["left"].where(earlier, pairs["left_2"]),
        end_precision=pairs["left_precision"].where(earlier, pairs["left_precision_2"]),
    )
    together = together[together["start"] <= together["end"]].reset_index(drop=True)
    sides = together.groupby(SIDE)
    first, last = together.loc[sides["start"].idxmin()], together.loc[sides["end"].idxmax()]
    return first[[*SIDE, "start", "start_precision"]].merge(
        last[[*SIDE, "end", "end_precision"]], on=SIDE
    )


def clipped(fought: pd.DataFrame, sides: pd.DataFrame) -> pd.DataFrame:
    """The spells inside the coalition's start and end, with the columns of both frames.

    A clipped date takes the precision of the date that it is clipped to; a spell wholly outside
    (Sardinia alone in 1849) is no membership.
    """
    spell = fought.merge(sides, on=SIDE)
    spell = spell[(spell["joined"] <= spell["end"]) & (spell["left"] >= spell["start"])]
    early, late = spell["joined"] < spell["start"], spell["left"] > spell["end"]
    return spell.assign(
        joined=spell["joined"].mask(early, spell["start"]),
        joined_precision=spell["joined_precision"].mask(early, spell["start_precision"]),
        left=spell["left"].mask(late, spell["end"]),
        left_precision=spell["left_precision"].mask(late, spell["end_precision"]),
    ).reset_index(drop=True)


def memberships(
    fought: pd.DataFrame, sides: pd.DataFrame, source: str, *, truces: bool = True
) -> pd.DataFrame:
    """Rows of the table `memberships`; `sides` has coalition_id and ongoing beside its span.

    In an ongoing coalition, members that were in when it was last observed have not left. `fought`
    may also have `role`; `truces` goes to `exit_causes`.
    """
    spell = clipped(fought, sides)
    spell["exit_cause"] = exit_causes(spell, truces)
    number = spell.groupby([*SIDE, "cow_code"]).cumcount() + 1
    stayed = spell["ongoing"] & (spell["left"] == spell["end"])
    return pd.DataFrame(
        {
            "coalition_id": spell["coalition_id"],
            "actor_id": actor_ids(spell["cow_code"]),
            "spell": number.astype("Int64"),
            "joined": spell["joined"],
            "joined_precision": spell["joined_precision"],
            "left": spell["left"].mask(stayed),
            "left_precision": spell["left_precision"].mask(stayed, None),
            "role": spell.get("role"),
            "exit_cause": spell["exit_cause"].mask(stayed, None),
            "exit_cause_basis": pd.Series("derived", index=spell.index).mask(stayed, None),
            "source": source,
        }
    )


def listed(states: list[str]) -> str:
    """Up to four names, else the first three and how many others."""
    if len(states) > NAMED + 1:
        return f"{', '.join(states[:NAMED])} and {len(states) - NAMED} others"
    return " and ".join([", ".join(states[:-1]), states[-1]]) if len(states) > 1 else states[0]


def observed(side: pd.DataFrame, last_day: pd.Timestamp) -> dict[str, pd.Series]:
    """Start, end and status of coalitions in a source that covers them until `last_day`.

    Those that are `ongoing` then have no end and are observed until that day.
    """
    ongoing = side["ongoing"]
    return {
        "start": side["start"],
        "start_precision": side["start_precision"],
        "end": side["end"].mask(ongoing),
        "end_precision": side["end_precision"].mask(ongoing, None),
        "observed_until": side["end"].mask(ongoing, last_day),
        "status": ongoing.map({True: "ongoing", False: "ended"}),
    }
