"""Survival frames: events, intervals and covariates, by hand and against the scalar measures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import coalitiondata as cd
from coalitiondata import measures, outcomes, spells, terms
from coalitiondata.covariates.presence import members_at


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return cd.survival_frame()


@pytest.fixture(scope="module")
def intervals() -> pd.DataFrame:
    return cd.survival_frame(time_varying=True)


def one(frame: pd.DataFrame, unit: str) -> pd.Series:
    return frame.set_index("unit_id").loc[unit]


def test_merkel_iii(frame: pd.DataFrame) -> None:
    row = one(frame, "gov-parlgov-1071")
    assert row["duration"] == 1377  # 2013-12-17 to 2017-09-24
    assert (row["event"], row["cause"]) == (0, "censored")  # a regular election
    assert row["power_hhi"] == pytest.approx((311**2 + 193**2) / 504**2, abs=1e-12)
    assert round(row["power_hhi"], 4) == 0.5274
    assert row["seat_share"] == pytest.approx(504 / 631)
    assert row["majority"] == 1
    # Left-right 5.8843 and 3.2791 (hand-read from `positions`), and so on.
    assert row["interest_range"] == pytest.approx(2.6052, abs=1e-4)


def test_a_regular_election_censors_unless_asked_to_count() -> None:
    counted = cd.survival_frame(family="governing", scheduled_end="event")
    censored = cd.survival_frame(family="governing")
    row = one(counted, "gov-parlgov-1071")
    assert (row["event"], row["cause"]) == (1, "regular_election")
    differ = counted["event"] != censored["event"]
    assert set(counted.loc[differ, "cause"]) == {"regular_election"}
    pd.testing.assert_series_equal(counted["duration"], censored["duration"])


def test_the_final_year_of_a_term_censors_whatever_the_cause() -> None:
    frame = cd.survival_frame(family="governing", scheduled_end="final_year")
    # Kohl I ended on 1983-03-30 with an early election, the chamber's term on 1984-10-05.
    kohl = one(frame, "gov-parlgov-642")
    assert kohl["term_left"] == (pd.Timestamp("1984-10-05") - pd.Timestamp("1982-10-01")).days
    assert (kohl["event"], kohl["cause"]) == (1, "early_election")
    # Rutte III ended on 2017-03-15 with the election four and a half years after the last.
    assert one(frame, "gov-parlgov-1041")["event"] == 0
    # Mauroy II gave way to other parties in 1983, three years before its chamber's term ran out.
    assert one(frame, "gov-parlgov-116")["cause"] == "party_change"
    # Adenauer I ended on 1953-10-20, after the election at the end of its four years.
    assert one(frame, "gov-parlgov-147")["event"] == 0


def test_term_limits_by_hand() -> None:
    coalitions = pd.DataFrame(
        {
            "arena": ["XXX", "XXX", "XXX", "YYY", "XXX"],
            "chamber_elected": pd.to_datetime(
                ["1950-05-10", "1959-12-31", "1960-01-01", "1950-01-01", None]
            ).astype("datetime64[s]"),
        }
    )
    rules = pd.DataFrame(
        {
            "arena": ["XXX", "XXX"],
            "elected_from": pd.to_datetime(["1945-01-01", "1960-01-01"]).astype("datetime64[s]"),
            "elected_until": pd.to_datetime(["1959-12-31", None]).astype("datetime64[s]"),
            "ciep_months": [48, 60],
        }
    )
    limit = terms.term_limit(coalitions, rules).dt.strftime("%F")
    assert limit.iloc[:3].tolist() == ["1954-05-10", "1963-12-31", "1965-01-01"]
    assert limit.iloc[3:].isna().all()


def test_the_allies_of_1914(frame: pd.DataFrame) -> None:
    row = one(frame, "war-cow-106-1")
    assert row["start"] == pd.Timestamp("1914-08-01")
    assert row["duration"] == 1563  # to 1918-11-11
    assert row["cause"] == "victory"
    # In by the end of August 1914: Serbia, Russia, France, Belgium, Britain, Japan.
    assert row["n_members"] == 6
    power = cd.load("power").query(
        "coalition_id == 'war-cow-106-1' and resource == 'cinc' and year == 1913"
    )
    founding = [f"state-cow-{code}" for code in (345, 365, 220, 211, 200, 740)]
    cinc = power.set_index("actor_id").loc[founding, "value"]
    assert row["power_hhi"] == pytest.approx(measures.hhi(cinc), abs=1e-12)


def test_no_coalition_lasts_no_time(frame: pd.DataFrame) -> None:
    assert (frame["duration"] > 0).all()
    assert frame["unit_id"].is_unique
    assert frame["event"].isin([0, 1]).all()
    assert (frame.loc[frame["event"] == 0, "cause"] == "censored").all()


def test_covariates_equal_the_scalar_measures(frame: pd.DataFrame) -> None:
    seats = cd.load("power").query("resource == 'seats'")
    weights = seats.groupby("coalition_id")["value"].agg(list)
    governing = frame[frame["family"] == "governing"].sample(60, random_state=3)
    for row in governing.itertuples():
        for name in ("hhi", "effective_number", "leader_margin", "con", "gini"):
            expected = getattr(measures, name)(weights[row.coalition_id])
            found = getattr(row, f"power_{name}")
            assert found == pytest.approx(expected, abs=1e-12, nan_ok=True), row.unit_id


def test_depth_equals_the_scalar_measure_and_needs_every_position() -> None:
    frame = cd.survival_frame(family="governing", positions="all")
    positions = cd.load("positions").astype({"dimension": "object"})
    core = ["left_right", "state_market", "liberty_authority"]
    placed = positions.pivot_table(index="actor_id", columns="dimension", values="value")[core]
    nonpartisan = set(cd.load("actors").query("kind == 'nonpartisan'")["actor_id"])
    parties = cd.load("memberships").groupby("coalition_id")["actor_id"].agg(list)
    for row in frame.sample(60, random_state=4).itertuples():
        members = [each for each in parties[row.coalition_id] if each not in nonpartisan]
        table = placed.reindex(members)
        complete = table.notna().all(axis=None) and len(members) > 1
        expected = measures.depth(table.to_numpy()) if complete else np.nan
        assert row.interest_depth == pytest.approx(expected, abs=1e-12, nan_ok=True), row.unit_id


def test_breadth_of_states_counts_channels_above_the_norm(frame: pd.DataFrame) -> None:
    # Second Italian War of Independence, 1859: France and Sardinia, measured in 1858.
    row = one(frame, "war-cow-28-1")
    pair = cd.load("dyads").query(
        "actor_a == 'state-cow-220' and actor_b == 'state-cow-325' and year == 1858"
    )
    norms = cd.load("dyad_norms").query("year == 1858").set_index("channel")["median"]
    channels = ["s_alliance", "un_agreement", "igo_jaccard", "regime_similarity"]
    closer = [pair[name].iloc[0] > norms[name] for name in channels if pair[name].notna().iloc[0]]
    assert row["interest_issues"] == len(closer)
    assert row["interest_breadth"] == sum(closer) / len(closer)
    assert row["interest_depth"] == (1 + pair["s_alliance"].iloc[0]) / 2


def test_intervals_are_contiguous_and_keep_every_event(
    frame: pd.DataFrame, intervals: pd.DataFrame
) -> None:
    ordered = intervals.sort_values(["unit_id", "entry"])
    assert (ordered["entry"] < ordered["duration"]).all()
    first = ordered.groupby("unit_id").head(1)
    assert (first["entry"] == 0).all()
    following = ordered.groupby("unit_id")["entry"].shift(-1).dropna()
    assert (following == ordered.loc[following.index, "duration"]).all()
    totals = ordered.groupby("unit_id").agg(duration=("duration", "max"), event=("event", "sum"))
    expected = frame.set_index("unit_id")[["duration", "event"]]
    pd.testing.assert_frame_equal(totals, expected.loc[totals.index], check_dtype=False)


def test_members_come_and_go_over_time(intervals: pd.DataFrame) -> None:
    allies = intervals[intervals["unit_id"] == "war-cow-106-1"].set_index("entry")
    day = (pd.Timestamp("1917-12-05") - pd.Timestamp("1914-08-01")).days
    before = allies.loc[: day - 1, "n_members"].iloc[-1]
    after = allies.loc[day:, "n_members"].iloc[0]
    assert before - after == 1  # Russia


def test_lineages_start_with_their_first_cabinet_and_end_with_their_last() -> None:
    lineages = cd.survival_frame("lineage")
    row = one(lineages, "lin-gov-parlgov-1071")  # Merkel III to V
    assert row["n_cabinets"] == 3
    assert row["start"] == pd.Timestamp("2013-12-17")
    assert row["end_or_last_seen"] == pd.Timestamp("2021-12-08")
    cabinets = cd.survival_frame(family="governing")
    assert lineages["n_cabinets"].sum() == len(cabinets)
    assert (lineages["duration"].sum()) >= cabinets["duration"].max()


def test_only_leaving_early_ends_a_membership() -> None:
    members = cd.survival_frame("membership", primary=None)
    rows = cd.load("memberships")
    assert len(members) == len(rows)
    kinds = rows["coalition_id"].map(cd.load("coalitions").set_index("coalition_id")["subtype"])
    own_decision = rows["exit_cause"].isin(["left_early", "interrupted"])
    own_decision &= rows["exit_informative"].ne(False).fillna(True)
    own_decision &= kinds.isin(
        ["cabinet", "caretaker_cabinet", "interstate_war", "expedition", "historical_coalition"]
    )
    assert members["event"].sum() == own_decision.sum()
    russia = one(members, "war-cow-106-1:state-cow-365:1")
    assert (russia["event"], russia["cause"]) == (1, "left_early")
    assert russia["end_or_last_seen"] == pd.Timestamp("1917-12-05")
    undated = members[members["duration"].isna()]
    known_to_have_left = undated["event"] == 1
    assert set(undated.loc[~known_to_have_left, "family"]) == {"wartime", "ngo"}
    unknown = (rows["exit_cause"] == "not_established") | rows["joined"].isna()
    unknown |= kinds.str.startswith("ngo_")
    assert (~known_to_have_left).sum() <= unknown.sum()
    shares = members[members["family"] == "governing"].groupby("coalition_id")["power_share"]
    complete = shares.sum(min_count=1)[shares.count() == shares.size()].dropna()
    assert np.allclose(complete, 1)


def test_transformations_count_only_inside_the_window() -> None:
    start, stop = pd.Timestamp("1950-01-01"), pd.Timestamp("1952-01-01")
    one_unit = pd.DataFrame(
        {"unit_id": ["u"], "coalition_id": ["c"], "start": [start], "stop": [stop]}
    ).astype({"start": "datetime64[s]", "stop": "datetime64[s]"})
    dates = pd.to_datetime(["1950-01-01", "1956-12-30", "1957-01-01"]).astype("datetime64[s]")
    events = pd.DataFrame({"coalition_id": "c", "kind": "defence_pact", "date": dates})
    found = outcomes.transformed_on(events, one_unit, within_years=5)
    assert found["u"] == pd.Timestamp("1956-12-30")
    assert outcomes.transformed_on(events, one_unit, within_years=1).empty
    assert outcomes.followed_for(one_unit, pd.Series([pd.Timestamp("1957-01-01")]), 5).all()
    assert not outcomes.followed_for(one_unit, pd.Series([pd.Timestamp("1956-01-01")]), 5).any()


def test_a_wider_window_never_loses_a_transformation(frame: pd.DataFrame) -> None:
    wide = cd.survival_frame(transformation_years=10).set_index("unit_id")["transformed"]
    narrow = cd.survival_frame(transformation_years=0).set_index("unit_id")["transformed"]
    usual = frame.set_index("unit_id")["transformed"]
    assert (narrow <= usual).all()
    assert (usual <= wide).all()
    assert narrow.sum() < usual.sum() < wide.sum()


def test_outcomes_follow_from_their_dates(frame: pd.DataFrame) -> None:
    transformed = frame["transformed"] == 1
    assert (frame["outcome"] == "transformed").equals(transformed)
    assert (frame["outcome_duration"] <= frame["duration"]).all()
    late = frame["transformed_on"] >= frame["end_or_last_seen"]
    assert (frame.loc[late, "outcome_duration"] == frame.loc[late, "duration"]).all()


def test_a_spell_within_one_unit_lasts_half_of_it() -> None:
    day = pd.Series([pd.Timestamp("1900-07-01")] * 3)
    precision = pd.Series(["day", "month", "year"])
    assert spells.days(day, day, precision).tolist() == [0.5, 365.25 / 24, 365.25 / 2]
    assert spells.days(day, day + pd.Timedelta(days=3), precision).tolist() == [3.0] * 3


def test_the_coarser_precision_counts() -> None:
    levels = pd.CategoricalDtype(["day", "month", "year"])
    first = pd.Series(["day", "month", "day", None], dtype=levels)
    second = pd.Series(["day", "day", "year", "month"], dtype=levels)
    assert spells.coarser(first, second).tolist() == ["day", "month", "year", "month"]


def test_presence_counts_grace_and_undated_exits() -> None:
    memberships = pd.DataFrame(
        {
            "coalition_id": "c",
            "actor_id": ["founder", "late", "gone", "undated"],
            "joined": pd.to_datetime(["2000-01-01", "2000-01-20", "2000-01-01", "2000-01-01"]),
            "left": pd.to_datetime([None, None, "2000-01-10", None]),
        }
    )
    moments = pd.DataFrame(
        {"moment": ["m"], "coalition_id": ["c"], "at": [pd.Timestamp("2000-01-10")]}
    )
    assert members_at(memberships, moments)["actor_id"].tolist() == ["founder", "undated"]
    assert "late" in members_at(memberships, moments, grace_days=10)["actor_id"].tolist()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"unit": "war"}, "coalition, lineage, membership"),
        ({"family": "goverment"}, "Did you mean 'governing'"),
        ({"positions": "experts"}, "expert"),
        ({"scheduled_end": "drop"}, "censor"),
        ({"unit": "lineage", "time_varying": True}, "unit='coalition'"),
        ({"unit": "lineage", "family": "wartime"}, "cabinets only"),
        ({"founding_days": -1}, "founding_days is -1"),
        ({"transformation_years": float("nan")}, "transformation_years"),
    ],
)
def test_options_that_do_not_exist_or_fit_give_one_clear_error(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(cd.CoalitionDataError, match=message):
        cd.survival_frame(**options)


def test_the_users_own_tables_give_the_same_frame(frame: pd.DataFrame) -> None:
    tables = {name: cd.load(name) for name in cd.tables()["name"]}
    pd.testing.assert_frame_equal(cd.survival_frame(tables=tables), frame)
