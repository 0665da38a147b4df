from __future__ import annotations

import pandas as pd
import pytest
from raw_files import raw_or_skip

from coalitiondata.build import disputes, interventions, states, wars
from coalitiondata.errors import InvalidDataError
from coalitiondata.gleditsch_ward import cow_codes
from coalitiondata.rules.dates import coarse_dates_at_midpoint, spells_in_sequence


@pytest.fixture(scope="module")
def coalitions() -> pd.DataFrame:
    return interventions.build(raw_or_skip())["coalitions"].set_index("coalition_id")


@pytest.fixture(scope="module")
def memberships() -> pd.DataFrame:
    return interventions.build(raw_or_skip())["memberships"]


def members(memberships: pd.DataFrame, coalition: str) -> set[int]:
    inside = memberships[memberships["coalition_id"] == coalition]
    return set(inside["actor_id"].str.removeprefix("state-cow-").astype(int))


def years(row: pd.Series) -> tuple[int, int | None]:
    return row["start"].year, None if pd.isna(row["end"]) else row["end"].year


# Golden records: what histories of these conflicts say.


@pytest.mark.parametrize(
    ("coalition", "span", "codes", "cause"),
    [
        # Egypt for the republicans of North Yemen.
        ("int-ucdp-230-a-1962", (1962, 1970), {678, 651}, None),
        # Soviet Union in Afghanistan, whose government fights on alone.
        ("int-ucdp-333-a-1980", (1980, 1989), {700, 365}, "participation_ended"),
        # Cuba in Angola.
        ("int-ucdp-327-a-1975", (1975, 1989), {540, 40}, "participation_ended"),
        ("int-ucdp-252-b-1956", (1956, 1956), {200, 220, 666}, None),
        # Sierra Leone: the United Kingdom follows the West African force in 2000.
        ("int-ucdp-382-a-2000", (2000, 2000), {451, 200}, "participation_ended"),
        # Africa's world war: Kabila's allies.
        ("int-ucdp-283-a-1998", (1998, 2001), {490, 483, 540, 552, 565}, None),
        # Senegal restores Gambia's president.
        ("int-ucdp-344-a-1981", (1981, 1981), {420, 433}, None),
        # Russia and Iran for Assad.
        ("int-ucdp-299-a-2015", (2015, None), {652, 365, 630}, None),
    ],
)
def test_known_interventions(
    coalitions: pd.DataFrame,
    memberships: pd.DataFrame,
    coalition: str,
    span: tuple[int, int | None],
    codes: set[int],
    cause: str | None,
) -> None:
    row = coalitions.loc[coalition]
    assert years(row) == span
    assert members(memberships, coalition) == codes
    assert row["end_cause"] == cause if cause else pd.isna(row["end_cause"])


def test_saudi_coalition_in_yemen(coalitions: pd.DataFrame, memberships: pd.DataFrame) -> None:
    row = coalitions.loc["int-ucdp-230-b-2015"]
    assert (row["status"], row["observed_until"]) == ("ongoing", pd.Timestamp("2024-12-31"))
    inside = memberships[memberships["coalition_id"] == "int-ucdp-230-b-2015"]
    left = inside.set_index("actor_id")["left"].dt.year
    assert left.dropna().astype(int).to_dict() == {
        "state-cow-531": 2018,
        "state-cow-600": 2018,
        "state-cow-625": 2023,
        "state-cow-651": 2017,
        "state-cow-663": 2017,
        "state-cow-690": 2016,
        "state-cow-694": 2017,
    }
    still_in = inside[inside["left"].isna()]
    assert set(still_in["actor_id"]) == {"state-cow-670", "state-cow-692", "state-cow-696"}
    assert still_in["exit_cause"].isna().all()


def test_one_conflict_with_changing_partners(coalitions: pd.DataFrame) -> None:
    """Libya stood by Amin in 1979, Tanzania by those who overthrew him."""
    uganda = coalitions[coalitions["arena"] == "int-ucdp-314"].sort_values("start")
    assert [years(row) for _, row in uganda.iterrows()][:2] == [(1979, 1979), (1980, 1981)]
    assert uganda["name"].iloc[0] == "Conflict 314 (Uganda), side A from 1979 (Uganda and Libya)"


@pytest.mark.parametrize(
    ("coalition", "same"),
    [
        ("int-ucdp-228-a-1948", "war-cow-148-2"),
        ("int-ucdp-235-b-1950", "war-cow-151-1"),
        ("int-ucdp-252-b-1956", "war-cow-155-1"),
        ("int-ucdp-293-a-1965", "war-cow-163-2"),
        ("int-ucdp-262-a-1963", "war-cow-170-2"),  # Laos, not the larger war in Vietnam
        ("int-ucdp-371-b-1991", "war-cow-211-1"),
        ("int-ucdp-412-b-1999", "war-cow-221-1"),
        ("int-ucdp-13692-b-2001", "war-cow-225-1"),
        ("int-ucdp-420-a-2003", "war-cow-227-1"),
        ("int-ucdp-232-b-1958", "mid-cow-173-b"),  # second crisis in the Strait of Taiwan
        ("int-ucdp-281-b-1963", "mid-cow-1070-b"),  # Konfrontasi
        ("int-ucdp-283-b-1997", "mid-cow-4339-b"),
        ("int-ucdp-14113-a-2017", "int-ucdp-11347-a-2013"),  # Mali, two groups of rebels
        ("int-ucdp-13604-a-2015", "int-ucdp-299-a-2015"),  # Syria
    ],
)
def test_the_same_coalition_has_one_primary_record(
    coalitions: pd.DataFrame, coalition: str, same: str
) -> None:
    assert coalitions.loc[coalition, "overlaps_with"] == same
    assert not coalitions.loc[coalition, "primary"]


@pytest.mark.parametrize(
    "coalition",
    [
        "int-ucdp-418-a-2001",  # against al-Qaida, not the invasion of Afghanistan
        "int-ucdp-333-a-2003",
        "int-ucdp-259-a-2004",  # for Iraq's government, not the invasion
        "int-ucdp-249-a-1962",  # Vietnam before the war between the two states
    ],
)
def test_what_came_of_a_war_is_another_coalition(coalitions: pd.DataFrame, coalition: str) -> None:
    assert coalitions.loc[coalition, "primary"]


def test_records_point_to_primary_records(coalitions: pd.DataFrame) -> None:
    raw = raw_or_skip()
    other = pd.concat([wars.coalitions(raw), disputes.build(raw)["coalitions"]])
    everything = pd.concat([other.set_index("coalition_id"), coalitions])
    target = everything.loc[coalitions["overlaps_with"].dropna()]
    assert target["primary"].all()
    assert (coalitions["primary"] == coalitions["overlaps_with"].isna()).all()
    assert coalitions["primary"].value_counts().to_dict() == {True: 93, False: 43}


def test_two_states_stand_together_in_every_year(
    coalitions: pd.DataFrame, memberships: pd.DataFrame
) -> None:
    assert len(coalitions) == 136
    inside = memberships.join(coalitions["observed_until"], on="coalition_id")
    last = inside["left"].fillna(inside["observed_until"]).dt.year
    spells = states.spread_years(
        inside[["coalition_id", "actor_id"]], inside["joined"].dt.year, last
    )
    present = spells.groupby(["coalition_id", "year"])["actor_id"].agg(set)
    lasted = present.groupby("coalition_id").size()
    until = coalitions["observed_until"].dt.year - coalitions["start"].dt.year + 1
    assert lasted.eq(until.reindex(lasted.index)).all()
    assert present.map(len).min() == 2
    before = present.groupby("coalition_id").shift()
    carried = [len(now & then) for now, then in zip(present, before, strict=True) if then == then]
    assert min(carried) == 2


def test_every_date_is_a_year(coalitions: pd.DataFrame, memberships: pd.DataFrame) -> None:
    assert set(coalitions["start_precision"]) == {"year"}
    assert set(memberships["left_precision"].dropna()) == {"year"}
    frames = {"coalitions": coalitions.reset_index(), "memberships": memberships}
    assert coarse_dates_at_midpoint(frames).empty
    assert spells_in_sequence(frames).empty
    ongoing = coalitions["status"] == "ongoing"
    assert ongoing.equals(coalitions["end"].isna())
    assert ongoing.sum() == 21


def test_members_are_states_of_the_system_list(memberships: pd.DataFrame) -> None:
    known = states.spells(raw_or_skip())["cow_code"]
    assert set(memberships["actor_id"]) <= {f"state-cow-{code}" for code in known}
    # The Federal Republic is 255 again after 1990; Tonga and Yemen have other numbers.
    assert 260 not in members(memberships, "int-ucdp-333-a-2003")
    assert {255, 955} <= members(memberships, "int-ucdp-333-a-2003")
    assert 679 in members(memberships, "int-ucdp-230-a-2009")


@pytest.mark.parametrize(
    ("theirs", "year", "ours"),
    [
        (260, 1990, 260),
        (260, 1991, 255),
        (678, 1962, 678),
        (678, 2015, 679),
        (340, 2014, 345),
        (816, 1979, 816),
        (970, 2000, 946),  # Kiribati, whose number is Nauru's in the other list
        (971, 2000, 970),
        (972, 2004, 955),
    ],
)
def test_numbers_of_states(theirs: int, year: int, ours: int) -> None:
    assert cow_codes(pd.Series([theirs]), pd.Series([year])).tolist() == [ours]


def test_an_unknown_number_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = raw_or_skip()
    rows = interventions.state_years(raw)
    odd = rows["cow_code"].mask(rows["cow_code"] == 651, 9651)
    monkeypatch.setattr(interventions, "state_years", lambda _: rows.assign(cow_code=odd))
    with pytest.raises(InvalidDataError, match="9651"):
        interventions.build(raw)


# Rules on made-up conflicts.


def run(*rows: tuple[int, set[int]]) -> list[str]:
    frame = pd.DataFrame(
        [(1, year, "a", code) for year, codes in rows for code in sorted(codes)],
        columns=["conflict", "year", "side", "cow_code"],
    )
    return sorted(set(interventions._with_runs(frame)["side"]))


def test_a_year_alone_ends_the_coalition() -> None:
    assert run((1950, {2, 3}), (1951, {2}), (1952, {2, 3})) == ["a-1950", "a-1952"]


def test_a_year_without_fighting_ends_the_coalition() -> None:
    assert run((1950, {2, 3}), (1952, {2, 3})) == ["a-1950", "a-1952"]


def test_two_states_that_stay_keep_the_coalition() -> None:
    assert run((1950, {2, 3}), (1951, {2, 3, 4}), (1952, {2, 4})) == ["a-1950"]


def test_another_partner_makes_another_coalition() -> None:
    assert run((1950, {2, 3}), (1951, {2, 4}), (1952, {2, 4})) == ["a-1950", "a-1951"]
