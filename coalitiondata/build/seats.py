"""Seats of the parties in the chamber that each cabinet faced at its start.

ParlGov's dated composition of parliament gives the seats at a cabinet's formation, including those
of parties that ran on joint lists or formed later. It writes 0 for every cabinet party that it has
no seats for, so a 0 there can mean 'none' or 'unknown'. The rules below tell the two apart:

1. ministers without party have no seats: those that ParlGov gives the entry are the seats of
   independents in the chamber, whom a chancellor without party (Cuno, Barre) does not lead;
2. positive seats in the composition are taken as they are;
3. a 0 is none if ParlGov itself says so: the party's election result is 0 seats outside any joint
   list, or its membership is flagged as one without seats;
4. where the source has no composition for a cabinet, the election result counts;
5. a cabinet party that is itself a list (Fidesz-KDNP, Unidas Podemos) has the seats of those of its
   members that are not cabinet parties of their own; these members then do not count again;
6. a cabinet party that ParlGov records as the successor of a party of that chamber has its seats
   (the Belgian socialists of 1945 those of the Labour Party elected in 1939);
7. any other 0 is unknown: `joint_list` if the election result belongs to a list or the party is
   itself a list, `formed_later` if the party has no result and was founded after the election, else
   `no_record`;
8. seats that were looked up (data/curated/cabinet_seats.csv) take precedence, and are deducted from
   the list partner with whom ParlGov counts them, if one is named there.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from coalitiondata.build.parlgov import ParlGov, nonpartisan

SUCCESSOR = 35
SEATS = ["cabinet_id", "party_id", "seats", "basis", "missing_reason", "source"]


def chamber_seats(parlgov: ParlGov, cabinets: pd.DataFrame, curated: Path) -> pd.DataFrame:
    """One row per cabinet and party: of the chamber, or of the cabinet.

    Columns: cabinet_id, party_id, member, seats, basis, missing_reason, source.
    """
    rows = _all_rows(parlgov, cabinets)
    rows = _with_election_result(rows, parlgov, cabinets)
    rows = rows.merge(
        parlgov.parties[["id", "name_english", "foundation_date"]],
        left_on="party_id",
        right_on="id",
    )
    rows = _standing_for_others(rows, parlgov.changes)
    composed = rows["composed"].fillna(0)
    without_composition = ~rows["cabinet_id"].isin(parlgov.composition["cabinet_id"])
    on_list = rows["alliance"].notna() | rows["is_list"]
    no_party = nonpartisan(rows) & rows["member"]
    none_by_source = ((rows["result_seats"] == 0) & ~on_list) | rows["flagged_no_seats"]
    from_result = without_composition & rows["result_seats"].notna()
    rows["seats"] = np.select(
        [no_party, composed > 0, from_result, none_by_source, rows["others_seats"] > 0],
        [0, composed, rows["result_seats"].fillna(0), 0, rows["others_seats"]],
        default=np.nan,
    )
    unknown = rows["seats"].isna()
    later = rows["result_seats"].isna() & (rows["foundation_date"] > rows["elected"])
    rows["missing_reason"] = pd.Series(
        np.select([on_list, later], ["joint_list", "formed_later"], "no_record"), index=rows.index
    ).where(unknown, None)
    by_rule = no_party | ((composed == 0) & (rows["seats"] > 0) & ~from_result)
    rows["basis"] = by_rule.map({True: "derived", False: "source"}).where(~unknown, None)
    rows["source"] = "parlgov"
    return _with_looked_up(
        rows[[*SEATS, "member"]],
        pd.read_csv(curated, dtype={"seats": float, "deduct_from_party_id": float}),
    )


def _all_rows(parlgov: ParlGov, cabinets: pd.DataFrame) -> pd.DataFrame:
    members = parlgov.members.rename(columns={"cabinet": "cabinet_id", "party": "party_id"})
    members = members[members["cabinet_id"].isin(cabinets["id"])]
    members = members.assign(
        member=True, flagged_no_seats=members["data_json"].map(_flagged_no_seats).astype(bool)
    )[["cabinet_id", "party_id", "member", "flagged_no_seats"]]
    composition = parlgov.composition.rename(columns={"seats": "composed"})
    composition = composition[composition["cabinet_id"].isin(cabinets["id"])]
    results = _results_where_uncomposed(parlgov, cabinets)
    rows = pd.concat([composition, results]).merge(
        members, on=["cabinet_id", "party_id"], how="outer"
    )
    for flag in ("member", "flagged_no_seats"):
        rows[flag] = rows[flag].eq(True)
    return rows[rows["member"] | (rows["composed"] != 0)].reset_index(drop=True)


def _results_where_uncomposed(parlgov: ParlGov, cabinets: pd.DataFrame) -> pd.DataFrame:
    """Parties with seats at the last election, for cabinets that lack a composition."""
    lacking = cabinets[~cabinets["id"].isin(parlgov.composition["cabinet_id"])]
    won = parlgov.results[parlgov.results["seats"] > 0]
    rows = lacking.merge(won, left_on="previous_parliament_election", right_on="election")
    return rows.rename(columns={"id_x": "cabinet_id", "party": "party_id"})[
        ["cabinet_id", "party_id"]
    ]


def _with_election_result(
    rows: pd.DataFrame, parlgov: ParlGov, cabinets: pd.DataFrame
) -> pd.DataFrame:
    elections = parlgov.elections[["id", "date"]].rename(columns={"id": "election"})
    facing = cabinets[["id", "previous_parliament_election"]].rename(
        columns={"id": "cabinet_id", "previous_parliament_election": "election"}
    )
    facing = facing.merge(elections.rename(columns={"date": "elected"}), on="election", how="left")
    results = parlgov.results.assign(
        is_list=parlgov.results["id"].isin(parlgov.results["alliance"].dropna())
    )
    # Two colleges, two rows of one 'party' (independents): their seats add up, as above.
    results = results.groupby(["election", "party"], as_index=False).agg(
        result_seats=("seats", lambda seats: seats.sum(min_count=1)),
        result_id=("id", "first"),
        alliance=("alliance", "first"),
        is_list=("is_list", "any"),
    )
    rows = rows.merge(facing, on="cabinet_id", how="left").merge(
        results.rename(columns={"party": "party_id"}), on=["election", "party_id"], how="left"
    )
    return rows.assign(is_list=rows["is_list"].eq(True))


def _standing_for_others(rows: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    """Give cabinet parties without seats those of the parties outside it that they stand for.

    These are the members of a list that is itself a cabinet party, and the predecessors of a party.
    Adds `others_seats` and drops the rows of the parties stood for, which would count twice.
    """
    empty = rows[rows["member"] & ~(rows["composed"] > 0)]
    full = rows[~rows["member"] & (rows["composed"] > 0)]
    lists = empty[empty["is_list"]][["cabinet_id", "party_id", "result_id"]]
    members = lists.merge(
        full[["cabinet_id", "party_id", "alliance", "composed"]],
        left_on=["cabinet_id", "result_id"],
        right_on=["cabinet_id", "alliance"],
        suffixes=("", "_other"),
    )
    succession = changes[changes["type"] == SUCCESSOR][["party", "party_new"]].dropna()
    predecessors = (
        empty[["cabinet_id", "party_id"]]
        .merge(succession, left_on="party_id", right_on="party_new")
        .merge(
            full[["cabinet_id", "party_id", "composed"]].add_suffix("_other"),
            left_on=["cabinet_id", "party"],
            right_on=["cabinet_id_other", "party_id_other"],
        )
        .rename(columns={"composed_other": "composed"})
    )
    pairs = pd.concat([members, predecessors])[
        ["cabinet_id", "party_id", "party_id_other", "composed"]
    ]
    seats = pairs.groupby(["cabinet_id", "party_id"])["composed"].sum()
    key = pd.MultiIndex.from_frame(rows[["cabinet_id", "party_id"]])
    stood_for = pd.MultiIndex.from_frame(pairs[["cabinet_id", "party_id_other"]].astype(int))
    rows = rows.assign(others_seats=seats.reindex(key).fillna(0).to_numpy())
    return rows[~key.isin(stood_for)]


def _flagged_no_seats(data_json: object) -> bool:
    """ParlGov flags cabinet parties without seats in the lower house in its free-form notes."""
    if not isinstance(data_json, str):
        return False
    notes = json.loads(data_json)
    return bool(notes.get("no_seats")) or "upper_house_seats" in notes


def _with_looked_up(rows: pd.DataFrame, looked_up: pd.DataFrame) -> pd.DataFrame:
    key = ["cabinet_id", "party_id"]
    rows = rows.merge(looked_up[[*key, "seats"]], on=key, how="left", suffixes=("", "_found"))
    use = rows["seats_found"].notna()
    rows["seats"] = rows["seats_found"].fillna(rows["seats"])
    rows["basis"] = rows["basis"].mask(use, "curated")
    rows["source"] = rows["source"].mask(use, "coalitiondata-seats")
    rows["missing_reason"] = rows["missing_reason"].mask(use, None)

    used = rows.loc[use, key].merge(looked_up.dropna(subset=["deduct_from_party_id"]), on=key)
    partner = used.groupby(["cabinet_id", "deduct_from_party_id"])["seats"].sum()
    partner.index = partner.index.set_names(key)
    counted_twice = partner.reindex(pd.MultiIndex.from_frame(rows[key])).to_numpy()
    deducted = ~np.isnan(counted_twice) & rows["seats"].notna().to_numpy()
    rows["seats"] = rows["seats"] - np.where(deducted, counted_twice, 0)
    rows["basis"] = rows["basis"].mask(deducted, "derived")
    return rows.drop(columns="seats_found")
