"""Voting power by group: agreement with single games and definitions, on pandas and polars."""

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest
from coalition_lists import games, power_by_listing
from hypothesis import given, settings
from hypothesis import strategies as st
from shipped import DATA, needed

from coalitiondata.errors import InvalidDataError, UnknownNameError
from coalitiondata.measures.games import banzhaf, shapley_shubik
from coalitiondata.measures.minimal_winning import deegan_packel, holler_packel
from coalitiondata.measures.voting import INDICES, voting_power


def values(frame, name):
    """Return a column as floats with every kind of missing as nan."""
    column = nw.from_native(frame, eager_only=True)[name].to_list()
    return np.array([np.nan if value is None else value for value in column], dtype=float)


@settings(deadline=None)
@given(parliaments=st.lists(games(), min_size=1, max_size=6), data=st.data())
def test_every_group_is_its_own_game(parliaments, data):
    rows = [
        (number, weight, quota)
        for number, (weights, quota) in enumerate(parliaments)
        for weight in weights
    ]
    expected = [
        [float(power[name][i]) for name in INDICES]
        for weights, quota in parliaments
        for power in [power_by_listing(weights, quota)]
        for i in range(len(weights))
    ]
    order = data.draw(st.permutations(range(len(rows))))
    frame = pd.DataFrame([rows[i] for i in order], columns=["house", "seats", "needed"])
    result = voting_power(frame, "house", "seats", quota="needed", indices=INDICES)
    pd.testing.assert_frame_equal(result[["house", "seats", "needed"]], frame)
    np.testing.assert_array_equal(
        result[list(INDICES)].to_numpy(), np.array([expected[i] for i in order])
    )


@pytest.mark.parametrize("members", [1, 2, 5, 12, 13, 16, 23])
def test_many_games_of_one_size_equal_the_single_functions(members):
    rng = np.random.default_rng(members)
    weights = rng.integers(0, 60, (7, members))
    weights[:, 0] += 1
    weights[3] = weights[2][::-1]
    frame = pd.DataFrame({"house": np.repeat(np.arange(7), members), "seats": weights.ravel()})
    result = voting_power(frame, "house", "seats", indices=INDICES)
    for house, seats in enumerate(weights):
        quota = int(seats.sum()) // 2 + 1
        single = {
            "banzhaf": banzhaf(seats, quota),
            "absolute_banzhaf": banzhaf(seats, quota, normalized=False),
            "shapley_shubik": shapley_shubik(seats, quota),
            "deegan_packel": deegan_packel(seats, quota),
            "holler_packel": holler_packel(seats, quota),
        }
        for name, expected in single.items():
            np.testing.assert_array_equal(result[name][result.house == house], expected)


@pytest.fixture(params=["pandas", "polars", "pyarrow", "pandas-nullable"])
def kind(request):
    def build(**columns):
        if request.param == "pandas":
            return pd.DataFrame(columns, index=[7] * len(columns["seats"]))
        if request.param == "pandas-nullable":
            return pd.DataFrame(columns).convert_dtypes()
        if request.param == "polars":
            return pl.DataFrame(columns)
        return pytest.importorskip("pyarrow").table(columns)

    return build


def test_kinds_of_tables_missing_values_and_houses_without_seats(kind):
    frame = kind(
        country=["A", "B", "A", None, "A", "B", "C", "C", "D", "D"],
        year=[1950, 1950, 1950, 1950, 1950, 1950, 1950, 1950, 1950, 1950],
        seats=[50, 10, 49, 5, 1, 20, 3, None, 0, 0],
    )
    result = voting_power(
        frame, ["country", "year"], "seats", indices=["shapley_shubik", "banzhaf"]
    )
    assert type(result) is type(frame)
    nan = np.nan
    expected = [2 / 3, 0, 1 / 6, nan, 1 / 6, 1, nan, nan, nan, nan]
    np.testing.assert_allclose(values(result, "shapley_shubik"), expected, rtol=1e-15)
    expected = [3 / 5, 0, 1 / 5, nan, 1 / 5, 1, nan, nan, nan, nan]
    np.testing.assert_allclose(values(result, "banzhaf"), expected, rtol=1e-15)
    columns = nw.from_native(result).columns
    assert columns == ["country", "year", "seats", "shapley_shubik", "banzhaf"]
    nulls = nw.from_native(result, eager_only=True)["banzhaf"].is_null().sum()
    assert nulls == 5


def test_quota_by_number_by_column_and_by_rule(kind):
    frame = kind(house=[1, 1, 1], seats=[50, 30, 20], needed=[71, 71, 71])
    by_rule = values(voting_power(frame, "house", "seats"), "banzhaf")
    np.testing.assert_allclose(by_rule, [3 / 5, 1 / 5, 1 / 5])
    for quota in (71, "needed"):
        result = voting_power(frame, "house", "seats", quota=quota)
        np.testing.assert_allclose(values(result, "banzhaf"), [1 / 2, 1 / 2, 0])
    missing = kind(house=[1, 1, 2], seats=[2, 1, 1], needed=[2, None, 1])
    result = voting_power(missing, "house", "seats", quota="needed")
    np.testing.assert_array_equal(values(result, "banzhaf"), [np.nan, np.nan, 1])


def test_groups_by_several_columns_are_kept_apart():
    frame = pd.DataFrame(
        {
            "country": ["A", "A", "B", "B", "A", "A"],
            "day": np.array(["1900-01-01"] * 4 + ["1650-05-05"] * 2, dtype="datetime64[s]"),
            "seats": [2, 1, 1, 1, 1, 3],
        }
    )
    result = voting_power(frame, ["country", "day"], "seats")
    np.testing.assert_array_equal(result["banzhaf"], [1, 0, 0.5, 0.5, 0, 1])


def test_an_empty_table_stays_empty():
    frame = pd.DataFrame({"house": pd.Series([], dtype=int), "seats": pd.Series([], dtype=float)})
    result = voting_power(frame, "house", "seats", indices=INDICES)
    assert len(result) == 0
    assert list(result.columns) == ["house", "seats", *INDICES]


@needed
def test_all_parliaments_of_the_data_set():
    parties = pd.read_csv(DATA / "candidates.csv").query("seats.notna()")
    complete = voting_power(parties, "coalition_id", "seats", indices=INDICES)
    houses = complete.groupby("coalition_id")
    assert houses.ngroups > 1000
    for name in set(INDICES) - {"absolute_banzhaf"}:
        np.testing.assert_allclose(houses[name].sum(), 1, rtol=1e-12)
    # A party with a majority of the seats decides alone.
    share = complete["seats"] / houses["seats"].transform("sum")
    for name in INDICES:
        np.testing.assert_array_equal(complete.loc[share > 0.5, name], 1)
    assert (share > 0.5).any()
    # One house by definition.
    house = complete[complete["coalition_id"] == complete["coalition_id"].iloc[0]]
    seats = [int(number) for number in house["seats"]]
    for name, exact in power_by_listing(seats, sum(seats) // 2 + 1).items():
        np.testing.assert_array_equal(house[name], [float(value) for value in exact])


def table(**columns):
    return pd.DataFrame({"house": ["X", "X", "Y"], "seats": [2.0, 1.0, 1.0]} | columns)


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (table(seats=[1, -2, 1]), {}, "house X, seats -2: weights must be finite and not neg"),
        (table(seats=[1, 2, np.inf]), {}, "house Y, seats inf: weights must be finite"),
        (table(seats=[1, 1.5, 1]), {}, "house X, seats 1.5: weights must be whole numbers; multi"),
        (table(seats=[1, 2.0**60, 1]), {}, r"house X, seats .*: weights must be less than 2\^53"),
        (table(seats=[1, 2**52, 2**52]).assign(house="Z"), {}, "house Z.*add up to less than 2"),
        (table(seats=["1", "2", "3"]), {}, "column 'seats' is .*, not numeric"),
        (table(), {"quota": 2}, "house Y, quota 2: no coalition would win, the weights add up"),
        (table(), {"quota": 0}, "house X, quota 0: with a quota below 1 even the empty coalition"),
        (table(), {"quota": 1.5}, "house X, quota 1.5: a quota must be a whole number; multiply"),
        (table(q=[1, 2, 1]), {"quota": "q"}, "house X, q 1: a parliament can have only one quota"),
        (table(banzhaf=1), {}, "has a column 'banzhaf', which the result would replace"),
        (pl.LazyFrame({"house": [1], "seats": [1]}), {}, "a lazy table has no rows"),
        ([1, 2], {}, "frame must be a table that narwhals knows"),
    ],
)
def test_mistakes_get_one_clear_message(frame, options, message):
    with pytest.raises(InvalidDataError, match=f"^voting_power: .*{message}"):
        voting_power(frame, "house", "seats", **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "chamber"}, "no column 'chamber'; the columns are house, seats"),
        ({"quota": "needed"}, "quota 'needed' is no column and no rule; give a number"),
        ({"indices": "penrose"}, "no index 'penrose'; the indices are banzhaf, absolute_banzhaf"),
    ],
)
def test_unknown_names_list_what_there_is(options, message):
    with pytest.raises(UnknownNameError, match=f"^voting_power: {message}"):
        voting_power(**{"frame": table(), "by": "house", "weight": "seats"} | options)


def test_no_grouping_column_and_games_too_large_are_named():
    with pytest.raises(InvalidDataError, match=r"^voting_power: by is empty"):
        voting_power(table(), [], "seats")
    large = pd.DataFrame({"house": "Z", "seats": [10**12 + i for i in range(30)]})
    with pytest.raises(InvalidDataError, match=r"house Z.*express weights and quota in a coarser"):
        voting_power(large, "house", "seats")
