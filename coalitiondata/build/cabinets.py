"""The governing family: ParlGov's cabinets of two or more parties."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from coalitiondata.build.cabinet_ends import end_causes, party_sets
from coalitiondata.build.dates import day_dates, midyear_precision, precision
from coalitiondata.build.parlgov import (
    ParlGov,
    cabinet_ids,
    nonpartisan,
    noted_day,
    only_day,
    party_ids,
    records,
)
from coalitiondata.build.seats import chamber_seats

DIMENSIONS = {
    "left_right": "left_right",
    "state_market": "state_market",
    "liberty_authority": "liberty_authority",
    "eu_anti_pro": "eu",
}
UNFILLED_FAMILIES = ("Special issue", "no family")


def build(parlgov: ParlGov, curated: Path) -> Mapping[str, pd.DataFrame]:
    """All rows that the governing family adds to the data set, by table."""
    cabinets = coalition_cabinets(parlgov)
    ends = pd.read_csv(curated / "cabinet_ends.csv").set_index("cabinet_id")
    causes = pd.read_csv(curated / "cabinet_causes.csv").set_index("cabinet_id")["end_cause"]
    coalitions = _coalitions(parlgov, cabinets, ends, causes)
    seats = chamber_seats(parlgov, cabinets, curated / "cabinet_seats.csv")
    return {
        "coalitions": coalitions,
        "memberships": _memberships(parlgov, cabinets, coalitions),
        "power": _power(seats, cabinets),
        "candidates": _candidates(seats),
        "actors": _actors(parlgov, seats["party_id"]),
        "positions": _positions(parlgov, seats["party_id"]),
    }


def coalition_cabinets(parlgov: ParlGov) -> pd.DataFrame:
    """ParlGov's cabinets with two or more parties, its entry 'no party' counting as one."""
    parties = parlgov.members.groupby("cabinet")["party"].nunique()
    several = parlgov.cabinets["id"].isin(parties[parties > 1].index)
    return parlgov.cabinets[several].reset_index(drop=True)


def observed_until(parlgov: ParlGov) -> pd.Timestamp:
    """The latest day that ParlGov records anything for: where ongoing cabinets are censored."""
    cabinets, elections = parlgov.cabinets, parlgov.elections
    dates = [cabinets["start_date"], cabinets["termination_date"], elections["date"]]
    return pd.Timestamp(max(column.max() for column in dates))


def lineages(parlgov: ParlGov) -> pd.Series:
    """Id of the first of consecutive cabinets of the same parties, by cabinet id.

    A cabinet continues its predecessor's lineage if both have the same set of parties; a new prime
    minister or an election in between ends a cabinet, not a lineage.
    """
    parties = party_sets(parlgov)
    first: dict[int, int] = {}
    for row in records(parlgov.cabinets.sort_values("start_date")):
        before = row.previous_cabinet
        same = before in first and parties.get(before) == parties.get(row.id)
        first[row.id] = first[before] if same else row.id
    return pd.Series(first)


def _coalitions(
    parlgov: ParlGov, cabinets: pd.DataFrame, looked_up: pd.DataFrame, read_off: pd.Series
) -> pd.DataFrame:
    """A cabinet ends when its successor starts, unless its end was looked up.

    Where democracy or independence was interrupted, ParlGov's next cabinet may follow years later:
    there the end and its cause come from data/curated/cabinet_ends.csv. `read_off` has causes that
    ParlGov states in words only (data/curated/cabinet_causes.csv).
    """
    successor = parlgov.cabinets.dropna(subset=["previous_cabinet"]).set_index("previous_cabinet")
    start = cabinets["start_date"]
    curated = cabinets["id"].isin(looked_up.index)
    found = day_dates(cabinets["id"].map(looked_up["ended"]))
    end = cabinets["id"].map(successor["start_date"]).mask(curated, found)
    observed = end.fillna(observed_until(parlgov))
    terminated = cabinets["termination_date"]
    causes = cabinets[["id"]].merge(end_causes(parlgov), on="id", how="left")
    cause = causes["coded"].fillna(causes["derived"]).where(end.notna(), None)
    stated = cabinets["id"].map(read_off)
    cause = cause.mask(stated.notna(), stated)
    cause = cause.mask(curated, cabinets["id"].map(looked_up["end_cause"]))
    basis = causes["coded"].notna().map({True: "source", False: "derived"})
    basis = basis.mask(curated | stated.notna(), "curated")
    leader = parlgov.members[parlgov.members["pm"] == 1].set_index("cabinet")["party"]
    elections = parlgov.elections.set_index("id")
    before = cabinets["previous_cabinet"]
    return pd.DataFrame(
        {
            "coalition_id": cabinet_ids(cabinets["id"]),
            "family": "governing",
            "subtype": cabinets["caretaker"].map({0: "cabinet", 1: "caretaker_cabinet"}),
            "name": cabinets["name"].str.strip(),
            "arena": cabinets["country"].map(parlgov.country_iso3),
            "start": start,
            "start_precision": "day",
            "end": end,
            "end_precision": precision(end).mask(
                curated, cabinets["id"].map(looked_up["precision"])
            ),
            "observed_until": observed,
            "terminated": terminated.where((terminated >= start) & (terminated <= observed)),
            "status": end.notna().map({True: "ended", False: "ongoing"}),
            "end_cause": cause,
            "end_cause_basis": basis.where(cause.notna(), None),
            "leader": party_ids(cabinets["id"].map(leader).dropna()),
            "lineage": "lin-" + cabinet_ids(cabinets["id"].map(lineages(parlgov))),
            "predecessor": cabinet_ids(before[before.isin(cabinets["id"])]),
            "primary": True,
            "chamber_elected": cabinets["previous_parliament_election"].map(elections["date"]),
            "chamber_seats": cabinets["previous_parliament_election"].map(elections["seats_total"]),
            "source": curated.map({True: "coalitiondata-cabinet-ends", False: "parlgov"}),
            "source_key": cabinets["id"].astype(str),
        }
    )


def _memberships(
    parlgov: ParlGov, cabinets: pd.DataFrame, coalitions: pd.DataFrame
) -> pd.DataFrame:
    """One spell per party; a 'defector' left early, on a day that ParlGov may note."""
    frame = parlgov.members.assign(coalition_id=cabinet_ids(parlgov.members["cabinet"]))
    frame = frame.merge(coalitions[["coalition_id", "start", "end"]], on="coalition_id")
    defected = frame["defector"] == 1
    days = cabinets.set_index("id")["data_json"].map(
        lambda notes: noted_day(notes, "defector_resignation")
    )
    # ParlGov notes one day per cabinet: it can only be given to a cabinet's only defector.
    only_one = frame.groupby("cabinet")["defector"].transform("sum") == 1
    day = day_dates(frame["cabinet"].map(days).where(only_one))
    day = day.fillna(day_dates(frame["description"].map(only_day)))
    inside = (day >= frame["start"]) & ~(day > frame["end"])
    left = frame["end"].mask(defected, day.where(inside))
    exit_cause = pd.Series("end_of_coalition", index=frame.index, dtype=object)
    exit_cause = exit_cause.where(frame["end"].notna(), None).mask(defected, "left_early")
    basis = defected.map({True: "source", False: "derived"}).where(exit_cause.notna(), None)
    return pd.DataFrame(
        {
            "coalition_id": frame["coalition_id"],
            "actor_id": party_ids(frame["party"]),
            "spell": 1,
            "joined": frame["start"],
            "joined_precision": "day",
            "left": left,
            "left_precision": precision(left),
            "role": frame["pm"].map({1: "leader", 0: "member"}),
            "exit_cause": exit_cause,
            "exit_cause_basis": basis,
            "source": "parlgov",
        }
    )


def _power(seats: pd.DataFrame, cabinets: pd.DataFrame) -> pd.DataFrame:
    members = seats[seats["member"]]
    start = cabinets.set_index("id")["start_date"]
    return pd.DataFrame(
        {
            "coalition_id": cabinet_ids(members["cabinet_id"]),
            "actor_id": party_ids(members["party_id"]),
            "year": members["cabinet_id"].map(start).dt.year,
            "resource": "seats",
            "value": members["seats"],
            "unit": "seats",
            "basis": members["basis"],
            "missing_reason": members["missing_reason"],
            "source": members["source"],
        }
    )


def _candidates(seats: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "coalition_id": cabinet_ids(seats["cabinet_id"]),
            "actor_id": party_ids(seats["party_id"]),
            "joined": seats["member"],
            "seats": seats["seats"].astype("Int64"),
            "source": seats["source"],
        }
    )


def _actors(parlgov: ParlGov, used: pd.Series) -> pd.DataFrame:
    parties = parlgov.parties[parlgov.parties["id"].isin(used)]
    founded, dissolved = parties["foundation_date"], parties["dissolution_date"]
    return pd.DataFrame(
        {
            "actor_id": party_ids(parties["id"]),
            "kind": nonpartisan(parties).map({True: "nonpartisan", False: "party"}),
            "name": parties["name_english"].str.strip(),
            "name_native": parties["name"].str.strip(),
            "abbreviation": parties["name_short"].str.strip(),
            "iso3": parties["country"].map(parlgov.country_iso3),
            "parlgov_id": parties["id"],
            "founded": founded,
            "founded_precision": midyear_precision(founded),
            "dissolved": dissolved,
            "dissolved_precision": midyear_precision(dissolved),
            "source": "parlgov",
        }
    )


def _positions(parlgov: ParlGov, used: pd.Series) -> pd.DataFrame:
    """ParlGov's positions, told apart by where they come from.

    ParlGov fills the position of a party that no expert survey places with the mean of its party
    family, written with one decimal: so the filled value is the most frequent one-decimal value of
    that family on that dimension. All other values are expert means.
    """
    long = parlgov.positions.melt(
        ["party_id", "family_name"], list(DIMENSIONS), "dimension", "text"
    ).dropna(subset="text")
    one_decimal = long[long["text"].str.partition(".")[2].str.len() == 1]
    filled_with = one_decimal.groupby(["family_name", "dimension"])["text"].agg(
        lambda values: values.mode()[0]
    )
    filled = long["text"] == long[["family_name", "dimension"]].agg(tuple, axis=1).map(filled_with)
    long = long.assign(basis=filled.map({True: "family_mean", False: "expert_mean"}))
    # One family of parties without a family has no mean to fill in.
    long.loc[long["family_name"].isin(UNFILLED_FAMILIES), "basis"] = "expert_mean"
    long = long[long["party_id"].astype(int).isin(used)]
    return pd.DataFrame(
        {
            "actor_id": party_ids(long["party_id"]),
            "dimension": long["dimension"].map(DIMENSIONS),
            "value": long["text"].astype(float),
            "basis": long["basis"],
            "source": "parlgov",
        }
    )
