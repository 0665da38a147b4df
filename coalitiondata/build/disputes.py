"""Sides of militarised interstate disputes with two or more states (MID 5.0)."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from coalitiondata.build import line_ups, sides, states, wars
from coalitiondata.build.datecodes import partial_dates
from coalitiondata.build.side_ends import SIDE, end_causes
from coalitiondata.build.sources import RawFile

LAST_DAY = pd.Timestamp("2014-12-31").as_unit("s")  # coverage of MID 5.0
SOURCE = "cow_mid"
TARGET, WAR = 1, 5  # lowest and highest of MID's levels of hostility: no militarised action, war
# MID's outcome of the dispute for sides a and b; 8 (unclear) and -9 (missing) tell nothing.
OUTCOMES = {
    1: ("victory", "defeat"),
    2: ("defeat", "victory"),
    3: ("yielded", "opponent_yielded"),
    4: ("opponent_yielded", "yielded"),
    5: ("stalemate", "stalemate"),
    6: ("compromise", "compromise"),
    7: ("released", "released"),
    9: ("transformed_war", "transformed_war"),
}


def build(raw: RawFile) -> Mapping[str, pd.DataFrame]:
    """The rows of `coalitions` and `memberships` for disputes.

    A side is a coalition if two of its states took part at the same time. Its members are all
    states that MID lists on that side. Those that took no militarised action but were the target of
    one have the role `target`; a side with fewer than two states that acted has the subtype
    `dispute_targets`, as nothing says that its states stood together: Greece and Turkey, at war
    with each other in 1897, are one side against the powers that blockaded Crete.
    """
    fought = spells(raw)
    side = coalition_sides(raw, fought)
    return {
        "coalitions": _coalitions(raw, fought, side),
        "memberships": sides.memberships(fought, side, SOURCE),
    }


def spells(raw: RawFile) -> pd.DataFrame:
    """MID's participants, columns of `fought` in `sides`, originator, hostility and role.

    A state has several rows where it took part with interruptions, and rows on both sides where it
    changed them (France and others in the Second World War).
    """
    rows = pd.read_csv(raw("cow/MIDB 5.0.csv"))
    began, ended = (
        partial_dates(*(rows[f"{edge}{part}"] for part in ("year", "mon", "day")))
        for edge in ("st", "end")
    )
    dispute = _disputes(raw).reindex(rows["dispnum"])
    on_side_a = rows["sidea"] == 1
    outcomes = pd.DataFrame(OUTCOMES, index=["a", "b"]).T.reindex(dispute["outcome"])
    fought = pd.DataFrame(
        {
            "conflict": rows["dispnum"],
            "side": on_side_a.map({True: "a", False: "b"}),
            "cow_code": rows["ccode"].astype("int64"),
            "outcome": outcomes["a"].where(on_side_a.to_numpy(), outcomes["b"]).to_numpy(),
            "joined": began["date"],
            "joined_precision": began["precision"],
            "left": ended["date"],
            "left_precision": ended["precision"],
            "originator": rows["orig"] == 1,
            "hostility": rows["hostlev"],
            "role": (rows["hostlev"] == TARGET).map({True: "target", False: None}),
        }
    )
    return fought.sort_values([*SIDE, "cow_code", "joined"], ignore_index=True)


def coalition_sides(raw: RawFile, fought: pd.DataFrame) -> pd.DataFrame:
    """Every side with two or more states at a time: its span, coalition_id and `ongoing`.

    A coalition is ongoing if MID marks the dispute as ongoing at the end of 2014 and two members
    are in on the last day that it records for the dispute. Where it is, `end` is that day.
    """
    side = sides.spans(fought)
    last_day = fought.groupby("conflict")["left"].max()
    open_ended = side["conflict"].map(_disputes(raw)["ongo2014"] == 1)
    return side.assign(
        coalition_id=_ids(side),
        ongoing=open_ended & (side["end"] == side["conflict"].map(last_day)),
    )


def wars_of(raw: RawFile, fought: pd.DataFrame, side: pd.DataFrame) -> pd.Series:
    """The side of a listed war that is the same coalition: a war's coalition_id by coalition_id.

    MID does not name the war that a dispute became. A dispute is taken for a listed war if two
    or more members and one or more opponent stand on the same sides of it at the same time, and
    either the dispute or a member reaches the level of war, or the whole war lies in the dispute:
    it broke out while the dispute lasted, and all its states stand on the same sides. The second
    way finds wars that MID does not code as such (Kosovo, 1999; Angola, 1975).
    """
    pairs = line_ups.shared(line_ups.line_up(fought, side), wars.line_up(raw))

    about = side.set_index("coalition_id")[SIDE].loc[pairs["coalition_id"]]
    highest = fought.groupby(SIDE)["hostility"].max().loc[pd.MultiIndex.from_frame(about)]
    dispute = _disputes(raw)["hostlev"].loc[about["conflict"]]
    reached_war = (highest.to_numpy() == WAR) | (dispute.to_numpy() == WAR)

    first_day = fought.groupby("conflict")["joined"].min().loc[about["conflict"]].to_numpy()
    last_day = fought.groupby("conflict")["left"].max().loc[about["conflict"]].to_numpy()
    start = wars.coalition_sides(wars.spells(wars.participants(raw)))
    broke_out = pairs["coalition_id_2"].map(start.set_index("coalition_id")["start"])
    within = pairs["whole"] & (broke_out >= first_day) & (broke_out <= last_day)
    return line_ups.closest(pairs[reached_war | within])


def line_up(raw: RawFile) -> pd.DataFrame:
    """Members and opponents of all disputes that are primary records; see `line_ups`."""
    fought = spells(raw)
    side = coalition_sides(raw, fought)
    primary = ~side["coalition_id"].isin(wars_of(raw, fought, side).index)
    return line_ups.line_up(fought, side[primary])


def _coalitions(raw: RawFile, fought: pd.DataFrame, side: pd.DataFrame) -> pd.DataFrame:
    ongoing = side["ongoing"]
    causes = {
        name: column.mask(ongoing, None)
        for name, column in end_causes(fought, side, "participation_ended").items()
    }
    war = side["coalition_id"].map(wars_of(raw, fought, side))
    number = side["conflict"].astype(str)
    return pd.DataFrame(
        {
            "coalition_id": side["coalition_id"],
            "family": "wartime",
            "subtype": _acted_together(fought, side).map(
                {True: "militarized_dispute", False: "dispute_targets"}
            ),
            "name": side.merge(_names(raw, fought), on=SIDE)["name"],
            "arena": "mid-cow-" + number,
            **sides.observed(side, LAST_DAY),
            **causes,
            "overlaps_with": war,
            "primary": war.isna(),
            "source": SOURCE,
            "source_key": number + "-" + side["side"],
        }
    )


def _acted_together(fought: pd.DataFrame, side: pd.DataFrame) -> pd.Series:
    member = sides.clipped(fought, side)
    acted = member[member["hostility"] > TARGET].groupby(SIDE)["cow_code"].nunique()
    together = acted.reindex(pd.MultiIndex.from_frame(side[SIDE]), fill_value=0) >= 2
    return together.set_axis(side.index)


def _names(raw: RawFile, fought: pd.DataFrame) -> pd.DataFrame:
    """`Dispute <number>, side <A or B> (<members>)`: originators first, then as they joined."""
    name = states.spells(raw).drop_duplicates("cow_code").set_index("cow_code")["name"]
    ranked = fought.assign(state=fought["cow_code"].map(name)).sort_values(
        [*SIDE, "originator", "joined", "state"], ascending=[True, True, False, True, True]
    )
    members = ranked.drop_duplicates([*SIDE, "cow_code"]).groupby(SIDE)["state"].agg(list)
    listed = members.map(sides.listed).rename("members").reset_index()
    text = "Dispute " + listed["conflict"].astype(str) + ", side " + listed["side"].str.upper()
    return listed[SIDE].assign(name=text + " (" + listed["members"] + ")")


def _disputes(raw: RawFile) -> pd.DataFrame:
    return pd.read_csv(raw("cow/MIDA 5.0.csv"), index_col="dispnum")


def _ids(side: pd.DataFrame) -> pd.Series:
    return "mid-cow-" + side["conflict"].astype(str) + "-" + side["side"]
