"""The states that could have joined a side of an inter-state war, whether or not they did."""

from __future__ import annotations

import pandas as pd

from coalitiondata.build.rda import read_rda
from coalitiondata.build.sources import RawFile
from coalitiondata.build.states import actor_ids, spells
from coalitiondata.build.wars import coalition_ids, participants

SOURCE = "coalitiondata-candidates"
SUBTYPE = "interstate_war"


def war_candidates(
    raw: RawFile, coalitions: pd.DataFrame, memberships: pd.DataFrame
) -> pd.DataFrame:
    """Rows of `candidates`: every state of the system that could have joined the side.

    A state is a candidate if it is in the state system on any day from the coalition's start to
    its end: also one that vanished in the war (Estonia) or entered the system during it. States
    that fought on the other side, at any time and alone or with others, could not join and have no
    row; those that changed sides are candidates of both. `joined` is true for every state with a
    membership.

    `cinc` is the Composite Index of National Capability in the calendar year before the coalition's
    start, missing for states that were not in the system by then or have no index. Who was near
    enough or had reason to join is for the analysis to say.
    """
    wars = coalitions[coalitions["subtype"] == SUBTYPE]
    span = wars[["coalition_id", "arena", "start", "end"]]
    rows = span.merge(spells(raw), how="cross")
    rows = rows[(rows["first"] <= rows["end"]) & (rows["last"] >= rows["start"])]
    rows = rows.drop_duplicates(["coalition_id", "cow_code"], ignore_index=True)
    rows["joined"] = _listed(
        rows.assign(actor_id=actor_ids(rows["cow_code"])),
        memberships,
        ["coalition_id", "actor_id"],
    )
    rows = rows[rows["joined"] | ~_listed(rows, _opponents(raw), ["coalition_id", "cow_code"])]
    index = read_rda(raw("cow/cow_nmc.rda"))[["ccode", "year", "cinc"]]
    cinc = index.astype({"ccode": "int64", "year": "int64"}).set_index(["ccode", "year"])["cinc"]
    measured = pd.MultiIndex.from_arrays([rows["cow_code"], rows["start"].dt.year - 1])
    return pd.DataFrame(
        {
            "coalition_id": rows["coalition_id"],
            "actor_id": actor_ids(rows["cow_code"]),
            "joined": rows["joined"],
            "cinc": pd.array(cinc.reindex(measured).to_numpy(), dtype="Float64"),
            "source": SOURCE,
        }
    ).reset_index(drop=True)


def _opponents(raw: RawFile) -> pd.DataFrame:
    """The states on the other side of each side of a war: coalition_id, cow_code."""
    fought = participants(raw)[["war", "side", "cow_code"]].drop_duplicates()
    sides = fought[["war", "side"]].drop_duplicates()
    against = sides.merge(fought, on="war", suffixes=("", "_other"))
    against = against[against["side"] != against["side_other"]]
    return pd.DataFrame({"coalition_id": coalition_ids(against), "cow_code": against["cow_code"]})


def _listed(rows: pd.DataFrame, listed: pd.DataFrame, key: list[str]) -> pd.Series:
    """Whether the key of each row stands in `listed`."""
    inside = pd.MultiIndex.from_frame(rows[key]).isin(pd.MultiIndex.from_frame(listed[key]))
    return pd.Series(inside, index=rows.index)
