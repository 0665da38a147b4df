"""Alliance treaties between states and their members (ATOP 4.01)."""

from __future__ import annotations

import pandas as pd

from coalitiondata.build.datecodes import partial_dates
from coalitiondata.build.sources import RawFile
from coalitiondata.build.states import actor_ids, spells

OBSERVED_UNTIL = pd.Timestamp("2016-12-31").as_unit("s")  # coverage of ATOP 4.01
FAR = pd.Timestamp("9999-12-31").as_unit("s")  # stands for "not ended" in comparisons
OBLIGATIONS = {
    "defense": "defense",
    "offense": "offense",
    "neutral": "neutrality",
    "nonagg": "nonaggression",
    "consul": "consultation",
}
ENTERED = ("yrent", "moent", "dayent")
LEFT = ("yrexit", "moexit", "dayexit")


def alliances(raw: RawFile) -> pd.DataFrame:
    """The table `alliances`: one row per ATOP treaty, its phases taken together.

    An obligation counts if any phase has it (7 treaties gained consultation, 3 defence and 2
    offence after their first phase). `bilateral` is ATOP's code for the first phase: the
    Manila pact, signed by eight, is multilateral although two remain. Treaties without an end were
    in force at the end of 2016.
    """
    treaties = pd.read_csv(raw("atop/atop_alliance_level_4_01.csv"))
    start = partial_dates(treaties["begyr"], treaties["begmo"], treaties["begday"])
    end = partial_dates(treaties["endyr"], treaties["endmo"], treaties["endday"])
    first_phase = _members(raw).sort_values(["atopid", "phase"]).drop_duplicates("atopid")
    bilateral = treaties["atopid"].map(first_phase.set_index("atopid")["bilat"])
    return pd.DataFrame(
        {
            "alliance_id": alliance_ids(treaties["atopid"]),
            "start": start["date"],
            "start_precision": start["precision"],
            "end": end["date"],
            "end_precision": end["precision"],
            "observed_until": end["date"].fillna(OBSERVED_UNTIL),
            "status": end["date"].isna().map({True: "ongoing", False: "ended"}),
            **{name: (treaties[column] == 1) for column, name in OBLIGATIONS.items()},
            "bilateral": bilateral == 1,
            "source": "atop",
            "source_key": treaties["atopid"].astype(str),
        }
    )


def alliance_members(raw: RawFile) -> pd.DataFrame:
    """The table `alliance_members`: one row per treaty, state and spell of membership.

    Phases that follow each other without a gap are one spell; a gap (Egypt in the Arab League,
    1979-89) makes another. ATOP's one member outside COW's numbers (8152, in treaty 1320) is left
    out.
    """
    phases = member_phases(raw).sort_values(["atopid", "cow_code", "entered"])
    member = [phases["atopid"], phases["cow_code"]]
    # A spell ends when its latest phase does; day after day still counts as together.
    so_far = phases["until"].astype("int64").groupby(member).cummax()
    before = so_far.groupby(member).shift()
    day = 24 * 60 * 60
    gap = before.isna() | (phases["entered"].astype("int64") > before + day)
    phases["spell"] = gap.groupby(member).cumsum()

    keys = ["atopid", "cow_code", "spell"]
    first = phases.drop_duplicates(keys)
    last = phases.sort_values([*keys, "until"], kind="stable").drop_duplicates(keys, keep="last")
    rows = first[[*keys, "entered", "entered_precision"]].merge(
        last[[*keys, "left", "left_precision"]], on=keys
    )
    return pd.DataFrame(
        {
            "alliance_id": alliance_ids(rows["atopid"]),
            "actor_id": actor_ids(rows["cow_code"]),
            "spell": rows["spell"].astype("Int64"),
            "joined": rows["entered"],
            "joined_precision": rows["entered_precision"],
            "left": rows["left"],
            "left_precision": rows["left_precision"],
            "source": "atop",
        }
    )


def member_phases(raw: RawFile) -> pd.DataFrame:
    """One row per treaty, state and phase, with the state's own obligations in it.

    Columns: atopid, cow_code, phase, entered, entered_precision, left, left_precision, `until`
    (left, or a date beyond all others) and the flags `defence` and `consultation`.
    """
    members = _members(raw)
    members = members[members["member"].isin(spells(raw)["cow_code"])].reset_index(drop=True)
    entered = partial_dates(*(members[part] for part in ENTERED))
    left = partial_dates(*(members[part] for part in LEFT))
    return pd.DataFrame(
        {
            "atopid": members["atopid"],
            "cow_code": members["member"],
            "phase": members["phase"],
            "entered": entered["date"],
            "entered_precision": entered["precision"],
            "left": left["date"],
            "left_precision": left["precision"],
            "until": left["date"].fillna(FAR),
            "defence": members["defense"] == 1,
            "consultation": members["consul"] == 1,
        }
    )


def alliance_ids(atopids: pd.Series) -> pd.Series:
    """Ids of alliances in this data set."""
    return "alliance-atop-" + atopids.astype(str)


def _members(raw: RawFile) -> pd.DataFrame:
    columns = ["atopid", "member", "phase", "bilat", "defense", "consul", *ENTERED, *LEFT]
    return pd.read_csv(raw("atop/atop_member_level_4_01.csv"), usecols=columns)
