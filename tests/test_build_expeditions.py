from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from raw_files import CURATED, wartime_or_skip

from coalitiondata.build import expeditions
from coalitiondata.build.isodates import partial_iso
from coalitiondata.build.observed_spells import observed_spells
from coalitiondata.build.overlaps import mark_overlaps
from coalitiondata.errors import InvalidDataError
from coalitiondata.rules.dates import earliest, latest

FILES = (
    "expedition_actors.csv",
    "expedition_coalitions.csv",
    "expedition_members.csv",
    "expedition_transformations.csv",
    "successions.csv",
)


@pytest.fixture(scope="module")
def tables() -> Mapping[str, pd.DataFrame]:
    return expeditions.build(CURATED)


@pytest.fixture(scope="module")
def coalitions(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    return tables["coalitions"].set_index("coalition_id")


@pytest.fixture(scope="module")
def members(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    return tables["memberships"]


def spell(members: pd.DataFrame, coalition: str, code: int, number: int = 1) -> pd.Series:
    found = members[
        (members["coalition_id"] == f"exp-{coalition}")
        & (members["actor_id"] == f"state-cow-{code}")
        & (members["spell"] == number)
    ]
    assert len(found) == 1
    return found.iloc[0]


def raw(name: str) -> pd.DataFrame:
    return pd.read_csv(CURATED / name, dtype=str, keep_default_na=False)


# Golden records.


@pytest.mark.parametrize(
    ("coalition", "start", "end", "states", "cause", "goal"),
    [
        # From the accession of England to the first signatures of Ryswick.
        ("grand-alliance-1689", "1689-12-20", "1697-09-20", 5, "compromise", "partly_achieved"),
        ("grand-alliance-1701", "1701-09-07", "1713-04-11", 6, "members_left", "partly_achieved"),
        ("sixth-coalition-1813", "1813-02-28", "1814-05-30", 8, "victory", "achieved"),
        ("eight-nation-alliance-1900", "1900-06-10", "1901-09-07", 8, "victory", "achieved"),
        # Sixteen sending states; the last contingent beside the American left in June 1972.
        ("un-command-korea-1950", "1950-06-28", "1972-06-15", 16, "members_left", "achieved"),
        ("gulf-war-1990", "1990-08-07", "1991-02-28", 36, "victory", "achieved"),
        ("isaf-2001", "2001-12-20", "2014-12-31", 47, "mandate_expired", "partly_achieved"),
        # Only Americans stayed when the British and Australians had left.
        ("mnf-iraq-2003", "2003-03-20", "2009-07-31", 39, "mandate_expired", "partly_achieved"),
    ],
)
def test_known_coalitions(
    coalitions: pd.DataFrame,
    members: pd.DataFrame,
    coalition: str,
    start: str,
    end: str,
    states: int,
    cause: str,
    goal: str,
) -> None:
    row = coalitions.loc[f"exp-{coalition}"]
    assert (row["start"], row["end"]) == (pd.Timestamp(start), pd.Timestamp(end))
    assert (row["end_cause"], row["goal_outcome"]) == (cause, goal)
    inside = members[members["coalition_id"] == f"exp-{coalition}"]
    assert inside["actor_id"].nunique() == states


@pytest.mark.parametrize(
    ("coalition", "code", "number", "left", "precision", "reason", "own"),
    [
        ("mnf-iraq-2003", 230, 1, "2004-05-21", "day", "election_change", True),  # Spain
        ("mnf-iraq-2003", 91, 1, "2004-05-18", "day", "domestic_politics", True),  # Honduras
        ("mnf-iraq-2003", 840, 1, "2004-07-19", "day", "hostage_or_attack", True),  # Philippines
        ("mnf-iraq-2003", 369, 1, "2005-12-27", "day", "election_change", True),  # Ukraine
        ("mnf-iraq-2003", 325, 1, "2006-12-01", "day", "election_change", True),  # Italy
        ("mnf-iraq-2003", 92, 1, "2009-02-07", "day", "mandate_expired", False),  # El Salvador
        ("isaf-2001", 210, 1, "2010-08-01", "day", "domestic_politics", True),  # Netherlands
        ("isaf-2001", 20, 1, "2014-03-12", "day", "drawdown", True),  # Canada
        ("first-coalition-1792", 255, 1, "1795-04-05", "day", "separate_peace", True),  # Prussia
        ("un-command-korea-1950", 220, 1, "1953-11-15", "month", "goal_achieved", True),  # France
        ("saudi-coalition-yemen-2015", 694, 1, "2017-06-05", "day", "expelled", None),  # Qatar
    ],
)
def test_known_early_exits(
    members: pd.DataFrame,
    coalition: str,
    code: int,
    number: int,
    left: str,
    precision: str,
    reason: str,
    own: bool | None,
) -> None:
    row = spell(members, coalition, code, number)
    assert (row["left"], row["left_precision"]) == (pd.Timestamp(left), precision)
    assert (row["exit_cause"], row["exit_reason"]) == ("left_early", reason)
    decided = row["exit_informative"]
    assert (None if pd.isna(decided) else bool(decided)) is own


def test_australia_left_iraq_with_the_coalition(members: pd.DataFrame) -> None:
    row = spell(members, "mnf-iraq-2003", 900)
    assert (row["left"], row["exit_cause"]) == (pd.Timestamp("2009-07-31"), "end_of_coalition")


def test_a_coarse_date_that_covers_the_end_is_the_end_unless_the_member_decided_to_go(
    members: pd.DataFrame,
) -> None:
    britain_in_iraq = spell(members, "mnf-iraq-2003", 200)
    assert (britain_in_iraq["left_precision"], britain_in_iraq["exit_cause"]) == (
        "month",
        "end_of_coalition",
    )
    britain_in_russia = spell(members, "allied-intervention-russia-1918", 200)
    assert (britain_in_russia["left_precision"], britain_in_russia["exit_cause"]) == (
        "year",
        "left_early",
    )


def test_the_last_one_alone_leaves_with_the_coalition(members: pd.DataFrame) -> None:
    # Austria fought on to 1714, Japan stayed in Siberia to 1922, the United States in Iraq.
    for coalition, code, end, precision in [
        ("grand-alliance-1701", 300, "1713-04-11", "day"),
        ("allied-intervention-russia-1918", 740, "1920-09-15", "month"),
        ("mnf-iraq-2003", 2, "2009-07-31", "day"),
    ]:
        row = spell(members, coalition, code)
        assert (row["left"], row["left_precision"]) == (pd.Timestamp(end), precision)
        assert row["exit_cause"] == "end_of_coalition"


def test_a_first_one_alone_joins_when_the_second_does(members: pd.DataFrame) -> None:
    row = spell(members, "first-coalition-1792", 300)
    assert (row["joined"], row["joined_precision"]) == (pd.Timestamp("1792-07-15"), "month")


def test_returning_members_have_two_spells(members: pd.DataFrame) -> None:
    first, second = (spell(members, "mnf-iraq-2003", 355, number) for number in (1, 2))
    assert (first["exit_cause"], second["exit_cause"]) == ("left_early", "left_early")
    assert first["left"] < second["joined"]
    assert spell(members, "isaf-2001", 210, 2)["exit_cause"] == "end_of_coalition"


def test_unknown_exits_are_told_from_members_that_stayed(members: pd.DataFrame) -> None:
    jordan = spell(members, "counter-isis-air-2014", 663)
    assert (jordan["exit_cause"], jordan["exit_reason"]) == ("not_established", "unknown")
    britain = spell(members, "counter-isis-air-2014", 200)
    assert pd.isna(britain["exit_cause"])
    assert pd.isna(britain["exit_reason"])


def test_inducements(members: pd.DataFrame) -> None:
    rewarded = members[members["inducement"] == "rewarded"]
    iraq = rewarded[rewarded["coalition_id"] == "exp-mnf-iraq-2003"]
    assert {"state-cow-290", "state-cow-91", "state-cow-92", "state-cow-93"} <= set(
        iraq["actor_id"]
    )
    assert spell(members, "free-world-forces-vietnam-1964", 732)["inducement"] == "rewarded"


def test_troops(tables: Mapping[str, pd.DataFrame]) -> None:
    power = tables["power"].set_index(["coalition_id", "actor_id", "year"])["value"]
    assert power["exp-eight-nation-alliance-1900", "state-cow-740", 1900] == 20840
    assert power["exp-mnf-iraq-2003", "state-cow-200", 2003] == 45000
    assert pd.isna(power["exp-gulf-war-1990", "state-cow-325", 1990])
    # Nobody in the Holy League has a number, so it has no rows.
    assert "exp-holy-league-1684" not in power.index.get_level_values(0)


def test_subtype_follows_the_legal_basis(coalitions: pd.DataFrame) -> None:
    by_treaty = coalitions["legal_basis"] == "treaty"
    assert (by_treaty == (coalitions["subtype"] == "historical_coalition")).all()
    assert coalitions.loc["exp-seventh-coalition-1815", "subtype"] == "historical_coalition"
    assert coalitions.loc["exp-eight-nation-alliance-1900", "subtype"] == "expedition"


def test_chaumont_and_the_united_nations(tables: Mapping[str, pd.DataFrame]) -> None:
    events = tables["transformations"].set_index("coalition_id")
    chaumont = events.loc["exp-sixth-coalition-1813"]
    assert (chaumont["kind"], chaumont["date"]) == ("defence_pact", pd.Timestamp("1814-03-01"))
    nations = events.loc["exp-united-nations-allies-1942"]
    assert nations["kind"] == "permanent_organisation"
    assert len(nations["members_carried_over"].split(";")) == 26


def test_the_western_chain_ends_in_the_atlantic_alliance(
    tables: Mapping[str, pd.DataFrame],
) -> None:
    west = tables["successions"].query("chain == 'western_entente'").sort_values("date")
    assert west["from_name"].iloc[0] in {"Entente Cordiale", "Franco-Russian Alliance"}
    nato = west[west["to_alliance"] == "alliance-atop-3180"].iloc[0]
    assert nato["date"] == pd.Timestamp("1949-04-04")
    assert nato["from_alliance"] in set(west["to_alliance"])


# Invariants.


def test_keys_are_unique(tables: Mapping[str, pd.DataFrame]) -> None:
    for name, key in [
        ("actors", ["actor_id"]),
        ("coalitions", ["coalition_id"]),
        ("memberships", ["coalition_id", "actor_id", "spell"]),
        ("power", ["coalition_id", "actor_id", "year", "resource"]),
        ("transformations", ["transformation_id"]),
        ("successions", ["succession_id"]),
    ]:
        assert not tables[name].duplicated(key).any(), name
        assert tables[name][key].notna().all(axis=None), name


def test_members_are_inside_their_coalition(
    coalitions: pd.DataFrame, members: pd.DataFrame
) -> None:
    span = coalitions.loc[members["coalition_id"]].reset_index()
    rows = members.reset_index(drop=True)
    assert not (latest(rows, "joined") < earliest(span, "start")).any()
    assert not (rows["left"] > span["end"].fillna(span["observed_until"])).any()
    assert not (earliest(rows, "joined") > latest(rows, "left")).any()


def test_two_members_are_in_from_the_first_day_and_one_at_most_before_and_after() -> None:
    """Start and end follow the definition, as far as the curated dates of members tell."""
    spans, rows = raw("expedition_coalitions.csv"), raw("expedition_members.csv")
    for coalition in spans.to_dict("records"):
        own = rows[rows["coalition_key"] == coalition["coalition_key"]].replace("", None)
        dated = pd.DataFrame({"actor_id": own["actor_id"]})
        for column in ("joined", "left"):
            known = partial_iso(own[column])
            dated = dated.assign(
                **{column: known["date"], f"{column}_precision": known["precision"]}
            )
        span = pd.DataFrame(index=dated.index)
        for name, column in (("start", "started"), ("end", "ended")):
            known = partial_iso(pd.Series(coalition[column] or None, index=dated.index))
            span = span.assign(**{name: known["date"], f"{name}_precision": known["precision"]})
        first, last = earliest(span, "start"), latest(span, "end")
        can_be_in = dated["joined"].isna() | (earliest(dated, "joined") <= latest(span, "start"))
        before = dated.loc[latest(dated, "joined") < first, "actor_id"].nunique()
        after = dated.loc[earliest(dated, "left") > last, "actor_id"].nunique()
        assert dated.loc[can_be_in, "actor_id"].nunique() >= 2, coalition["coalition_key"]
        assert before <= 1, coalition["coalition_key"]
        assert after <= 1, coalition["coalition_key"]


def test_the_leader_is_the_leading_member(coalitions: pd.DataFrame, members: pd.DataFrame) -> None:
    leading = members[members["role"] == "leader"].groupby("coalition_id")["actor_id"].agg(set)
    named = coalitions["leader"].dropna().map(lambda actor: {actor})
    pd.testing.assert_series_equal(
        leading.sort_index(), named.sort_index(), check_names=False, check_dtype=False
    )


def test_ongoing_coalitions_have_neither_end_nor_outcome(coalitions: pd.DataFrame) -> None:
    ongoing = coalitions[coalitions["status"] == "ongoing"]
    assert set(ongoing.index) == {
        "exp-counter-isis-air-2014",
        "exp-kfor-1999",
        "exp-mnjtf-lake-chad-2015",
        "exp-saudi-coalition-yemen-2015",
    }
    assert ongoing[["end", "end_cause", "goal_outcome"]].isna().all(axis=None)
    ended = coalitions[coalitions["status"] == "ended"]
    assert ended[["end", "end_cause", "goal_outcome"]].notna().all(axis=None)
    assert (ended["observed_until"] == ended["end"]).all()


def test_exit_columns_agree(members: pd.DataFrame) -> None:
    gone = members["exit_cause"].isin(["end_of_coalition", "left_early"])
    assert (gone == members["left"].notna()).all()
    unknown = members["exit_cause"] == "not_established"
    assert (members.loc[unknown, "exit_reason"] == "unknown").all()
    assert (members["exit_cause"].isna() == members["exit_reason"].isna()).all()
    assert (members["exit_cause"].notna() == members["exit_cause_basis"].notna()).all()
    stayed = members["exit_reason"] == "end_of_coalition"
    assert (members.loc[stayed, "exit_cause"] == "end_of_coalition").all()


def test_members_carried_over_were_members(
    tables: Mapping[str, pd.DataFrame], members: pd.DataFrame
) -> None:
    events = tables["transformations"].rename(columns={"coalition_id": "from_coalition"})
    steps = pd.concat([events, tables["successions"].dropna(subset="from_coalition")])
    steps = steps[steps["from_coalition"].str.startswith("exp-")]
    inside = members.groupby("coalition_id")["actor_id"].agg(set)
    for step in steps.to_dict("records"):
        carried = step["members_carried_over"].split(";")
        assert len(carried) == len(set(carried)) >= 2
        assert set(carried) <= inside[step["from_coalition"]]


@pytest.mark.parametrize("name", FILES)
def test_every_row_has_source_addresses(name: str) -> None:
    rows = raw(name)
    assert len(rows)
    for addresses in rows["source_urls"]:
        for address in addresses.split(";"):
            assert re.fullmatch(r"https?://[^\s/]+\.[^\s/]+(/\S*)?", address), address


@pytest.mark.parametrize("name", [*FILES, "overlaps.csv"])
def test_files_are_canonical(name: str) -> None:
    content = (CURATED / name).read_bytes()
    assert b"\r" not in content
    assert content.endswith(b"\n")
    rows = raw(name)
    key = [column for column in ("coalition_key", "actor_id", "spell") if column in rows]
    key = key if "coalition_key" in rows else [rows.columns[0]]
    assert rows[key].apply(tuple, axis=1).is_monotonic_increasing


def test_states_are_those_of_the_list(members: pd.DataFrame, tables: Mapping[str, pd.DataFrame]):
    codes = pd.read_csv(CURATED / "state_codes.csv", keep_default_na=False)["cow_code"].astype(str)
    known = set("state-cow-" + codes) | set(tables["actors"]["actor_id"])
    assert set(members["actor_id"]) <= known
    assert set(tables["actors"]["actor_id"]) <= set(members["actor_id"])


# Overlaps.


def test_overlaps_point_to_existing_records() -> None:
    marked = wartime_or_skip()["coalitions"].set_index("coalition_id")
    judged = raw("overlaps.csv")
    assert set(judged["coalition_id"]) | set(judged["overlaps_with"]) <= set(marked.index)
    assert set(judged["primary"]) <= {*marked.index, "both"}
    secondary = marked[~marked["primary"].astype(bool)]
    looked_up = secondary[
        secondary["subtype"].isin(["interstate_war", "expedition", "historical_coalition"])
    ]
    assert set(looked_up.index) == {
        "war-cow-82-1",
        "war-cow-151-1",
        "war-cow-211-1",
        "war-cow-227-1",
        "exp-free-world-forces-vietnam-1964",
        "exp-united-nations-allies-1942",
    }
    assert marked.loc[secondary["overlaps_with"], "primary"].astype(bool).all()
    assert marked.loc[marked["primary"].astype(bool), "overlaps_with"].isna().all()
    again = mark_overlaps(marked.reset_index(), CURATED).set_index("coalition_id")
    pd.testing.assert_frame_equal(again, marked)


# Yearly data.


def test_observed_spells_close_what_is_open(tables: Mapping[str, pd.DataFrame]) -> None:
    covered, spells = observed_spells(tables["coalitions"], tables["memberships"])
    assert (covered["start"].dt.year >= 1816).all()
    assert spells[["joined", "left"]].notna().all(axis=None)
    assert covered["end"].notna().all()
    oman = spells.query("coalition_id == 'exp-gulf-war-1990' and actor_id == 'state-cow-698'")
    assert oman["joined"].tolist() == [pd.Timestamp("1990-08-07")]
    assert oman["joined_known"].tolist() == [False]
    nigeria = spells.query(
        "coalition_id == 'exp-mnjtf-lake-chad-2015' and actor_id.str.endswith('475')"
    )
    assert nigeria["left"].tolist() == [pd.Timestamp("2025-04-01")]


# Dates.


@given(st.dates())
def test_days_months_and_years_are_read_as_written(day) -> None:
    text = pd.Series([day.isoformat(), day.isoformat()[:7], day.isoformat()[:4], None], name="on")
    known = partial_iso(text)
    year, month = day.year, day.month
    assert known["date"].dt.year.tolist()[:3] == [year] * 3
    assert known["date"].dt.month.tolist()[:3] == [month, month, 7]
    assert known["date"].dt.day.tolist()[:3] == [day.day, 15, 1]
    assert known["precision"].tolist() == ["day", "month", "year", None]
    assert known["date"].isna().tolist() == [False, False, False, True]


@pytest.mark.parametrize("text", ["1813-2", "c. 1813", "28.2.1813", "-0480"])
def test_text_that_is_no_date_is_named(text: str) -> None:
    with pytest.raises(InvalidDataError, match=re.escape(repr(text))):
        partial_iso(pd.Series(["1813", text], name="joined"))


def test_a_day_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(InvalidDataError, match="joined"):
        partial_iso(pd.Series(["1813-02-31"], name="joined"))
