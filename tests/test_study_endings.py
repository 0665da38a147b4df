"""How coalitions end: groups of causes, incidence by hand, effects against direct fits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shipped
import study_toys
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.models.competing import fine_gray
from analysis.models.cox import cox
from analysis.models.residuals import dfbeta_residuals
from analysis.study import endings as module
from analysis.study import samples
from analysis.study.endings import Endings, differences, effects, ended, gray, incidence, modelled
from analysis.study.plan import DAYS_PER_YEAR, DEPTH, POWER, z
from analysis.study.settings import Setting, all_settings


def toy(seed: int = 1, n: int = 300, **effects: float) -> tuple[Setting, pd.DataFrame]:
    """Victory more likely the deeper; defeat, of an independent clock, not."""
    rng = np.random.default_rng(seed + 1000)
    frame = study_toys.rows(n, seed, effects={POWER: 0.0, DEPTH: 0.0, **effects})
    other = np.ceil(rng.exponential(600, n)) + 1
    first = other < frame["duration"]
    frame["duration"] = frame["duration"].where(~first, other)
    frame["event"] = frame["event"].where(~first, 1)
    frame["cause"] = np.where(first, "defeat", np.where(frame["event"] == 1, "victory", "censored"))
    setting = study_toys.setting(frame)
    return setting, ended(setting, {})[1]


def by_hand(days: list[float], kinds: list[str], group: str = "all") -> pd.DataFrame:
    return pd.DataFrame(
        {"duration": np.array(days) * DAYS_PER_YEAR, "ending": kinds, "group": group}
    )


# --- incidence


def test_incidence_by_hand() -> None:
    rows = by_hand([1, 2, 3, 4], ["a", "b", "censored", "a"])
    found = incidence(rows, (0.5, 1, 2, 3.5, 4, 9)).set_index(["ending", "years"])["estimate"]
    # 4 at risk, 3, 2 (one censored), 1: F_a = 1/4 and at last 1/4 + 1/2; F_b = 3/4 x 1/3.
    np.testing.assert_allclose(found["a"], [0, 0.25, 0.25, 0.25, 0.75, 0.75])
    np.testing.assert_allclose(found["b"], [0, 0, 0.25, 0.25, 0.25, 0.25])


def test_nothing_is_said_beyond_the_last_observation() -> None:
    rows = by_hand([1, 2, 3], ["a", "b", "censored"])
    found = incidence(rows, (2, 3, 3.1)).set_index(["ending", "years"])
    assert found.loc[("a", 3.0), "estimate"] == pytest.approx(1 / 3)
    assert np.isnan(found.loc[("a", 3.1), "estimate"])
    assert found.loc[("a", 2.0), "n_risk"] == 2
    assert found.loc[("a", 3.1), "n_risk"] == 0


def test_limits_hold_the_estimate() -> None:
    _, rows = toy()
    found = incidence(rows.assign(group="all"), (0.5, 1, 2))
    assert (found["low"] < found["estimate"]).all()
    assert (found["estimate"] < found["high"]).all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 500))
def test_endings_and_survival_add_to_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    kinds = ["a", "b", "c", "censored"]
    rows = by_hand(list(rng.integers(1, 12, 40) / 2.0), list(rng.choice(kinds, 40)))
    found = incidence(rows, (1, 3, 5)).dropna(subset="estimate")
    total = found.groupby("years")["estimate"].sum()
    assert (total <= 1 + 1e-12).all()
    # Product limit of any ending, by hand.
    for year, reached in total.items():
        survival = 1.0
        for time in sorted(set(rows["duration"])):
            if time <= float(str(year)) * DAYS_PER_YEAR:
                at = rows[rows["duration"] >= time]
                gone = ((at["duration"] == time) & (at["ending"] != "censored")).sum()
                survival *= 1 - gone / len(at)
        assert reached == pytest.approx(1 - survival)


# --- effects


def test_only_endings_with_ten_events_of_a_kind_of_their_own() -> None:
    names = {"a": 9, "b": 12, "c": 30, module.SCHEDULED: 40, module.UNKNOWN: 11, "censored": 50}
    rows = pd.DataFrame({"ending": [name for name, count in names.items() for _ in range(count)]})
    assert modelled(rows) == ["c", "b"]


def test_gray_tests_leave_rare_endings_out() -> None:
    rng = np.random.default_rng(8)
    group = rng.choice(["low", "high"], 200)
    days = np.ceil(rng.exponential(np.where(group == "low", 100, 300)))
    ending = np.array(["a"] * 191 + ["b"] * 9)
    rows = pd.DataFrame({"group": group, "duration": days + 1, "ending": ending})
    found = gray(rows)
    assert list(found["ending"]) == ["a"]
    assert found["events"][0] == 191
    assert found["p_value"][0] < 1e-4


def test_effects_are_those_of_direct_fits() -> None:
    setting, rows = toy(**{DEPTH: 0.6})
    found = effects(setting, rows).set_index(["ending", "model", "term"])
    for ending in ("goal achieved", "goal lost"):
        event = (rows["ending"] == ending).astype(int)
        specific = cox(rows.assign(event=event), setting.formula, cluster="arena")
        direct = fine_gray(rows, setting.formula, cause="ending", of=ending)
        for model, fit in (("cause-specific", specific), ("fine-gray", direct)):
            ours = found.loc[(ending, model)]["hazard_ratio"]
            theirs = fit.table.set_index("term")["hazard_ratio"][ours.index]
            np.testing.assert_allclose(ours, theirs, rtol=1e-12)
        table = specific.table.set_index("term")
        np.testing.assert_allclose(
            found.loc[(ending, "cause-specific")]["p_value"], table["p_value"], rtol=1e-9
        )
        assert found.loc[(ending, "fine-gray", z(DEPTH)), "events"] == event.sum()
    deep = found.loc[("goal achieved", "cause-specific", z(DEPTH))]
    assert deep["low"] > 1
    assert deep["events_per_covariate"] == pytest.approx(deep["events"] / 3)


def test_the_jackknife_of_independent_rows_is_near_the_sandwich() -> None:
    setting, _ = toy(n=120, **{DEPTH: 0.6})
    alone = setting.drawn.frame.assign(arena=[f"war-{k}" for k in range(120)])
    setting = study_toys.setting(alone)
    rows = ended(setting, {})[1]
    found = effects(setting, rows, ["goal achieved"]).set_index(["model", "term"])
    ours = found.loc["fine-gray"]
    width = (np.log(ours["high"]) - np.log(ours["low"])) / (2 * 1.959963984540054)
    sandwich = fine_gray(rows, setting.formula, cause="ending", of="goal achieved").table
    np.testing.assert_allclose(width, sandwich["std_error"], rtol=0.15)
    assert (width > 0.98 * sandwich["std_error"].to_numpy()).all()


def test_equality_of_two_endings_by_hand() -> None:
    """The stacked test from the two models apart: V is the clusters' sum of dfbeta differences."""
    setting, rows = toy(**{DEPTH: 0.6})
    found = differences(setting, rows).set_index("term")
    kinds = modelled(rows)
    fits = [
        cox(rows.assign(event=(rows["ending"] == kind).astype(int)), setting.formula)
        for kind in kinds
    ]
    gap = fits[0].coefficients - fits[1].coefficients
    moves = dfbeta_residuals(fits[0]) - dfbeta_residuals(fits[1])
    variance = (moves.groupby(rows["arena"]).sum() ** 2).sum()
    for term in setting.terms:
        expected = gap[term] ** 2 / variance[term]
        assert found.loc[term, "statistic"] == pytest.approx(expected, rel=1e-6)
        assert found.loc[term, "df"] == 1
    assert found.loc[z(DEPTH), "p_value"] < 0.01 < found.loc[z(POWER), "p_value"]


def test_an_ending_that_separates_has_a_note_and_spoils_no_other() -> None:
    setting, rows = toy(n=400)
    yes = rows[z(POWER)] > 0.5
    third = (rows["ending"] == "goal lost") & yes & (rows.index % 2 == 0)
    ending = rows["ending"].mask(third, "settled")
    rows = rows.assign(ending=ending, **{z(POWER): yes.astype("float64")})
    found = effects(setting, rows).set_index(["ending", "model", "term"])
    assert found.loc[("settled", "cause-specific", z(POWER)), "note"].startswith("not estimated")
    assert np.isnan(found.loc[("settled", "fine-gray", z(DEPTH)), "hazard_ratio"])
    assert np.isfinite(found.loc[("goal achieved", "cause-specific", z(DEPTH)), "hazard_ratio"])
    tests = differences(setting, rows)
    assert set(tests["endings"][0].split(", ")) == {"goal achieved", "goal lost"}


def test_one_ending_has_nothing_to_differ_from() -> None:
    setting, rows = toy()
    one = rows.assign(ending=rows["ending"].replace("goal lost", "goal achieved"))
    assert differences(setting, one).empty


# --- the shipped data


@pytest.fixture(scope="module")
def tables() -> samples.Tables:
    return samples.load_tables()


@pytest.fixture(scope="module")
def found(tables: samples.Tables) -> Endings:
    return module.endings(tables)


@shipped.needed
def test_every_coalition_ends_once(found: Endings, tables: samples.Tables) -> None:
    sizes = found.counts.groupby("family")[["n", "complete_n"]].sum()
    for setting in all_settings(tables):
        assert sizes.loc[setting.id, "n"] == len(setting.drawn.frame)
        assert sizes.loc[setting.id, "complete_n"] == len(setting.drawn.complete)


@shipped.needed
def test_every_known_cause_has_its_group(found: Endings) -> None:
    unknown = found.counts[found.counts["ending"] == module.UNKNOWN]
    assert set(unknown["cause"]) <= {"unknown"}


@shipped.needed
def test_groups_are_the_plans(found: Endings) -> None:
    causes = found.counts.groupby(["family", "ending"])["cause"].apply(set)
    assert causes["governing"].to_dict() == {
        "early election": {"early_election"},
        "replacement": {"party_change", "prime_minister_change"},
        "collapse": {"resigned", "lost_confidence"},
        "scheduled election": {"regular_election"},
        "another cause": {"other"},
        "censored": {"censored"},
    }
    assert causes["wartime", "goal achieved"] == {"victory"}
    assert causes["wartime", "goal lost"] == {"defeat"}
    assert causes["ngo", "goal out of reach"] == {"goal_unachievable", "suppressed"}


@shipped.needed
def test_endings_are_those_of_the_coalitions(tables: samples.Tables) -> None:
    """Straight from `coalitions`, without survival frames."""
    causes = tables["coalitions"].set_index("coalition_id")["end_cause"].astype("object")
    for setting in all_settings(tables)[:2]:
        _, rows = ended(setting, tables)
        cause = rows["coalition_id"].map(causes)
        expected = cause.map(module.CAUSES[setting.id])
        still = rows["ending"] == "censored"
        assert cause[still].isna().all()
        assert (rows["ending"][~still] == expected[~still]).all()


@shipped.needed
def test_events_of_m3_are_the_endings_but_scheduled_elections(tables: samples.Tables) -> None:
    for setting in all_settings(tables):
        _, rows = ended(setting, tables)
        other = ~rows["ending"].isin(["censored", module.SCHEDULED])
        assert (other == (rows["event"] == 1)).all()


@shipped.needed
def test_dissolution_and_replacement_are_the_same_cabinets(found: Endings) -> None:
    rows = found.effects[found.effects["family"] == "governing"]
    events = rows.drop_duplicates(["grouping", "ending"]).set_index(["grouping", "ending"])[
        "events"
    ]
    parts = events["endings"]
    assert events[("dissolution", "without election")] == parts["replacement"] + parts["collapse"]
    assert list(events["dissolution"].index) == ["without election"]


@shipped.needed
def test_few_events_are_said_to_be_few(found: Endings) -> None:
    assert (found.effects["events"] >= 10).all()
    war = found.effects[found.effects["family"] == "wartime"]
    assert (war["events_per_covariate"] < 10).all()
    assert set(war["ending"]) == {"goal achieved", "goal lost"}


@shipped.needed
def test_incidence_by_group_and_year_stays_below_one(found: Endings) -> None:
    keys = ["family", "by", "group", "years"]
    total = found.incidence.groupby(keys)["estimate"].sum()
    assert (total <= 1 + 1e-9).all()
    every = found.incidence[found.incidence["by"] == "all"]
    rising = every.sort_values("years").groupby(["family", "ending"])["estimate"].diff().dropna()
    assert (rising >= 0).all()
