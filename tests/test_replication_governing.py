"""Our counterparts of the covariates of King et al. (1990), and the models on our coalitions."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
import shipped
from hypothesis import given
from hypothesis import strategies as st

from analysis.replications import governing
from coalitiondata import load, survival_frame, terms
from coalitiondata.errors import UnknownNameError
from coalitiondata.measures import ideological_variance


@cache
def ours() -> pd.DataFrame:
    return governing.cabinets()


@cache
def our_estimates() -> pd.DataFrame:
    return governing.estimates(ours())


# --- our counterparts of their covariates

PARTIES = st.lists(
    st.tuples(st.integers(0, 200), st.floats(0, 10, allow_subnormal=False)), min_size=1, max_size=8
).filter(lambda rows: sum(seats for seats, _ in rows) > 0)


def chamber(seats: list[int | None]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "coalition_id": "gov-x",
            "actor_id": [f"party-{i}" for i in range(len(seats))],
            "seats": pd.array(seats, dtype="Int64"),
        }
    )


def placed(positions: list[float | None]) -> pd.Series:
    rows = pd.Series(positions, index=[f"party-{i}" for i in range(len(positions))], dtype=float)
    return rows.dropna()


@given(PARTIES)
def test_polarization_is_twice_the_weighted_deviation(rows: list[tuple[int, float]]) -> None:
    seats, positions = [s for s, _ in rows], [x for _, x in rows]
    found = governing.polarization(chamber(seats), placed(positions))["gov-x"]
    expected = 2 * np.sqrt(ideological_variance(positions, seats))
    assert found == pytest.approx(expected, abs=1e-9)
    assert -1e-12 <= found <= 10 + 1e-12


def test_polarization_at_its_ends() -> None:
    assert governing.polarization(chamber([50, 50]), placed([0, 10]))["gov-x"] == 10
    assert governing.polarization(chamber([30, 70]), placed([4, 4]))["gov-x"] == 0


def test_polarization_needs_nine_tenths_of_the_seats_placed() -> None:
    known = governing.polarization(chamber([45, 45, 10]), placed([2, 6, None]))
    assert known["gov-x"] == pytest.approx(4)
    for seats, positions in (
        ([45, 44, 11], [2, 6, None]),
        ([45, 45, None], [2, 6, 5]),
        ([45, 45, 10], [None, None, None]),
    ):
        assert np.isnan(governing.polarization(chamber(seats), placed(positions))["gov-x"])


@given(st.lists(st.integers(0, 300), min_size=1, max_size=9).filter(any))
def test_fractionalization_lies_between_one_party_and_equal_parties(seats: list[int]) -> None:
    found = governing.fractionalization(chamber([*seats]))["gov-x"]
    held = sum(s > 0 for s in seats)
    assert -1e-9 <= found <= 1000 * (1 - 1 / held) + 1e-9
    doubled = governing.fractionalization(chamber([2 * s for s in seats]))["gov-x"]
    assert doubled == pytest.approx(found)


def test_fractionalization_of_a_chamber_with_unknown_seats_is_unknown() -> None:
    assert np.isnan(governing.fractionalization(chamber([40, None]))["gov-x"])


# --- our coalitions


@shipped.needed
def test_known_cabinets() -> None:
    rows = ours().merge(load("coalitions")[["coalition_id", "name"]], on="coalition_id")

    def cabinet(arena: str, day: str) -> pd.Series:
        found = rows[(rows["arena"] == arena) & (rows["start"] == day)]
        assert len(found) == 1
        return found.iloc[0]

    # Netherlands 1946: 32, 29, 13, 10, 8, 6 and 2 of 100 seats; a cabinet seven weeks after.
    beel = cabinet("NLD", "1946-07-03")
    squares = sum(n**2 for n in (32, 29, 13, 10, 8, 6, 2))
    assert beel["fract"] == pytest.approx(1000 - squares / 10)
    assert (beel["post_election"], beel["majority"], beel["caretaker"]) == (1, 1, 0)
    # Kohl came in 1982 by a vote of no confidence, halfway through the term.
    kohl = cabinet("DEU", "1982-10-01")
    assert (kohl["post_election"], kohl["majority"], kohl["caretaker"]) == (0, 1, 0)


@shipped.needed
def test_frame_is_every_coalition_since_1945_under_their_rule() -> None:
    rows = ours()
    coalitions = load("coalitions", family="governing").astype({"status": "object"})
    late = coalitions[coalitions["start"] >= "1945-01-01"].reset_index(drop=True)
    assert set(rows["coalition_id"]) == set(late["coalition_id"])
    assert rows["coalition_id"].is_unique
    # A cabinet that ended with a year or more of the term left is an event, whatever ended it.
    limit = terms.term_limit(late, load("parliamentary_terms"))
    left = (limit - late["end"]).dt.days
    fell = (late["status"] == "ended") & (left > 366)
    ended = rows.set_index("coalition_id").loc[late["coalition_id"], "event"].to_numpy()
    assert ended[fell.to_numpy()].all()
    assert not ended[(left < 365).to_numpy()].any()
    days = survival_frame(family="governing").set_index("coalition_id")["duration"]
    np.testing.assert_allclose(
        rows["months"] * 365.25 / 12, days.loc[rows["coalition_id"]].to_numpy()
    )


@shipped.needed
def test_samples_count_complete_rows() -> None:
    counted = governing.samples(ours()).set_index(["sample", "formula"])
    rows = our_estimates().groupby(["sample", "formula"])[["n", "events"]].agg(["min", "max"])
    for key, row in counted.iterrows():
        assert (rows.loc[key, "n"] == row["complete"]).all()
        assert (rows.loc[key, "events"] == row["events"]).all()
        assert row["complete"] <= row["cabinets"]
    part = governing.in_sample(ours(), governing.SAMPLES[0])
    assert set(part["arena"]) <= set(governing.THEIR_COUNTRIES)
    assert len(governing.THEIR_COUNTRIES) == 15
    assert part["start"].max() < pd.Timestamp("1988-01-01")
    with pytest.raises(UnknownNameError, match="their countries and years"):
        governing.in_sample(ours(), "theirs")


@shipped.needed
@pytest.mark.parametrize("formula", governing.FORMULAS)
def test_exponential_is_the_poisson_model_of_events_per_month(formula: str) -> None:
    api = pytest.importorskip("statsmodels.api")
    covariates = formula.split(" + ")
    rows = ours().dropna(subset=covariates)
    fit = api.GLM(
        rows["event"],
        api.add_constant(rows[covariates]),
        family=api.families.Poisson(),
        offset=np.log(rows["months"]),
    ).fit(tol=1e-12)
    found = our_estimates().query("sample == 'all' and formula == @formula")
    found = found[found["model"] == "exponential"].set_index("term")
    found = found.rename(index={"Intercept": "const"})
    np.testing.assert_allclose(-found["estimate"], fit.params[found.index], rtol=1e-6)
    np.testing.assert_allclose(found["std_error"], fit.bse[found.index], rtol=1e-5)
