"""Pacts that members of wartime coalitions enter: the transformation of a coalition (H5)."""

from __future__ import annotations

import pandas as pd

from coalitiondata.build.alliances import alliance_ids, member_phases
from coalitiondata.build.sources import RawFile
from coalitiondata.build.states import actor_ids

YEARS_AFTER = 10
PAIR = ["code_a", "code_b"]
KINDS = {"defence": "defence_pact", "consultation": "consultation_pact"}


def transformations(
    coalitions: pd.DataFrame, memberships: pd.DataFrame, raw: RawFile
) -> pd.DataFrame:
    """Rows of `transformations` for wars: new pacts between members, from ATOP 4.01.

    A pact counts for two members if it binds them after both had joined the coalition and no later
    than ten years after its end, and no pact that binds as much (defence; for consultation,
    defence or consultation) was in force between them on the day the coalition started or on the
    eve of the pact: what renews a bond is none. One of the two being bound is enough, as in a
    guarantee. One row per coalition, treaty and kind: `date` is the day on which it first bound
    such a pair, `members_carried_over` are the members of all pairs that it newly bound in that
    time.

    A treaty by which a state was won for the war before it joined (London, April 1915) is no
    transformation for that state. Pacts made during the war are among the rows; analyses that ask
    what outlived the coalition compare `date` with its end.
    """
    pairs = _member_pairs(coalitions, memberships)
    bonds = _bonds(raw)
    found = [_new_bonds(pairs, bonds, kind) for kind in KINDS]
    new = pd.concat(found, ignore_index=True).sort_values(["since", "atopid", *PAIR], kind="stable")
    events = new.groupby(["coalition_id", "atopid", "kind"], sort=True)
    rows = events.agg(date=("since", "first"), date_precision=("precision", "first")).reset_index()
    carried = events[PAIR].apply(lambda bound: _listed(set(bound.to_numpy().ravel().tolist())))
    treaty = rows["atopid"].astype(str)
    return pd.DataFrame(
        {
            "transformation_id": rows["coalition_id"] + "-atop-" + treaty + "-" + rows["kind"],
            "coalition_id": rows["coalition_id"],
            "kind": rows["kind"].map(KINDS),
            "date": rows["date"],
            "date_precision": rows["date_precision"],
            "alliance_id": alliance_ids(rows["atopid"]),
            "members_carried_over": carried.to_numpy(),
            "basis": "derived",
            "source": "atop",
        }
    )


def _member_pairs(coalitions: pd.DataFrame, memberships: pd.DataFrame) -> pd.DataFrame:
    """Pairs of members: start of the coalition, day on which both had joined, last day to count."""
    joined = memberships.groupby(["coalition_id", "actor_id"], as_index=False)["joined"].min()
    joined["code"] = joined["actor_id"].str.rpartition("-")[2].astype("int64")
    pairs = joined.merge(joined, on="coalition_id", suffixes=("_a", "_b"))
    pairs = pairs[pairs["code_a"] < pairs["code_b"]].merge(
        coalitions[["coalition_id", "start", "end"]], on="coalition_id"
    )
    pairs["together"] = pairs[["joined_a", "joined_b"]].max(axis="columns")
    pairs["latest"] = pairs["end"] + pd.DateOffset(years=YEARS_AFTER)
    return pd.DataFrame(pairs[["coalition_id", *PAIR, "start", "together", "latest"]])


def _bonds(raw: RawFile) -> pd.DataFrame:
    """Pairs bound by a treaty: code_a < code_b, atopid, since, precision, until, kind.

    Phases are bonds of their own, as a treaty can come to bind more (the Balkan pact of 1953,
    with defence from 1954).
    """
    phases = member_phases(raw)
    pairs = phases.merge(phases, on="atopid", suffixes=("_a", "_b"))
    later = pairs["entered_a"] >= pairs["entered_b"]
    bonds = pd.DataFrame(
        {
            "code_a": pairs["cow_code_a"],
            "code_b": pairs["cow_code_b"],
            "atopid": pairs["atopid"],
            "since": pairs["entered_a"].where(later, pairs["entered_b"]),
            "precision": pairs["entered_precision_a"].where(later, pairs["entered_precision_b"]),
            "until": pairs[["until_a", "until_b"]].min(axis="columns"),
            "defence": pairs["defence_a"] | pairs["defence_b"],
            "consultation": pairs["consultation_a"] | pairs["consultation_b"],
        }
    )
    bonds = bonds[(bonds["code_a"] < bonds["code_b"]) & (bonds["since"] <= bonds["until"])]
    kind = pd.Series("defence", index=bonds.index).where(
        bonds["defence"], bonds["consultation"].map({True: "consultation", False: None})
    )
    return bonds.drop(columns=list(KINDS)).assign(kind=kind).dropna(subset=["kind"])


def _new_bonds(pairs: pd.DataFrame, bonds: pd.DataFrame, kind: str) -> pd.DataFrame:
    as_much = ["defence"] if kind == "defence" else list(KINDS)
    new = pairs.merge(bonds[bonds["kind"] == kind], on=PAIR)
    new = new[(new["since"] > new["together"]) & (new["since"] <= new["latest"])]
    return new[~_had_one(new, bonds[bonds["kind"].isin(as_much)])]


def _had_one(new: pd.DataFrame, bonds: pd.DataFrame) -> pd.Series:
    """Whether the pair was bound at the coalition's start, or on the eve of the pact."""
    rows = new.reset_index(names="row")[["row", *PAIR, "start", "since"]]
    both = rows.merge(bonds[[*PAIR, "since", "until"]], on=PAIR, suffixes=("", "_earlier"))
    in_force = pd.Series(False, index=both.index)
    for day in (both["start"], both["since"] - pd.Timedelta(days=1)):
        in_force |= (both["since_earlier"] <= day) & (both["until"] >= day)
    return pd.Series(new.index.isin(both.loc[in_force, "row"]), index=new.index)


def _listed(codes: set[int]) -> str:
    return ";".join(actor_ids(pd.Series(sorted(codes))))
