from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from raw_files import CURATED, raw_or_skip

from coalitiondata.build import alliances, pacts, states, wars

MEMBER_FILE = "atop/atop_member_level_4_01.csv"
COLUMNS = [
    *["atopid", "member", "phase", "bilat", "defense", "consul"],
    *alliances.ENTERED,
    *alliances.LEFT,
]


@pytest.fixture(scope="module")
def treaties() -> pd.DataFrame:
    return alliances.alliances(raw_or_skip()).set_index("alliance_id")


@pytest.fixture(scope="module")
def members() -> pd.DataFrame:
    return alliances.alliance_members(raw_or_skip())


@pytest.fixture(scope="module")
def events() -> pd.DataFrame:
    raw = raw_or_skip()
    return pacts.transformations(wars.coalitions(raw), wars.memberships(raw), raw)


def day(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


# Alliances.


def test_the_atlantic_alliance(treaties: pd.DataFrame, members: pd.DataFrame) -> None:
    nato = treaties.loc["alliance-atop-3180"]
    assert (nato["start"], nato["status"]) == (day("1949-04-04"), "ongoing")
    assert pd.isna(nato["end"])
    assert nato["observed_until"] == day("2016-12-31")
    assert nato[["defense", "consultation", "bilateral"]].tolist() == [True, True, False]
    inside = members[members["alliance_id"] == "alliance-atop-3180"]
    assert (inside["joined"] == day("1949-04-04")).sum() == 12
    assert (inside["spell"] == 1).all()  # two phases without a gap
    gone = inside[inside["left"].notna()]
    assert gone["actor_id"].tolist() == ["state-cow-260"]  # West Germany goes on as Germany
    assert gone["left"].tolist() == [day("1990-10-03")]


def test_italy_leaves_the_triple_alliance(treaties: pd.DataFrame, members: pd.DataFrame) -> None:
    triple = treaties.loc["alliance-atop-1350"]
    assert (triple["start"], triple["end"]) == (day("1882-05-20"), day("1918-11-03"))
    inside = members[members["alliance_id"] == "alliance-atop-1350"].set_index("actor_id")
    assert inside.loc["state-cow-325", "left"] == day("1915-05-23")
    assert inside.index.is_unique


def test_egypt_returns_to_the_arab_league(members: pd.DataFrame) -> None:
    egypt = members[
        (members["alliance_id"] == "alliance-atop-3015") & (members["actor_id"] == "state-cow-651")
    ]
    assert egypt["spell"].tolist() == [1, 2]
    assert egypt["left"].iloc[0] == day("1979-03-31")
    assert egypt["joined"].iloc[1] == day("1989-05-22")
    assert pd.isna(egypt["left"].iloc[1])


def test_overlapping_phases_are_one_spell(members: pd.DataFrame) -> None:
    # Romania's treaty with Czechoslovakia went on with both successors, to different days.
    romania = members[
        (members["alliance_id"] == "alliance-atop-3610") & (members["actor_id"] == "state-cow-360")
    ]
    assert romania["joined"].tolist() == [day("1968-08-16")]
    assert romania["left"].tolist() == [day("1994-06-22")]


def test_unknown_days_are_months(treaties: pd.DataFrame) -> None:
    quintuple = treaties.loc["alliance-atop-1035"]
    assert (quintuple["end"], quintuple["end_precision"]) == (day("1822-12-15"), "month")
    by_day = treaties[treaties["end_precision"] == "day"]
    assert len(by_day) == 398


def test_bilateral_is_as_signed(treaties: pd.DataFrame) -> None:
    assert not treaties.loc["alliance-atop-3260", "bilateral"]  # Manila pact: eight, later two
    assert treaties.loc["alliance-atop-4070", "bilateral"]  # France and Czechoslovakia's heirs


def test_members_fit_their_alliance(treaties: pd.DataFrame, members: pd.DataFrame) -> None:
    assert len(treaties) == 745
    assert treaties["status"].eq("ongoing").equals(treaties["end"].isna())
    rows = members.join(treaties[["start", "end", "observed_until"]], on="alliance_id")
    assert rows["start"].notna().all()
    assert (rows["joined"] >= rows["start"]).all()
    assert not (rows["left"] > rows["observed_until"]).any()
    assert not (rows["left"] < rows["joined"]).any()
    assert rows.loc[rows["end"].notna(), "left"].notna().all()
    known = set(states.actors(raw_or_skip(), CURATED)["actor_id"])
    assert set(members["actor_id"]) <= known
    following = members.sort_values(["alliance_id", "actor_id", "spell"])
    same = following.duplicated(["alliance_id", "actor_id"])
    assert (following["joined"] > following["left"].shift())[same].all()


# Transformations.


@pytest.mark.parametrize(
    ("coalition", "treaty", "kind", "date", "carried"),
    [
        ("war-cow-82-1", 1415, "defence_pact", "1902-01-30", {200, 740}),  # Anglo-Japanese
        ("war-cow-106-1", 2055, "defence_pact", "1920-09-07", {211, 220}),  # Franco-Belgian
        ("war-cow-139-1", 3055, "defence_pact", "1947-03-04", {200, 220}),  # Dunkirk
        ("war-cow-139-1", 3130, "defence_pact", "1948-03-17", {200, 210, 211, 220}),  # Brussels
        (
            "war-cow-139-1",
            3180,
            "defence_pact",
            "1949-04-04",
            {2, 20, 200, 210, 211, 220, 325, 350, 385},
        ),
        ("war-cow-139-1", 3215, "defence_pact", "1951-09-01", {2, 900, 920}),  # ANZUS
        ("war-cow-151-1", 3240, "defence_pact", "1953-10-01", {2, 732}),
        ("war-cow-151-2", 3445, "defence_pact", "1961-07-11", {710, 731}),
    ],
)
def test_known_transformations(
    events: pd.DataFrame, coalition: str, treaty: int, kind: str, date: str, carried: set[int]
) -> None:
    row = events[
        (events["coalition_id"] == coalition)
        & (events["alliance_id"] == f"alliance-atop-{treaty}")
        & (events["kind"] == kind)
    ]
    assert row["date"].tolist() == [day(date)]
    assert row["members_carried_over"].tolist() == [
        ";".join(f"state-cow-{code}" for code in sorted(carried))
    ]


@pytest.mark.parametrize(
    ("coalition", "treaty"),
    [
        ("war-cow-139-1", 3075),  # Rio: bound since Chapultepec, 1945
        ("war-cow-139-1", 3285),  # Warsaw: bound by treaties of two since 1945 to 1948
        ("war-cow-151-1", 3230),  # Greece and Turkey in the Balkan pact: both in NATO since 1952
    ],
)
def test_what_renews_a_bond_is_no_transformation(
    events: pd.DataFrame, coalition: str, treaty: int
) -> None:
    of_coalition = events[events["coalition_id"] == coalition]
    assert f"alliance-atop-{treaty}" not in set(of_coalition["alliance_id"])
    assert len(of_coalition) > 1


def test_rome_is_won_over_in_london(events: pd.DataFrame) -> None:
    london = events[
        (events["coalition_id"] == "war-cow-106-1")
        & (events["alliance_id"] == "alliance-atop-2025")
    ]
    assert "state-cow-325" not in london["members_carried_over"].item().split(";")


def test_events_fit_their_coalition(events: pd.DataFrame, treaties: pd.DataFrame) -> None:
    raw = raw_or_skip()
    coalitions = wars.coalitions(raw).set_index("coalition_id")
    members = wars.memberships(raw).groupby("coalition_id")["actor_id"].agg(set)
    assert events["transformation_id"].is_unique
    rows = events.join(coalitions[["start", "end"]], on="coalition_id")
    assert (rows["date"] > rows["start"]).all()
    assert (rows["date"] <= rows["end"] + pd.DateOffset(years=10)).all()
    for row in events.itertuples():
        carried = row.members_carried_over.split(";")
        assert len(carried) == len(set(carried)) >= 2
        assert set(carried) <= members[row.coalition_id]
    promised = treaties.loc[events["alliance_id"]].reset_index()
    assert promised.loc[events["kind"].eq("defence_pact").to_numpy(), "defense"].all()
    assert promised.loc[events["kind"].eq("consultation_pact").to_numpy(), "consultation"].all()


# Rules, on made-up treaties of three states at war together.

COALITION = pd.DataFrame(
    {"coalition_id": ["war-cow-1-1"], "start": [day("1900-01-01")], "end": [day("1902-12-31")]}
)
MEMBERSHIPS = pd.DataFrame(
    {
        "coalition_id": "war-cow-1-1",
        "actor_id": ["state-cow-200", "state-cow-220", "state-cow-365"],
        "joined": [day("1900-01-01"), day("1900-01-01"), day("1901-06-01")],
    }
)
Treaty = tuple[int, int, int, int, int, int]


def made_up(tmp_path: Path, treaties: list[Treaty]) -> pd.DataFrame:
    """Events from rows of treaty id, state, year entered, year left, defence, consultation."""
    rows = [
        [treaty, state, 0, 1, defence, consultation, entered, 7, 1, left, 7 * (left > 0), left > 0]
        for treaty, state, entered, left, defence, consultation in treaties
    ]
    file = tmp_path / "members.csv"
    pd.DataFrame(rows, columns=COLUMNS).astype(int).to_csv(file, index=False)
    raw = raw_or_skip()
    return pacts.transformations(
        COALITION, MEMBERSHIPS, lambda name: file if name == MEMBER_FILE else raw(name)
    )


def both(treaty: int, a: int, b: int, entered: int, left: int, *promises: int) -> list[Treaty]:
    defence, consultation = promises
    return [(treaty, state, entered, left, defence, consultation) for state in (a, b)]


CONTROL = both(9, 200, 220, 1904, 0, 1, 0)


@pytest.mark.parametrize(
    "treaty",
    [
        both(1, 220, 365, 1900, 0, 1, 0),  # before the second had joined
        both(1, 220, 365, 1913, 0, 1, 0),  # more than ten years after
        both(1, 200, 300, 1904, 0, 1, 0),  # with a state outside
        both(1, 220, 365, 1904, 0, 0, 0),  # promises neither
        both(1, 220, 365, 1899, 0, 1, 0) + both(2, 220, 365, 1904, 0, 1, 0),  # had one
        both(1, 220, 365, 1899, 0, 1, 0) + both(2, 220, 365, 1904, 0, 0, 1),  # had more
        both(1, 220, 365, 1899, 0, 0, 1) + both(2, 220, 365, 1904, 0, 0, 1),  # had as much
        [(1, 220, 1903, 1905, 1, 0), (1, 365, 1906, 0, 1, 0)],  # one left before the other came
    ],
)
def test_no_transformation(tmp_path: Path, treaty: list[Treaty]) -> None:
    # The control shows that the rule, not an empty table, keeps the treaty out.
    events = made_up(tmp_path, CONTROL + treaty)
    assert events["alliance_id"].tolist() == ["alliance-atop-9"]


@pytest.mark.parametrize(
    ("treaty", "kind", "date"),
    [
        (both(1, 220, 365, 1904, 0, 1, 0), "defence_pact", "1904-07-01"),
        (both(1, 220, 365, 1902, 0, 0, 1), "consultation_pact", "1902-07-01"),
        # The later of the two entries counts; one promise is enough.
        ([(1, 220, 1903, 0, 1, 0), (1, 365, 1905, 0, 0, 0)], "defence_pact", "1905-07-01"),
        # Less than defence was in force before, or a pact that had lapsed.
        (
            both(1, 220, 365, 1904, 0, 1, 1) + both(2, 220, 365, 1899, 0, 0, 1),
            "defence_pact",
            "1904-07-01",
        ),
        (
            both(1, 220, 365, 1904, 0, 1, 1) + both(2, 220, 365, 1890, 1899, 1, 0),
            "defence_pact",
            "1904-07-01",
        ),
    ],
)
def test_transformation(tmp_path: Path, treaty: list[Treaty], kind: str, date: str) -> None:
    row = made_up(tmp_path, treaty)
    assert row["alliance_id"].tolist() == ["alliance-atop-1"]
    assert row["kind"].tolist() == [kind]
    assert row["date"].tolist() == [day(date)]
    assert row["members_carried_over"].tolist() == ["state-cow-220;state-cow-365"]
