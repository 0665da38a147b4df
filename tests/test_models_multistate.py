"""Multi-state models against R survival and etm, hand-worked cases and their own invariants."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import shipped
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis
import coalitiondata
from analysis.models.multistate import (
    MultiState,
    expected_time,
    multistate,
    transition_probabilities,
)
from analysis.models.transition_cox import transition_cox
from analysis.models.transitions import CensoredTransitionWarning, transition_rows
from coalitiondata.errors import InvalidDataError, UnknownNameError

HERE = Path(__file__).parent / "reference"
REFERENCE: dict[str, Any] = json.loads((HERE / "multistate.json").read_text())
CASES = REFERENCE["cases"]
STAYS = pd.read_csv(HERE / "multistate_stays.csv")
SPELLS = pd.read_csv(HERE / "survival_spells.csv")
SUBSETS = {
    "one start": STAYS[(STAYS["late"] == 0) & (STAYS["begins"] == "well")],
    "two starts": STAYS[STAYS["late"] == 0],
    "late entry": STAYS,
    "late entry, group a": STAYS[STAYS["g"] == "a"],
    "late entry, group b": STAYS[STAYS["g"] == "b"],
}
COLUMNS = {"unit": "unit", "from_state": "from", "to_state": "to", "duration": "stop"}


def fit_case(case: dict[str, Any], **options: Any) -> MultiState:
    return multistate(SUBSETS[case["name"]], states=case["states"], **COLUMNS, **options)


def floats(values: Any) -> np.ndarray:
    return np.asarray(values, dtype=float)


def wide(table: pd.DataFrame, column: str, states: list[Any], at: str = "state") -> pd.DataFrame:
    return table.set_index(["time", at])[column].unstack()[states]  # noqa: PD010


def close(ours: Any, theirs: Any, rtol: float = 1e-9, atol: float = 1e-11) -> None:
    # R's numbers are written with 13 digits.
    np.testing.assert_allclose(floats(ours), floats(theirs), rtol=rtol, atol=atol)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
def test_occupation_agrees_with_survfit(case: dict[str, Any]) -> None:
    fit = fit_case(case)
    close(fit.start["estimate"], case["p0"])
    table = fit.occupation
    times = table["time"].unique()
    # R also lists times at which a stay is only cut in two.
    kept = np.isin(case["time"], times)
    assert kept.sum() == len(times)
    for column in ("estimate", "std_error", "n_risk"):
        close(wide(table, column, case["states"]), floats(case[column])[kept])
    # Where a probability is 0 or 1 R gives limits by another rule.
    open_ = wide(table, "estimate", case["states"]).to_numpy()
    open_ = (open_ > 1e-9) & (open_ < 1 - 1e-9)
    for column in ("conf_low", "conf_high"):
        ours = wide(table, column, case["states"]).to_numpy()
        close(ours[open_], floats(case[column])[kept][open_])


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
def test_transition_probabilities_agree_with_survfit(case: dict[str, Any]) -> None:
    table = transition_probabilities(fit_case(case), since=case["since"])
    for theirs in case["probabilities"]:
        mine = table[table["from_state"] == theirs["from"]]
        kept = np.isin(theirs["time"], mine["time"])
        assert kept.sum() == mine["time"].nunique()
        for column in ("estimate", "std_error"):
            ours = wide(mine, column, case["states"], at="to_state")
            close(ours, floats(theirs[column])[kept])


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
def test_greenwood_errors_agree_with_etm(case: dict[str, Any]) -> None:
    fit = fit_case(case, variance="greenwood")
    table = transition_probabilities(fit, since=case["since"])
    theirs = case["greenwood"]
    cells = zip(theirs["from"], theirs["to"], theirs["estimate"], theirs["std_error"], strict=True)
    for a, b, estimate, error in cells:
        mine = table[(table["from_state"] == a) & (table["to_state"] == b)].set_index("time")
        mine = mine.loc[theirs["time"]]  # those with a transition
        close(mine["estimate"], estimate)
        close(mine["std_error"], error)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
def test_expected_times_agree_with_summary_rmean(case: dict[str, Any]) -> None:
    times = expected_time(fit_case(case), case["horizon"])
    assert list(times["state"]) == case["states"]
    close(times["estimate"], case["rmean"])
    close(times["std_error"], case["rmean_se"])
    close(times["estimate"].sum(), case["horizon"])


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
def test_hazards_agree_with_survfit_of_each_transition(case: dict[str, Any]) -> None:
    hazards = fit_case(case).hazards
    for theirs in case["hazards"]:
        mine = hazards[
            (hazards["from_state"] == theirs["from"]) & (hazards["to_state"] == theirs["to"])
        ].set_index("time")
        # R lists the times of those in the state, ours all times of the group.
        mine = mine.loc[mine.index.isin(theirs["time"])]
        kept = np.isin(theirs["time"], mine.index)
        for column in ("estimate", "std_error"):
            close(mine[column], floats(theirs[column])[kept])


def test_competing_risks_with_late_entry_have_the_jackknife_of_survfit() -> None:
    rows = SPELLS.assign(unit_id=range(240), from_state="on")
    fit = multistate(rows, to_state="cause", states=["on", 1, 2])
    theirs = REFERENCE["competing"]
    kept = np.isin(theirs["time"], fit.occupation["time"])
    for column in ("estimate", "std_error"):
        close(wide(fit.occupation, column, ["on", 1, 2]), floats(theirs[column])[kept])


@pytest.mark.parametrize("case", REFERENCE["cox"], ids=lambda c: f"{c['from']}-{c['to']}")
def test_cox_by_transition_agrees_with_multistate_coxph(case: dict[str, Any]) -> None:
    columns = {k: v for k, v in COLUMNS.items() if k != "unit"}
    pair = case["from"], case["to"]
    fit = transition_cox(STAYS, "x + z", cluster="unit", transitions=[pair], **columns)[pair]
    close(fit.table["estimate"], case["coef"])
    close(fit.table["std_error"], case["robust_se"])
    single = transition_cox(STAYS, {pair: "x + z"}, **columns)[pair]
    close(single.table["estimate"], case["single_coef"])
    close(single.table["std_error"], case["single_se"])
    close([single.loglik_null, single.loglik], case["loglik"])
    assert (single.n, single.events) == (case["n"], case["events"])


def test_cox_of_all_transitions() -> None:
    columns = {k: v for k, v in COLUMNS.items() if k != "unit"}
    fits = transition_cox(STAYS, "x", **columns)
    assert list(fits) == [("ill", "dead"), ("ill", "well"), ("well", "dead"), ("well", "ill")]
    assert sum(fit.events for fit in fits.values()) == (STAYS["to"] != "censored").sum()


def test_groups_are_fits_of_their_own() -> None:
    fit = multistate(STAYS, by="g", **COLUMNS)
    for group in ("a", "b"):
        alone = multistate(STAYS[STAYS["g"] == group], **COLUMNS)
        for name in ("occupation", "hazards", "start", "transitions"):
            mine = getattr(fit, name)
            mine = mine[mine["group"] == group].drop(columns="group").reset_index(drop=True)
            pd.testing.assert_frame_equal(mine, getattr(alone, name).drop(columns="group"))
        together = expected_time(fit, 15).query("group == @group").reset_index(drop=True)
        pd.testing.assert_frame_equal(
            together.drop(columns="group"), expected_time(alone, 15).drop(columns="group")
        )
    assert (fit.n, fit.units, fit.events) == (353, 150, 188)


@pytest.fixture
def by_hand() -> pd.DataFrame:
    """Four coalitions: one transformed, two that end, of which one is transformed later."""
    rows = [
        ("a", "active", "transformed", 0, 2),
        ("b", "active", "ended", 0, 3),
        ("b", "ended", "transformed", 3, 5),
        ("c", "active", "ended", 0, 4),
        ("c", "ended", "censored", 4, 6),
        ("d", "active", "censored", 0, 4),
    ]
    return pd.DataFrame(rows, columns=["unit_id", "from_state", "to_state", "entry", "duration"])


def test_case_by_hand(by_hand: pd.DataFrame) -> None:
    fit = multistate(by_hand)
    assert fit.states == ("active", "ended", "transformed")
    table = wide(fit.occupation, "estimate", list(fit.states))
    # At 4 two are still active, one of whom ends; at 5 two have ended, one is transformed.
    close(table["active"], [3 / 4, 1 / 2, 1 / 4, 1 / 4, 1 / 4])
    close(table["ended"], [0, 1 / 4, 1 / 2, 1 / 4, 1 / 4])
    close(table["transformed"], [1 / 4, 1 / 4, 1 / 4, 1 / 2, 1 / 2])
    seen = fit.transitions.drop(columns="group").to_numpy().tolist()
    assert seen == [
        ["active", "ended", 2],
        ["active", "transformed", 1],
        ["ended", "transformed", 1],
    ]
    # Areas under the steps above, between 0, 2, 3, 4, 5 and 6.
    active, ended = 2 + 3 / 4 + 1 / 2 + 1 / 4 + 1 / 4, 1 / 4 + 1 / 2 + 1 / 4
    close(expected_time(fit, 6)["estimate"], [active, ended, 3 / 4 + 1 / 2])
    late = transition_probabilities(fit, since=3).set_index(["from_state", "to_state"])
    close(late.loc[[("active", "ended")], "estimate"], [1 / 2, 1 / 4, 1 / 4])
    close(late.loc[[("ended", "transformed")], "estimate"], [0, 1 / 2, 1 / 2])
    hazard = fit.hazards.query("from_state == 'active' and to_state == 'ended'")
    close(hazard["estimate"], [0, 1 / 3, 1 / 3 + 1 / 2, 5 / 6, 5 / 6])
    close(hazard["std_error"].iloc[2], (1 / 9 + 1 / 4) ** 0.5)


LIVES = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.lists(st.tuples(st.integers(1, 5), st.integers(0, 2)), min_size=1, max_size=4),
        st.booleans(),
    ),
    min_size=3,
    max_size=25,
)


def lives_to_rows(lives: list[tuple[int, list[tuple[int, int]], bool]]) -> pd.DataFrame:
    """Wanderings among states a, b and c; c is never left; the last stay may be censored."""
    rows = []
    for unit, (start, stays, seen) in enumerate(lives):
        state, now = "ab"[unit % 2], start
        for place, (length, choice) in enumerate(stays):
            others = [s for s in "abc" if s != state]
            goes = others[choice % 2] if seen or place < len(stays) - 1 else "censored"
            rows.append((unit, state, goes, now, now + length, place))
            if goes in ("c", "censored"):
                break
            state, now = goes, now + length
    columns = ["unit_id", "from_state", "to_state", "entry", "duration", "place"]
    return pd.DataFrame(rows, columns=columns)


@settings(max_examples=60, deadline=None)
@given(LIVES, st.sampled_from(["jackknife", "greenwood"]), st.integers(0, 6))
def test_probabilities_are_probabilities(lives: Any, variance: Any, since: int) -> None:
    rows = lives_to_rows(lives)
    if (rows["to_state"] == "censored").all():
        return
    fit = multistate(rows, variance=variance, states=["a", "b", "c"])
    last = rows["duration"].max()
    at = min(since, last - 1)
    P = transition_probabilities(fit, since=at)
    assert P["estimate"].between(-1e-12, 1 + 1e-12).all()
    total = P.groupby(["from_state", "time"])["estimate"].sum()
    np.testing.assert_allclose(total, 1, atol=1e-12)
    assert (P["std_error"] >= 0).all()
    # Chapman and Kolmogorov: what happens until `at` and from then on makes up the whole.
    whole = transition_probabilities(fit, since=-1)

    def matrix(table: pd.DataFrame, time: float) -> np.ndarray:
        cells = table.loc[table["time"] == time, "estimate"].to_numpy()  # states in order
        return cells.reshape(3, 3) if len(cells) else np.eye(3)

    until = whole.loc[whole["time"] <= at, "time"].max()
    np.testing.assert_allclose(matrix(whole, until) @ matrix(P, last), matrix(whole, last))
    by_time = fit.occupation.groupby("time")["estimate"].sum()
    np.testing.assert_allclose(by_time, 1, atol=1e-12)
    np.testing.assert_allclose(expected_time(fit, last * 0.9)["estimate"].sum(), last * 0.9)
    start = fit.start["estimate"].to_numpy()
    np.testing.assert_allclose(
        start @ matrix(whole, last),
        fit.occupation[fit.occupation["time"] == last]["estimate"],
        atol=1e-12,
    )


@settings(max_examples=40, deadline=None)
@given(LIVES)
def test_a_closed_cohort_is_counted(lives: Any) -> None:
    """Without censoring the curves are shares of the cohort, Markov or not, with their errors."""
    rows = lives_to_rows([(0, stays, True) for _, stays, _ in lives])
    last = rows.groupby("unit_id")["place"].transform("max") == rows["place"]
    end = 30  # nobody is seen longer than four stays of five
    stays_on = rows[last & (rows["to_state"] != "c")]
    stays_on = stays_on.assign(
        from_state=stays_on["to_state"], to_state="censored", entry=stays_on["duration"]
    ).assign(duration=end)
    whole = pd.concat([rows, stays_on])
    fit = multistate(whole, states=["a", "b", "c"])
    n = whole["unit_id"].nunique()
    for time, now in fit.occupation.groupby("time"):
        there = whole[(whole["entry"] <= time) & (whole["duration"] > time)]
        share = there["from_state"].value_counts().reindex(["a", "b"], fill_value=0) / n
        if time < end:
            expected = floats([*share, 1 - share.sum()])
            np.testing.assert_allclose(now["estimate"], expected, atol=1e-12)
            spread = np.sqrt(expected * (1 - expected) / n)
            np.testing.assert_allclose(now["std_error"], spread, atol=1e-7)


@pytest.mark.parametrize("entry", [None, "entry"])
@pytest.mark.parametrize("variance", ["greenwood", "jackknife"])
def test_two_states_are_kaplan_meier(entry: str | None, variance: Any) -> None:
    rows = SPELLS.assign(unit_id=range(240), from_state="alive")
    rows["to_state"] = rows["event"].map({0: "censored", 1: "dead"})
    fit = multistate(rows, by="g", entry=entry, variance=variance)
    curve = analysis.kaplan_meier(SPELLS, by="g", entry=entry)
    alive = fit.occupation[fit.occupation["state"] == "alive"]
    close(alive["time"], curve["time"])
    close(alive["estimate"], curve["estimate"])
    mean = expected_time(fit, 14).query("state == 'alive'")
    theirs = analysis.restricted_mean(SPELLS, 14, by="g", entry=entry)
    close(mean["estimate"], theirs["estimate"])
    if variance == "greenwood" or entry is None:
        known = curve["estimate"] > 0  # at zero R, and so kaplan_meier, has no error
        close(alive["std_error"][known.to_numpy()], curve["std_error"][known])
        close(mean["std_error"], theirs["std_error"])
    # With late entry the jackknife differs by some per cent, as R's does.
    np.testing.assert_allclose(mean["std_error"], theirs["std_error"], rtol=0.1)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.integers(1, 9), st.sampled_from(["censored", "x", "y"])),
        min_size=4,
        max_size=40,
    ).filter(lambda rows: any(cause != "censored" for _, _, cause in rows)),
    st.booleans(),
)
def test_competing_risks_are_cumulative_incidence(
    spells: list[tuple[int, int, str]], late: bool
) -> None:
    rows = pd.DataFrame(spells, columns=["entry", "length", "to_state"])
    rows = rows.assign(
        duration=rows["entry"] + rows["length"], unit_id=range(len(rows)), from_state="on"
    )
    entry = "entry" if late else None
    fit = multistate(rows, entry=entry, variance="greenwood")
    theirs = analysis.cumulative_incidence(rows, cause="to_state", entry=entry)
    for cause, curve in theirs.groupby("cause"):
        mine = fit.occupation[fit.occupation["state"] == cause]
        np.testing.assert_allclose(mine["estimate"], curve["estimate"], atol=1e-12)
        # The root magnifies the last digits of variances that are zero.
        np.testing.assert_allclose(mine["std_error"], curve["std_error"], atol=1e-7)
        if not late:
            jackknife = multistate(rows, entry=None).occupation
            mine = jackknife[jackknife["state"] == cause]
            np.testing.assert_allclose(mine["std_error"], curve["std_error"], atol=1e-7)


def test_twice_the_sample_has_half_the_variance() -> None:
    twice = pd.concat([STAYS, STAYS.assign(unit=STAYS["unit"] + 1000)]).sample(
        frac=1, random_state=1
    )
    once, both = multistate(STAYS, **COLUMNS), multistate(twice, **COLUMNS)
    close(once.occupation["estimate"], both.occupation["estimate"])
    close(once.occupation["std_error"], both.occupation["std_error"] * 2**0.5)
    close(expected_time(once, 12)["std_error"], expected_time(both, 12)["std_error"] * 2**0.5)


def test_cutting_stays_changes_nothing() -> None:
    long = STAYS["stop"] - STAYS["entry"] > 2
    cut = STAYS["entry"] + 2
    first = STAYS[long].assign(stop=cut[long], to="censored")
    pieces = pd.concat([STAYS.assign(entry=STAYS["entry"].mask(long, cut)), first])
    whole, cut_up = multistate(STAYS, **COLUMNS), multistate(pieces, **COLUMNS)
    pd.testing.assert_frame_equal(whole.occupation, cut_up.occupation)
    pd.testing.assert_frame_equal(whole.hazards, cut_up.hazards)
    assert cut_up.n == whole.n + long.sum()


def test_a_unit_out_of_sight_is_not_at_risk() -> None:
    seen = pd.DataFrame(
        {
            "unit_id": ["a", "a", "b", "c"],
            "from_state": ["on"] * 4,
            "to_state": ["censored", "off", "off", "off"],
            "entry": [0, 5, 0, 0],
            "duration": [2, 8, 4, 9],
        }
    )
    hazards = multistate(seen).hazards
    close(hazards["time"], [2, 4, 8, 9])
    close(hazards["n_risk"], [3, 2, 2, 1])


def test_other_frames_and_labels_give_the_same() -> None:
    ours = multistate(STAYS, **COLUMNS).occupation
    for other in (pl.from_pandas(STAYS), pl.from_pandas(STAYS).lazy(), STAYS.convert_dtypes()):
        pd.testing.assert_frame_equal(multistate(other, **COLUMNS).occupation, ours)
    categories = STAYS.astype({"from": "category", "to": "category"})
    pd.testing.assert_frame_equal(multistate(categories, **COLUMNS).occupation, ours)
    number = {"well": 1, "ill": 2, "dead": 3, "censored": 0}
    numbered = STAYS.assign(**{c: STAYS[c].map(number) for c in ("from", "to")})
    numbers = multistate(numbered, states=[2, 1, 3], **COLUMNS)
    assert numbers.states == (2, 1, 3)
    close(
        numbers.occupation.query("state == 3")["estimate"],
        ours.query("state == 'dead'")["estimate"],
    )


# -- rows from a survival frame ---------------------------------------------------------------


@pytest.fixture
def survival() -> pd.DataFrame:
    day = pd.Timestamp("1990-01-01")

    def on(days: float) -> pd.Timestamp:
        return day + pd.Timedelta(days=days)

    rows = [
        # unit, duration, event, transformed, transformed_on, outcome_duration, observed
        ("going", 100.0, 0, 0, pd.NaT, 100.0, True),
        ("ended", 200.0, 1, 0, pd.NaT, 200.0, True),
        ("at once", 300.0, 1, 1, on(300), 300.0, True),
        ("before", 300.0, 1, 1, on(120), 120.0, True),
        ("later", 400.0, 1, 1, on(750), 400.0, True),
        ("not followed", 500.0, 1, 0, pd.NaT, 500.0, False),
        ("censored first", 600.0, 0, 1, on(700), 600.0, True),
    ]
    frame = pd.DataFrame(
        rows,
        columns=[
            "unit_id", "duration", "event", "transformed", "transformed_on", "outcome_duration",
            "outcome_observed",
        ],
    )  # fmt: skip
    return frame.assign(
        start=day, end_or_last_seen=[on(d) for d in frame["duration"]], entry=0.0, x=range(7)
    )


def test_rows_of_a_survival_frame(survival: pd.DataFrame) -> None:
    with pytest.warns(CensoredTransitionWarning, match=r"1 of 4 transformations came after"):
        rows = transition_rows(survival)
    found = [tuple(row) for row in rows.iloc[:, :5].to_numpy()]
    window = 1826  # five years
    assert found == [
        ("going", "active", "censored", 0, 100),
        ("ended", "active", "ended", 0, 200),
        ("ended", "ended", "censored", 200, 200 + window),
        ("at once", "active", "transformed", 0, 300),
        ("before", "active", "transformed", 0, 120),
        ("later", "active", "ended", 0, 400),
        ("later", "ended", "transformed", 400, 750),
        ("not followed", "active", "ended", 0, 500),
        ("censored first", "active", "censored", 0, 600),
    ]
    assert list(rows["x"]) == [0, 1, 1, 2, 3, 4, 4, 5, 6]
    fit = multistate(rows)
    assert fit.states == ("active", "ended", "transformed")
    assert fit.events == 6


def test_units_lapse_when_their_window_closes(survival: pd.DataFrame) -> None:
    seen = survival.iloc[1:5]
    rows = transition_rows(seen, window=1, lapsed=True)
    assert list(rows["to_state"]) == [
        "ended", "lapsed", "transformed", "transformed", "ended", "transformed",
    ]  # fmt: skip
    assert rows["duration"].iloc[1] == 200 + 365
    # Nobody is censored, so the curve ends at the share that was transformed.
    last = multistate(rows).occupation.groupby("state")["estimate"].last()
    assert last["transformed"] == pytest.approx(3 / 4)
    assert last["lapsed"] == pytest.approx(1 / 4)


def test_dates_known_to_the_year_keep_their_order(survival: pd.DataFrame) -> None:
    """A spell within one year lasts half of it by convention; what follows still comes after."""
    day = pd.Timestamp("1950-07-01")
    one = survival.iloc[[4]].assign(
        duration=182.625,
        outcome_duration=182.625,
        start=day,
        end_or_last_seen=day,
        transformed_on=day + pd.Timedelta(days=60),
    )
    assert list(transition_rows(one)["duration"]) == [182.625, 242.625]


@shipped.needed
def test_rows_of_known_coalitions() -> None:
    frame = coalitiondata.survival_frame(family="wartime", scheduled_end="event")
    rows = transition_rows(frame).set_index("unit_id")
    # The Eight-Nation Alliance ended with the Boxer Protocol of 7 September 1901; Britain and Japan
    # became allies on 30 January 1902.
    boxer = rows.loc["exp-eight-nation-alliance-1900"]
    assert list(boxer["from_state"]) == ["active", "ended"]
    assert list(boxer["to_state"]) == ["ended", "transformed"]
    assert list(boxer["duration"]) == [454, 454 + 145]
    ended = (frame["event"] == 1) & ~(frame["transformed_on"] <= frame["end_or_last_seen"])
    assert (rows["from_state"] == "ended").sum() == (ended & frame["outcome_observed"]).sum()


def changed(survival: pd.DataFrame, column: str, value: Any) -> pd.DataFrame:
    frame = survival.iloc[:6].copy()
    frame[column] = frame[column].mask(frame["unit_id"] == "later", value)
    return frame


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("transformed_on", pd.NaT, r"1 units have transformed 1 and no transformed_on.*\(later\)"),
        ("transformed_on", pd.Timestamp("1999-01-01"), "transformation later than 5 years after"),
        ("transformed", 2, "'transformed' holds 0, 1, 2"),
        ("duration", -1.0, "'duration' has negative durations"),
        ("unit_id", "ended", r"1 units have more than one row.*\(ended\)"),
    ],
)
def test_impossible_survival_frames(
    survival: pd.DataFrame, column: str, value: Any, message: str
) -> None:
    with pytest.raises(InvalidDataError, match=message):
        transition_rows(changed(survival, column, value))


def test_survival_frames_without_what_is_needed(survival: pd.DataFrame) -> None:
    with pytest.raises(UnknownNameError, match="no column 'transformed_on'"):
        transition_rows(survival.drop(columns="transformed_on"))
    with pytest.raises(InvalidDataError, match="'end_or_last_seen' is object; dates"):
        transition_rows(survival.astype({"end_or_last_seen": str}))
    with pytest.raises(InvalidDataError, match="must be positive; it is in years"):
        transition_rows(survival, window=0)
    gap = changed(survival, "duration", np.nan)
    with pytest.warns(analysis.DroppedRowsWarning, match=r"1 of 6 rows .*\(duration 1\)"):
        assert "later" not in set(transition_rows(gap)["unit_id"])


# -- mistakes ---------------------------------------------------------------------------------


def with_row(by_hand: pd.DataFrame, **values: Any) -> pd.DataFrame:
    frame = by_hand.copy()
    frame.loc[2, list(values)] = list(values.values())
    return frame


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"entry": 2}, r"'unit_id': 1 units have rows that overlap in time \(b\)"),
        ({"from_state": "active"}, r"'from_state' is not the state that the row before led to"),
        ({"to_state": "ended"}, r"transition from a state to itself.* \(b\)"),
        ({"from_state": "censored"}, "'from_state' holds 'censored', which stands for censoring"),
        ({"entry": 5}, "'entry' has entries that are not before 'duration'"),
    ],
)
def test_impossible_lives(by_hand: pd.DataFrame, values: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidDataError, match=message):
        multistate(with_row(by_hand, **values))


def test_other_mistakes(by_hand: pd.DataFrame) -> None:
    with pytest.raises(UnknownNameError, match="no column 'unit'; did you mean unit_id"):
        multistate(by_hand, unit="unit")
    with pytest.raises(UnknownNameError, match="no variance 'robust'"):
        multistate(by_hand, variance="robust")  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="no conf 'arcsin'"):
        multistate(by_hand, conf="arcsin")  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="the rows hold state 'transformed'"):
        multistate(by_hand, states=["active", "ended"])
    with pytest.raises(InvalidDataError, match="'to_state' has no transition in 6 rows"):
        multistate(by_hand.assign(to_state="censored"))
    fit = multistate(by_hand)
    with pytest.raises(InvalidDataError, match="no row of group 'all' ends after 6"):
        transition_probabilities(fit, since=6)
    with pytest.raises(InvalidDataError, match="beyond the last time 6 of group 'all'"):
        expected_time(fit, 7)
    with pytest.raises(InvalidDataError, match="must be positive"):
        expected_time(fit, 0)


def test_beyond_the_last_time_if_nothing_more_can_happen() -> None:
    rows = pd.DataFrame(
        {"unit_id": [1, 2], "from_state": "on", "to_state": "off", "entry": 0, "duration": [1, 3]}
    )
    close(expected_time(multistate(rows), 10)["estimate"], [2, 8])


def test_missing_values_are_counted(by_hand: pd.DataFrame) -> None:
    frame = with_row(by_hand, to_state=None)
    with pytest.warns(analysis.DroppedRowsWarning, match=r"1 of 6 rows .*\(to_state 1\)"):
        fit = multistate(frame)
    assert fit.dropped == {"to_state": 1}
    assert fit.n == 5


def test_mistakes_in_cox_by_transition(by_hand: pd.DataFrame) -> None:
    frame = by_hand.assign(x=range(6))
    with pytest.raises(UnknownNameError, match="no transition active -> gone in the rows"):
        transition_cox(frame, "x", transitions=[("active", "gone")])
    with pytest.raises(InvalidDataError, match="ended -> transformed has only one event"):
        transition_cox(frame, {("ended", "transformed"): "x"})
    with pytest.raises(UnknownNameError, match="no formula for transition active -> ended"):
        transition_cox(frame, {}, transitions=[("active", "ended")])
    with pytest.raises(UnknownNameError, match="no column 'y'"):
        transition_cox(frame, "y", transitions=[("active", "ended")])
