"""Grouped measures: the scalar functions group by group, on every kind of table."""

import math

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coalitiondata import measures
from coalitiondata.errors import InvalidDataError, UnknownNameError
from coalitiondata.measures import concentration, overlap
from coalitiondata.measures.grouped import MEASURES

CONNECTION = duckdb.connect()


def to_duckdb(columns):
    # A table of the data base itself, so that nothing of pandas is left in the plan.
    frame = pd.DataFrame(columns)
    CONNECTION.register("incoming", frame)
    CONNECTION.execute("CREATE OR REPLACE TABLE members AS SELECT * FROM incoming")
    return CONNECTION.sql("SELECT * FROM members")


KINDS = {
    "pandas": (pd.DataFrame, pd.DataFrame),
    "pandas nullable": (
        lambda c: pd.DataFrame(c).convert_dtypes(convert_integer=False),
        pd.DataFrame,
    ),
    "polars": (pl.DataFrame, pl.DataFrame),
    "pyarrow": (pa.table, pa.Table),
    "polars lazy": (pl.LazyFrame, pl.LazyFrame),
    "duckdb": (to_duckdb, duckdb.DuckDBPyRelation),
}
every_kind = pytest.mark.parametrize("kind", KINDS)
EAGER = ["pandas", "pandas nullable", "polars", "pyarrow"]
eager_kinds = pytest.mark.parametrize("kind", EAGER)
lazy_kinds = pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in EAGER])


def rows(result, by):
    """Return a native result as a dictionary from group to row, missing values as None."""
    if isinstance(result, pl.LazyFrame):
        result = result.collect()
    if isinstance(result, duckdb.DuckDBPyRelation):
        names = result.columns
        records = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    elif isinstance(result, pd.DataFrame):
        records = result.to_dict("records")
    elif isinstance(result, pl.DataFrame):
        records = result.to_dicts()
    else:
        records = result.to_pylist()
    clean = [{k: None if pd.isna(v) else v for k, v in record.items()} for record in records]
    found = {tuple(record[key] for key in by): record for record in clean}
    assert len(found) == len(records)
    return found


def same(actual, expected):
    """Compare with a scalar result, for which nan is what null is in a table."""
    if math.isnan(expected):
        assert actual is None
    else:
        assert actual == pytest.approx(expected, rel=1e-12, abs=1e-12)


maybe = st.one_of(st.none(), st.just(0.0), st.floats(0.01, 1e4))
position = st.one_of(st.none(), st.floats(0, 10))


@st.composite
def tables(draw):
    """Draw columns of a table of members, with ties, zeros, missing values and lone members."""
    n = draw(st.integers(1, 20))

    def column(elements):
        return draw(st.lists(elements, min_size=n, max_size=n))

    return {
        "coalition": column(st.sampled_from(["gov-1", "gov-2", "war-7"])),
        "year": column(st.sampled_from([1914, 1915])),
        "member": list(range(n)),
        "weight": column(st.one_of(maybe, st.sampled_from([1.0, 2.0, 3.0]))),
        "left_right": column(st.one_of(position, st.sampled_from([2.0, 5.0]))),
        "eu": column(position),
    }


def typed(columns):
    """Give columns that happen to be all missing the type of numbers."""
    numbers = ("weight", "left_right", "eu")
    return {
        name: np.array([math.nan if v is None else v for v in values], dtype=float)
        if name in numbers
        else values
        for name, values in columns.items()
    }


def by_group(columns, keys):
    frame = pd.DataFrame(typed(columns))
    return dict(list(frame.groupby(keys)))


slow_backends = settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow]
)


@every_kind
@pytest.mark.parametrize("skipna", [False, True])
@slow_backends
@given(columns=tables())
def test_concentration_agrees_with_the_scalar_functions(kind, skipna, columns):
    keys = ["coalition", "year"]
    make, native = KINDS[kind]
    result = concentration(make(typed(columns)), keys, "weight", MEASURES, skipna=skipna)
    assert isinstance(result, native)
    found = rows(result, keys)
    expected = by_group(columns, keys)
    assert found.keys() == expected.keys()
    for group, part in expected.items():
        assert found[group]["n_members"] == len(part)
        assert found[group]["n_missing"] == part["weight"].isna().sum()
        for name in MEASURES:
            same(found[group][name], getattr(measures, name)(part["weight"], skipna=skipna))


@every_kind
@pytest.mark.parametrize(
    ("weights", "skipna"), [(None, False), ("weight", False), ("weight", True)]
)
@slow_backends
@given(columns=tables())
def test_overlap_agrees_with_the_scalar_functions(kind, weights, skipna, columns):
    make, native = KINDS[kind]
    dimensions, scale = ["left_right", "eu"], [10, 20]
    result = overlap(
        make(typed(columns)),
        "coalition",
        "member",
        dimensions,
        scale=scale,
        weights=weights,
        skipna=skipna,
    )
    assert isinstance(result, native)
    found = rows(result, ["coalition"])
    expected = by_group(columns, ["coalition"])
    assert found.keys() == expected.keys()
    for group, part in expected.items():
        row, w = found[group], None if weights is None else part[weights]
        points = part[dimensions]
        assert row["n_members"] == len(part)
        same(row["depth"], measures.depth(points, scale=scale, weights=w))
        known = points.notna().to_numpy()
        first, second = np.triu_indices(len(part), k=1)
        both = known[first] & known[second]
        assert row["n_pairs"] == both.any(axis=1).sum()
        for k, name in enumerate(dimensions):
            x = part[name]
            assert row[f"n_pairs_{name}"] == both[:, k].sum()
            same(
                row[f"similarity_{name}"],
                measures.depth(points[[name]], scale=scale[k], weights=w),
            )
            same(row[f"range_{name}"], measures.ideological_range(x, skipna=skipna))
            same(row[f"variance_{name}"], measures.ideological_variance(x, w, skipna=skipna))


CABINETS = {
    # Third and fourth Merkel cabinets: seats of CDU/CSU and SPD.
    "cabinet": ["merkel-4", "merkel-3", "merkel-4", "merkel-3"],
    "party": ["CDU/CSU", "CDU/CSU", "SPD", "SPD"],
    "seats": [246, 311, 153, 193],
}


@every_kind
def test_merkel_cabinets(kind):
    result = concentration(
        KINDS[kind][0](CABINETS), "cabinet", "seats", ["hhi", "effective_number"]
    )
    found = rows(result, ["cabinet"])
    assert list(found[("merkel-3",)]) == [
        "cabinet",
        "n_members",
        "n_missing",
        "hhi",
        "effective_number",
    ]
    assert found[("merkel-3",)]["hhi"] == pytest.approx(0.5274, abs=5e-5)
    same(found[("merkel-4",)]["hhi"], (246**2 + 153**2) / 399**2)


@eager_kinds
def test_eager_results_are_sorted_by_group(kind):
    found = rows(concentration(KINDS[kind][0](CABINETS), "cabinet", "seats"), ["cabinet"])
    assert list(found) == [("merkel-3",), ("merkel-4",)]


@every_kind
def test_rows_without_group_are_left_out(kind):
    columns = {"g": ["a", None, "a"], "m": ["x", "y", "z"], "w": [1.0, 2.0, 3.0]}
    table = KINDS[kind][0](columns)
    assert rows(concentration(table, "g", "w"), ["g"]) == {
        ("a",): {"g": "a", "n_members": 2, "n_missing": 0, "hhi": 0.625}
    }
    assert rows(overlap(table, "g", "m", ["w"]), ["g"])[("a",)]["depth"] == pytest.approx(0.8)


@every_kind
def test_rounding_never_lifts_a_monopoly_above_one(kind):
    sizes = [n for n in range(2, 40) for _ in range(n)]
    weights = [0.1 if i == 0 else 0.0 for n in range(2, 40) for i in range(n)]
    table = KINDS[kind][0]({"size": sizes, "w": weights})
    found = rows(concentration(table, "size", "w", ["normalized_hhi", "con"]), ["size"])
    assert len(found) == 38
    for row in found.values():
        assert 1 - 1e-12 <= row["normalized_hhi"] <= 1
        assert 1 - 1e-12 <= row["con"] <= 1


@lazy_kinds
def test_lazy_groups_with_impossible_values_are_null(kind):
    table = KINDS[kind][0](
        {
            "g": ["bad", "bad", "good", "good", "inf", "inf"],
            "m": [1, 2, 1, 2, 1, 2],
            "w": [3.0, -1.0, 1.0, 1.0, 1.0, math.inf],
            "x": [0.0, 11.0, 0.0, 5.0, 0.0, math.inf],
        }
    )
    power = rows(concentration(table, "g", "w", MEASURES), ["g"])
    assert power[("good",)]["hhi"] == 0.5
    interests = rows(overlap(table, "g", "m", ["x"], weights="w"), ["g"])
    assert interests[("good",)]["depth"] == 0.5
    unweighted = rows(overlap(table, "g", "m", ["x"]), ["g"])
    for group in ("bad", "inf"):
        assert all(power[(group,)][name] is None for name in MEASURES)
        assert interests[(group,)]["depth"] is interests[(group,)]["variance_x"] is None
        assert unweighted[(group,)]["depth"] is unweighted[(group,)]["similarity_x"] is None
    # Too far apart for the scale spoils the similarity; the range itself stands.
    assert unweighted[("bad",)]["range_x"] == 11


def test_lazy_plan_reads_the_table_when_asked_not_before():
    CONNECTION.execute("CREATE OR REPLACE TABLE later AS SELECT 'a' AS g, 1.0 AS w")
    plan = concentration(CONNECTION.table("later"), "g", "w")
    CONNECTION.execute("INSERT INTO later VALUES ('a', 3.0)")
    assert rows(plan, ["g"])[("a",)]["hhi"] == 0.625


GOOD = {"g": ["a", "a"], "m": ["x", "y"], "w": [1.0, 2.0], "x": [1.0, 2.0], "t": ["p", "q"]}


@eager_kinds
@pytest.mark.parametrize(
    ("change", "call", "message"),
    [
        (
            {"w": [1.0, -2.0]},
            lambda f: concentration(f, "g", "w"),
            "concentration: row with g a, w -2.0: weights must be finite and not negative",
        ),
        (
            {"w": [math.inf, 2.0]},
            lambda f: concentration(f, "g", "w"),
            "concentration: row with g a, w inf: weights must be finite",
        ),
        (
            {"w": [1.0, -2.0]},
            lambda f: overlap(f, "g", "m", ["x"], weights="w"),
            "overlap: row with g a, m y, w -2.0: weights must be",
        ),
        (
            {"x": [1.0, math.inf]},
            lambda f: overlap(f, "g", "m", ["x"]),
            "overlap: row with g a, m y, x inf: positions must be finite",
        ),
        (
            {"x": [0.0, 11.0]},
            lambda f: overlap(f, "g", "m", ["x"]),
            "overlap: row with g a, range of x 11.0: more than the scale's width 10",
        ),
        (
            {"m": ["x", "x"]},
            lambda f: overlap(f, "g", "m", ["x"]),
            "overlap: row with g a, m x, number of rows 2: a member may have only one row",
        ),
        (
            {"m": ["x", None]},
            lambda f: overlap(f, "g", "m", ["x"]),
            "overlap: row with g a, m .*: the member is missing",
        ),
    ],
)
def test_impossible_values_in_eager_tables_are_named(kind, change, call, message):
    with pytest.raises(InvalidDataError, match=message):
        call(KINDS[kind][0](GOOD | change))


@every_kind
@pytest.mark.parametrize(
    ("error", "call", "message"),
    [
        (UnknownNameError, lambda f: concentration(f, "g", "seats"), "no column 'seats'; the col"),
        (UnknownNameError, lambda f: concentration(f, "g", "w", ["hih"]), "no measure 'hih'; the"),
        (UnknownNameError, lambda f: overlap(f, "g", "m", ["y"]), "overlap: no column 'y'"),
        (InvalidDataError, lambda f: concentration(f, "g", "t"), "column 't' is String, not num"),
        (InvalidDataError, lambda f: concentration(f, ["g", "g"], "w"), "'g' is named twice"),
        (InvalidDataError, lambda f: concentration(f, [], "w"), "by is empty"),
        (InvalidDataError, lambda f: overlap(f, "g", "m", []), "positions is empty"),
        (InvalidDataError, lambda f: overlap(f, "g", "m", ["x"], scale=-1), "widths must be pos"),
    ],
)
def test_mistakes_get_one_clear_message(kind, error, call, message):
    with pytest.raises(error, match=message):
        call(KINDS[kind][0](GOOD))


def test_grouping_column_named_like_a_result_is_refused():
    table = pd.DataFrame({"hhi": ["a"], "w": [1.0]})
    with pytest.raises(InvalidDataError, match="grouping column 'hhi' has the name of a result"):
        concentration(table, "hhi", "w")


def test_what_is_no_table_is_refused():
    with pytest.raises(InvalidDataError, match=r"frame must be a table .* got list"):
        concentration([1, 2], "g", "w")
