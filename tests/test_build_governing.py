"""Cabinets: what the data must say about cabinets that history knows, and the rules behind it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from raw_files import CURATED, raw_or_skip

import coalitiondata as cd
from coalitiondata.build import cabinet_ends, cabinets, parlgov

# Name, country, start, end, cause, {party abbreviation: seats}, from parliaments' own records.
GOLDEN = [
    (
        "Merkel III",
        "DEU",
        "2013-12-17",
        "2017-09-24",
        "regular_election",
        {"CDU+CSU": 311, "SPD": 193},
    ),
    ("Cameron I", "GBR", "2010-05-11", "2015-05-08", "regular_election", {"Con": 307, "Lib": 57}),
    ("Churchill I", "GBR", "1940-05-10", "1945-05-23", "party_change", {"Con": 387, "Lab": 154}),
    ("Brandt I", "DEU", "1969-10-22", "1972-12-15", "early_election", {"SPD": 224, "FDP": 30}),
    ("Kohl I", "DEU", "1982-10-01", "1983-03-30", "early_election", {"CDU+CSU": 226, "FDP": 53}),
    (
        "Adenauer I",
        "DEU",
        "1949-09-20",
        "1953-10-20",
        "regular_election",
        {"CDU+CSU": 139, "FDP": 52, "DP": 17},
    ),
    ("Rutte III", "NLD", "2012-11-05", "2017-03-15", "regular_election", {"VVD": 41, "PvdA": 38}),
    (
        "Kok I",
        "NLD",
        "1994-08-22",
        "1998-08-03",
        "regular_election",
        {"PvdA": 37, "VVD": 31, "D66": 24},
    ),
    (
        "Mauroy II",
        "FRA",
        "1981-06-23",
        "1983-03-22",
        "party_change",
        {"PS": 268, "PCF": 43, "PRG": 14},
    ),
    ("Kishida I", "JPN", "2021-10-04", "2021-11-10", "regular_election", {"LDP": 281, "K": 29}),
    (
        "Beel II",
        "NLD",
        "1958-12-22",
        "1959-05-19",
        "early_election",
        {"KVP": 49, "ARP": 15, "CHU": 13},
    ),
]


@pytest.fixture(scope="module")
def source() -> parlgov.ParlGov:
    return parlgov.read(raw_or_skip(), CURATED)


def members(coalition_id: str) -> pd.DataFrame:
    power = cd.load("power")
    seats = power.loc[power["resource"] == "seats", ["coalition_id", "actor_id", "value"]]
    actors = cd.load("actors")[["actor_id", "abbreviation", "kind"]]
    rows = cd.load("memberships").query("coalition_id == @coalition_id")
    return rows.merge(seats, how="left").merge(actors)


@pytest.mark.parametrize(("name", "arena", "start", "end", "cause", "seats"), GOLDEN)
def test_cabinets_that_history_knows(
    name: str, arena: str, start: str, end: str, cause: str, seats: dict[str, int]
) -> None:
    rows = cd.load("coalitions").query("name == @name and arena == @arena")
    cabinet = rows.iloc[0]
    assert len(rows) == 1
    assert (f"{cabinet['start']:%F}", f"{cabinet['end']:%F}") == (start, end)
    assert cabinet["end_cause"] == cause
    parties = members(cabinet["coalition_id"])
    assert dict(zip(parties["abbreviation"], parties["value"], strict=True)) == seats


def test_all_coalition_cabinets_are_there() -> None:
    governing = cd.load("coalitions", family="governing")
    assert len(governing) == 1073
    assert governing["start"].min() == pd.Timestamp("1902-06-07")
    assert governing["start"].max() == pd.Timestamp("2023-06-20")


def test_seats_are_known_for_at_least_97_per_cent_of_cabinets_since_1945() -> None:
    seats = cd.load("power").query("resource == 'seats'")
    since = cd.load("coalitions", family="governing").query("start >= '1945-01-01'")
    complete = seats.groupby("coalition_id")["value"].agg(lambda value: value.notna().all())
    assert complete.reindex(since["coalition_id"]).mean() >= 0.97


def test_a_party_without_seats_is_told_apart_from_one_whose_seats_are_unknown() -> None:
    seats = cd.load("power").query("resource == 'seats'")
    assert (seats["missing_reason"].notna() == seats["value"].isna()).all()
    ministers = cd.load("actors").query("kind == 'nonpartisan'")["actor_id"]
    assert seats.loc[seats["actor_id"].isin(ministers), "value"].eq(0).all()
    by_party = seats.set_index(["coalition_id", "actor_id"])
    # Daladier III faced the chamber of 1936, for which the Left Republicans' result is 0 seats on a
    # joint list; Agir was founded after the election of 2017.
    assert (
        by_party.loc[("gov-parlgov-1304", "party-parlgov-2587"), "missing_reason"] == "joint_list"
    )
    assert (
        by_party.loc[("gov-parlgov-1673", "party-parlgov-2862"), "missing_reason"] == "formed_later"
    )


def test_a_list_stands_for_its_members_outside_the_cabinet() -> None:
    # Orbán V: ParlGov has the list Fidesz-KDNP in cabinet, its 117 Fidesz seats with Fidesz.
    parties = members("gov-parlgov-1670").set_index("abbreviation")["value"]
    assert parties.to_dict() == {"Fi+KDNP": 117, "KDNP": 18}
    chamber = cd.load("candidates").query("coalition_id == 'gov-parlgov-1670'")
    assert chamber["seats"].sum() == 199


def test_seats_of_a_chamber_add_up_to_its_size() -> None:
    """All but a few French chambers, whose stated size leaves out seats overseas.

    Independents behind ministers without party count with no one, so these chambers fall short.
    """
    chambers = (
        cd.load("candidates", family="governing")
        .groupby("coalition_id")["seats"]
        .sum()
        .astype(float)
    )
    coalitions = cd.load("coalitions").set_index("coalition_id").loc[chambers.index]
    ratio = chambers / coalitions["chamber_seats"].astype(float)
    nonpartisan = cd.load("actors").query("kind == 'nonpartisan'")["actor_id"]
    memberships = cd.load("memberships")
    ministers = memberships.loc[memberships["actor_id"].isin(nonpartisan), "coalition_id"]
    assert ratio.drop(ministers).min() > 0.97
    over = coalitions[ratio > 1.02]
    # D'Alema II: the Democrats' 21 deputies came from several groups, so none was deducted.
    assert set(over["arena"]) <= {"FRA", "ITA"}
    assert (over["arena"] == "ITA").sum() <= 2


def test_candidates_agree_with_the_seats_of_members() -> None:
    joined = cd.load("candidates", family="governing").query("joined")
    seats = cd.load("power").query("resource == 'seats'")
    both = joined.merge(seats, on=["coalition_id", "actor_id"], how="outer", indicator=True)
    assert (both["_merge"] == "both").all()
    assert np.array_equal(both["seats"].astype(float), both["value"], equal_nan=True)


def test_breaks_of_democracy_do_not_prolong_cabinets() -> None:
    cabinets_ = cd.load("coalitions", family="governing")
    length = (cabinets_["observed_until"] - cabinets_["start"]).dt.days
    # Luxembourg's terms of five years and some days are the longest lawful ones.
    assert length.max() < 5.5 * 365.25
    hitler = cabinets_.query("name == 'Hitler'").iloc[0]
    assert f"{hitler['end']:%F}" == "1933-06-27"
    assert hitler["end_cause_basis"] == "curated"


def test_coded_causes_win_and_the_rule_mostly_agrees_with_them(
    source: parlgov.ParlGov,
) -> None:
    causes = cabinet_ends.end_causes(source)
    causes = causes[causes["id"].isin(cabinets.coalition_cabinets(source)["id"])]
    both = causes.dropna(subset=["coded", "derived"])
    regular = both[both["coded"] == "regular_election"]
    party = both[both["coded"] == "party_change"]
    # The rule sees the change that came, not the resignation that announced it.
    assert (regular["derived"] == "regular_election").mean() > 0.8
    assert (party["derived"] == "party_change").mean() > 0.85
    shipped = cd.load("coalitions", family="governing").set_index("source_key")
    coded = causes.dropna(subset="coded")
    looked_up = shipped["end_cause_basis"] == "curated"
    for row in coded.itertuples():
        if not looked_up[str(row.id)] and shipped.loc[str(row.id), "status"] == "ended":
            assert shipped.loc[str(row.id), "end_cause"] == row.coded


@pytest.mark.parametrize(
    ("name", "prime_minister"),
    [
        ("Andreotti VII", "Andreotti"),
        ("De Broquevile II ", "De Broquevile"),
        ("Kallas S", "Kallas S"),
        ("Mitsotakis Kyr II", "Mitsotakis Kyr"),
        ("Vi", "Vi"),
    ],
)
def test_cabinets_bear_the_name_of_their_prime_minister(name: str, prime_minister: str) -> None:
    assert cabinet_ends.prime_minister(pd.Series([name])).tolist() == [prime_minister]


def test_lineages_join_consecutive_cabinets_of_the_same_parties() -> None:
    cabinets_ = cd.load("coalitions", family="governing").set_index("coalition_id")
    # Merkel III to V: one grand coalition, through an election and a caretaker.
    assert cabinets_.loc["gov-parlgov-1528", "lineage"] == "lin-gov-parlgov-1071"
    parties = cd.load("memberships").groupby("coalition_id")["actor_id"].agg(frozenset)
    sets = parties.reindex(cabinets_.index).groupby(cabinets_["lineage"]).nunique()
    assert (sets == 1).all()
    before = cabinets_["predecessor"].dropna()
    same_parties = parties[before].to_numpy() == parties[before.index].to_numpy()
    same_lineage = (
        cabinets_.loc[before, "lineage"].to_numpy() == cabinets_.loc[before.index, "lineage"]
    )
    assert (same_lineage.to_numpy() == same_parties).all()


def test_family_means_are_told_apart_from_expert_surveys() -> None:
    positions = cd.load("positions").merge(cd.load("actors")[["actor_id", "abbreviation", "iso3"]])
    # TOP 09 was founded after the surveys that ParlGov uses; the Conservatives are in all of them.
    top09 = positions.query("abbreviation == 'TOP09'")
    con = positions.query("abbreviation == 'Con' and iso3 == 'GBR'")
    assert set(top09["basis"]) == {"family_mean"}
    assert set(con["basis"]) == {"expert_mean"}


def test_known_transformations() -> None:
    rows = cd.load("transformations").merge(
        cd.load("coalitions")[["coalition_id", "name", "arena"]]
    )
    # The Dutch confessional parties of the De Jong cabinet ran as CDA in 1977.
    cda = rows.query("name == 'De Jong' and arena == 'NLD' and kind == 'electoral_alliance'")
    assert "Christian Democratic Appeal" in set(cda["became"])
    assert (cda["date"] == pd.Timestamp("1977-05-25")).any()
    likud = rows.query("name == 'Begin I' and kind == 'party_merger'")
    assert not likud.empty


def test_lists_that_could_be_pooled_are_no_common_list() -> None:
    """France 1951: each party had results of its own; the Dutch Christian democrats had not."""
    rows = cd.load("transformations").set_index("transformation_id")
    pooled = rows.loc["gov-parlgov-636-pact-7666"]
    assert pooled["kind"] == "electoral_pact"
    assert pooled["date"] == pd.Timestamp("1951-06-17")
    assert "gov-parlgov-636-list-7666" not in rows.index
    pacts = rows["kind"] == "electoral_pact"
    assert (rows.index.str.contains("-pact-") == pacts).all()
    # Nothing that only pooled its votes counts as transformed.
    bonds = rows.loc[~pacts & (rows["kind"] != "party_split"), "coalition_id"]
    frame = cd.survival_frame(family="governing", primary=None).set_index("coalition_id")
    assert set(frame.index[frame["transformed"] == 1]) <= set(bonds)


def test_midyear_dates_of_parties_are_known_to_the_year() -> None:
    founded = cd.load("actors").query("kind == 'party'").dropna(subset="founded")
    midyear = founded["founded"].dt.strftime("%m-%d") == "07-01"
    assert (founded["founded_precision"].astype(str) == "year").equals(midyear)


@pytest.mark.parametrize(
    ("notes", "day"),
    [
        (json.dumps({"defector_resignation": "1985-06-14"}), "1985-06-14"),
        (json.dumps({"defector_resignation": ["1985-06-14", "1985-06-15"]}), None),
        (json.dumps({"defector_resignation": True}), None),
        ("{}", None),
        (np.nan, None),
    ],
)
def test_only_a_single_noted_day_is_taken(notes: object, day: str | None) -> None:
    assert parlgov.noted_day(notes, "defector_resignation") == day
