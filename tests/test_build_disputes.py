from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from raw_files import raw_or_skip

from coalitiondata.build import disputes, line_ups, sides, wars
from coalitiondata.build.overlaps import mark_overlaps
from coalitiondata.build.side_ends import end_causes
from coalitiondata.rules.dates import coarse_dates_at_midpoint, spells_in_sequence


@pytest.fixture(scope="module")
def coalitions() -> pd.DataFrame:
    return disputes.build(raw_or_skip())["coalitions"].set_index("coalition_id")


@pytest.fixture(scope="module")
def memberships() -> pd.DataFrame:
    return disputes.build(raw_or_skip())["memberships"]


def day(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


def of(memberships: pd.DataFrame, coalition: str, code: int) -> pd.DataFrame:
    return memberships[
        (memberships["coalition_id"] == coalition)
        & (memberships["actor_id"] == f"state-cow-{code}")
    ]


# Golden records: what histories of these disputes say, in MID's dates.


@pytest.mark.parametrize(
    ("coalition", "start", "end", "members", "cause", "basis"),
    [
        # Five powers blockade Crete in 1897; Greece gives in.
        ("mid-cow-56-a", "1897-02-15", "1897-08-15", 6, "opponent_yielded", "source"),
        ("mid-cow-57-b", "1853-06-13", "1856-03-30", 5, "victory", "source"),
        # Serbia is alone with Austria-Hungary until Russia mobilises.
        ("mid-cow-257-b", "1914-07-25", "1918-11-11", 11, "victory", "source"),
        # Japan fights on alone after Germany's surrender, and loses.
        ("mid-cow-258-b", "1939-09-17", "1945-05-07", 10, "defeat", "derived"),
        ("mid-cow-51-b", "1950-06-27", "1953-07-27", 15, "stalemate", "source"),
        # Cuban missile crisis: Soviet Union and Cuba.
        ("mid-cow-61-b", "1962-01-28", "1962-12-12", 2, "yielded", "source"),
        ("mid-cow-3957-b", "1990-07-16", "1991-03-03", 27, "victory", "source"),
        # Romania, Bulgaria's late enemy, is out before the Turks are.
        ("mid-cow-1251-b", "1913-04-28", "1913-08-29", 4, "victory", "source"),
        # The South German states enter the Empire; Prussia fights on.
        ("mid-cow-88-b", "1870-07-16", "1870-11-22", 4, "participation_ended", "derived"),
    ],
)
def test_known_disputes(
    coalitions: pd.DataFrame,
    memberships: pd.DataFrame,
    coalition: str,
    start: str,
    end: str,
    members: int,
    cause: str,
    basis: str,
) -> None:
    row = coalitions.loc[coalition]
    assert (row["start"], row["end"]) == (day(start), day(end))
    assert (row["end_cause"], row["end_cause_basis"]) == (cause, basis)
    assert pd.isna(row.get("goal_outcome"))
    inside = memberships[memberships["coalition_id"] == coalition]
    assert inside["actor_id"].nunique() == members


@pytest.mark.parametrize(
    ("dispute", "war"),
    [
        ("mid-cow-57-b", "war-cow-22-1"),  # Crimean War
        ("mid-cow-31-a", "war-cow-82-1"),  # Boxer Rebellion
        ("mid-cow-257-a", "war-cow-106-2"),  # First World War
        ("mid-cow-257-b", "war-cow-106-1"),
        ("mid-cow-258-a", "war-cow-139-1"),  # Second World War
        ("mid-cow-258-b", "war-cow-139-2"),
        ("mid-cow-51-a", "war-cow-151-2"),  # Korea
        ("mid-cow-51-b", "war-cow-151-1"),
        ("mid-cow-200-b", "war-cow-155-1"),  # Suez
        ("mid-cow-611-a", "war-cow-163-2"),  # Vietnam
        ("mid-cow-1035-a", "war-cow-169-2"),  # Six Day War
        ("mid-cow-3957-b", "war-cow-211-1"),  # Gulf War
        ("mid-cow-4137-a", "war-cow-221-1"),  # Kosovo, which MID does not code as war
        ("mid-cow-4283-a", "war-cow-225-1"),  # Afghanistan
        ("mid-cow-4273-a", "war-cow-227-1"),  # Iraq 2003, not the two wars that it also overlaps
    ],
)
def test_disputes_that_became_wars_point_to_them(
    coalitions: pd.DataFrame, dispute: str, war: str
) -> None:
    assert coalitions.loc[dispute, "overlaps_with"] == war
    assert not coalitions.loc[dispute, "primary"]


@pytest.mark.parametrize(
    "dispute",
    [
        "mid-cow-61-b",  # Cuban missile crisis
        "mid-cow-353-a",  # the powers on alert during the Yom Kippur War
        "mid-cow-197-a",  # intervention in Russia: the Allies of 1918 against another opponent
        "mid-cow-3974-a",  # Kurdistan, in the last days of the Gulf War
        "mid-cow-4342-b",  # Russia and NATO over Kosovo
    ],
)
def test_disputes_beside_a_war_are_records_of_their_own(
    coalitions: pd.DataFrame, dispute: str
) -> None:
    assert coalitions.loc[dispute, "primary"]
    assert pd.isna(coalitions.loc[dispute, "overlaps_with"])


def test_links_lead_to_wars_at_the_same_time(coalitions: pd.DataFrame) -> None:
    linked = coalitions.dropna(subset="overlaps_with")
    assert len(linked) == 43
    war = wars.coalitions(raw_or_skip()).set_index("coalition_id").loc[linked["overlaps_with"]]
    assert (linked["start"].to_numpy() <= war["end"].to_numpy()).all()
    assert (linked["end"].to_numpy() >= war["start"].to_numpy()).all()
    # MID and the war list were coded apart; they seldom contradict each other about who won.
    won = {"victory": 1, "defeat": -1}
    codes = pd.DataFrame({"dispute": linked["end_cause"].to_numpy(), "war": war["end_cause"]})
    scores = codes.apply(lambda column: column.map(won)).dropna()
    assert len(scores) > 20
    assert (scores["dispute"] == scores["war"]).all()


def test_a_state_that_came_back_has_several_spells(memberships: pd.DataFrame) -> None:
    france = of(memberships, "mid-cow-258-a", 220)
    assert france["spell"].tolist() == [1, 2]
    assert france["left"].tolist() == [day("1940-06-22"), day("1945-08-14")]
    assert france["exit_cause"].tolist() == ["interrupted", "end_of_coalition"]
    assert len(of(memberships, "mid-cow-258-b", 220)) == 1


def test_unknown_days_are_never_numbers(
    coalitions: pd.DataFrame, memberships: pd.DataFrame
) -> None:
    # Kuwait and Iraq, 1997 to an unknown day of March 2001.
    kuwait = of(memberships, "mid-cow-4273-a", 690).iloc[0]
    assert (kuwait["left"], kuwait["left_precision"]) == (day("2001-03-15"), "month")
    assert coarse_dates_at_midpoint(
        {"coalitions": coalitions.reset_index(), "memberships": memberships}
    ).empty


def test_targets_did_not_act_together(coalitions: pd.DataFrame, memberships: pd.DataFrame) -> None:
    # Greece and Turkey, enemies, are both what the powers of 1897 took action against.
    assert coalitions.loc["mid-cow-56-b", "subtype"] == "dispute_targets"
    assert set(of(memberships, "mid-cow-56-b", 350)["role"]) == {"target"}
    assert coalitions.loc["mid-cow-56-a", "subtype"] == "militarized_dispute"
    acted = memberships[memberships["role"] != "target"].groupby("coalition_id")["actor_id"]
    number = acted.nunique().reindex(coalitions.index, fill_value=0)
    assert (coalitions["subtype"] == "militarized_dispute").equals(number >= 2)
    assert coalitions["subtype"].value_counts().to_dict() == {
        "militarized_dispute": 307,
        "dispute_targets": 103,
    }


def test_still_going_on_in_2014(coalitions: pd.DataFrame, memberships: pd.DataFrame) -> None:
    baltic = coalitions.loc["mid-cow-4678-a"]
    assert (baltic["status"], baltic["observed_until"]) == ("ongoing", day("2014-12-31"))
    assert baltic[["end", "end_precision", "end_cause", "end_cause_basis"]].isna().all()
    members = memberships[memberships["coalition_id"] == "mid-cow-4678-a"]
    still_in = members[members["left"].isna()]
    assert set(still_in["actor_id"]) == {"state-cow-366", "state-cow-380", "state-cow-390"}
    assert still_in[["left_precision", "exit_cause", "exit_cause_basis"]].isna().all(axis=None)
    # The dispute goes on, but the United States were in it for one day.
    korea = coalitions.loc["mid-cow-4706-b"]
    assert (korea["end"], korea["end_cause"]) == (day("2014-03-31"), "participation_ended")
    assert coalitions["end"].isna().sum() == 1


def test_names_tell_dispute_and_members(coalitions: pd.DataFrame) -> None:
    assert coalitions.loc["mid-cow-61-b", "name"] == "Dispute 61, side B (Cuba and Russia)"
    assert coalitions.loc["mid-cow-257-b", "name"] == (
        "Dispute 257, side B (Yugoslavia, France, Russia and 8 others)"
    )
    assert coalitions["name"].is_unique


def test_every_side_with_two_states_at_a_time(
    coalitions: pd.DataFrame, memberships: pd.DataFrame
) -> None:
    fought = disputes.spells(raw_or_skip())
    states = fought.groupby(["conflict", "side"])["cow_code"].nunique()
    # On six sides two states took part one after the other.
    assert ((states >= 2).sum(), len(coalitions)) == (416, 410)
    assert set(memberships["coalition_id"]) == set(coalitions.index)
    assert coalitions.index.is_unique


def test_members_stay_inside_their_coalition(
    coalitions: pd.DataFrame, memberships: pd.DataFrame
) -> None:
    until = coalitions["end"].fillna(coalitions["observed_until"])
    rows = memberships.join(coalitions[["start"]].assign(end=until), on="coalition_id")
    assert (rows["joined"] >= rows["start"]).all()
    assert (rows["left"].isna() | (rows["left"] <= rows["end"])).all()
    assert (rows["joined"] <= rows["left"].fillna(rows["end"])).all()
    for edge in ("start", "end"):
        there = rows[(rows["joined"] <= rows[edge]) & ~(rows["left"] < rows[edge])]
        counts = there.groupby("coalition_id")["actor_id"].nunique()
        assert counts.reindex(coalitions.index).min() >= 2, edge
    assert spells_in_sequence({"memberships": memberships}).empty


# Rules on made-up disputes.


def fought(*rows: tuple[int, str, int, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["conflict", "side", "cow_code", "joined", "left"])
    return frame.assign(
        outcome="stalemate",
        joined=frame["joined"].astype("datetime64[s]"),
        joined_precision="day",
        left=frame["left"].astype("datetime64[s]"),
        left_precision="day",
    )


def lined_up(rows: pd.DataFrame, prefix: str) -> pd.DataFrame:
    spans = sides.spans(rows)
    ids = prefix + spans["conflict"].astype(str) + spans["side"]
    return line_ups.line_up(rows, spans.assign(coalition_id=ids))


THREE_AGAINST_ONE = [
    (1, "a", 2, "1900-01-01", "1900-12-31"),
    (1, "a", 3, "1900-01-01", "1900-12-31"),
    (1, "a", 4, "1900-01-01", "1900-12-31"),
    (1, "b", 9, "1900-01-01", "1900-12-31"),
]


def test_the_same_states_against_the_same() -> None:
    other = [(7, "b", code, "1900-06-01", "1901-06-01") for code in (2, 3)]
    rows = [*other, (7, "a", 9, "1900-06-01", "1901-06-01")]
    found = line_ups.shared(
        lined_up(fought(*THREE_AGAINST_ONE), "x"), lined_up(fought(*rows), "y")
    ).iloc[0]
    assert (found["coalition_id"], found["coalition_id_2"]) == ("x1a", "y7b")
    assert (found["members"], found["opponents"]) == (2, 1)
    assert found["likeness"] == pytest.approx(2 / 3)
    assert found["whole"]


@pytest.mark.parametrize(
    ("members", "opponent", "since"),
    [
        ((2, 5), 9, "1900-06-01"),  # one common member
        ((2, 3), 8, "1900-06-01"),  # another opponent
        ((2, 3), 9, "1901-01-01"),  # later
    ],
)
def test_other_coalitions(members: tuple[int, int], opponent: int, since: str) -> None:
    rows = [(7, "a", code, since, "1901-06-01") for code in members]
    other = lined_up(fought(*rows, (7, "b", opponent, since, "1901-06-01")), "y")
    assert line_ups.shared(lined_up(fought(*THREE_AGAINST_ONE), "x"), other).empty


def test_changing_sides_is_not_standing_together() -> None:
    rows = [(7, "b", code, "1900-01-01", "1900-12-31") for code in (2, 3)]
    both = fought(*rows, (7, "a", 9, "1900-01-01", "1900-12-31"))
    against = fought(
        (1, "a", 2, "1900-01-01", "1900-12-31"),
        (1, "a", 9, "1900-01-01", "1900-12-31"),
        (1, "b", 3, "1900-01-01", "1900-12-31"),
    )
    assert line_ups.shared(lined_up(against, "x"), lined_up(both, "y")).empty


def test_the_most_similar_record_is_the_same_coalition() -> None:
    pairs = pd.DataFrame(
        {
            "coalition_id": ["x", "x", "x"],
            "coalition_id_2": ["large", "small-b", "small-a"],
            "likeness": [0.4, 0.6, 0.6],
        }
    )
    assert line_ups.closest(pairs).to_dict() == {"x": "small-a"}


def test_links_follow_a_war_that_has_a_better_record(tmp_path: Path) -> None:
    (tmp_path / "overlaps.csv").write_text(
        "coalition_id,overlaps_with,primary,reason\nexp-x,war-x,exp-x,One coalition.\n"
    )
    table = pd.DataFrame(
        {
            "coalition_id": ["exp-x", "war-x", "mid-x"],
            "overlaps_with": [None, None, "war-x"],
            "primary": [True, True, False],
        }
    )
    marked = mark_overlaps(table, tmp_path)
    assert marked["overlaps_with"].tolist() == [None, "exp-x", "exp-x"]
    assert marked["primary"].tolist() == [True, False, False]


def test_nobody_is_left_alone_within_an_unknown_month() -> None:
    rows = fought((1, "a", 2, "1900-01-01", "1900-06-20"), (1, "a", 3, "1900-01-01", "1900-06-15"))
    span = sides.spans(rows)
    assert end_causes(rows, span)["end_cause"].tolist() == ["members_left"]
    rows.loc[1, "left_precision"] = "month"
    span = sides.spans(rows)
    assert end_causes(rows, span)["end_cause"].tolist() == ["stalemate"]
