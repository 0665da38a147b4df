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

pytest_plugins = ["engines"]

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


@pytest.fixture(params=[*KINDS, "dask", "spark"])
def make(request):
    """Maker of a table of each kind, Dask and Spark on a cluster and a session that are running."""
    if request.param == "dask":
        request.getfixturevalue("dask_cluster")
        import dask.dataframe as dd

        return lambda columns: dd.from_pandas(pd.DataFrame(columns), npartitions=3)
    if request.param == "spark":
        session = request.getfixturevalue("spark")

        def to_spark(columns):
            plain = [
                [v.item() if isinstance(v, np.generic) else v for v in column]
                for column in columns.values()
            ]
            return session.createDataFrame(list(zip(*plain, strict=True)), list(columns))

        return to_spark
    return KINDS[request.param][0]


def rows(result, by):
    """Return a native result as a dictionary from group to row, missing values as None."""
    if isinstance(result, pl.LazyFrame):
        result = result.collect()
    elif type(result).__module__.startswith("dask"):
        result = result.compute()
    elif type(result).__module__.startswith("pyspark"):
        result = [row.asDict() for row in result.collect()]
    if isinstance(result, duckdb.DuckDBPyRelation):
        names = result.columns
        records = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    elif isinstance(result, pd.DataFrame):
        records = result.to_dict("records")
    elif isinstance(result, pl.DataFrame):
        records = result.to_dicts()
    elif isinstance(result, list):
        records = result
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


def compare_concentration(found, columns, keys, skipna, names=MEASURES):
    expected = by_group(columns, keys)
    assert found.keys() == expected.keys()
    for group, part in expected.items():
        assert found[group]["n_members"] == len(part)
        assert found[group]["n_missing"] == part["weight"].isna().sum()
        for name in names:
            same(found[group][name], getattr(measures, name)(part["weight"], skipna=skipna))


def check_overlap(frame, columns, dimensions, scale, weights, skipna):
    """The measured frame, after it was compared with the scalar functions."""
    result = overlap(
        frame, "coalition", "member", dimensions, scale=scale, weights=weights, skipna=skipna
    )
    compare_overlap(rows(result, ["coalition"]), columns, dimensions, scale, weights, skipna)
    return result


def compare_overlap(found, columns, dimensions, scale, weights, skipna):
    expected = by_group(columns, ["coalition"])
    assert found.keys() == expected.keys()
    for group, part in expected.items():
        row, w = found[group], None if weights is None else part[weights]
        points = part[dimensions]
        assert row["n_members"] == len(part)
        known = points.notna().to_numpy()
        first, second = np.triu_indices(len(part), k=1)
        both = known[first] & known[second]
        assert row["n_pairs"] == both.any(axis=1).sum()
        similarities = []
        for k, name in enumerate(dimensions):
            x = part[name]
            placed = x.notna()
            held = None if w is None else w[placed]
            if held is not None and held.max() > 0:
                # The functions of one group multiply weights as they are, which overflows for the
                # largest; only the ratios of the weights count.
                held = held / held.max()
            unknown = w is not None and w.isna().any()
            similarity = measures.depth(points.loc[placed, [name]], scale=scale[k], weights=held)
            similarities.append(math.nan if unknown else similarity)
            whole = skipna or placed.all()
            variance = measures.ideological_variance(x[placed], held)
            assert row[f"n_pairs_{name}"] == both[:, k].sum()
            same(row[f"similarity_{name}"], similarities[-1])
            same(row[f"range_{name}"], measures.ideological_range(x, skipna=skipna))
            same(row[f"variance_{name}"], variance if whole and not unknown else math.nan)
        judged = [value for value in similarities if not math.isnan(value)]
        same(row["depth"], np.mean(judged) if judged else math.nan)


@every_kind
@pytest.mark.parametrize("skipna", [False, True])
@slow_backends
@given(columns=tables())
def test_concentration_agrees_with_the_scalar_functions(kind, skipna, columns):
    keys = ["coalition", "year"]
    make, native = KINDS[kind]
    result = concentration(make(typed(columns)), keys, "weight", MEASURES, skipna=skipna)
    assert isinstance(result, native)
    compare_concentration(rows(result, keys), columns, keys, skipna)


@every_kind
@pytest.mark.parametrize(
    ("weights", "skipna"), [(None, False), ("weight", False), ("weight", True)]
)
@pytest.mark.parametrize(
    ("dimensions", "scale"), [(["left_right", "eu"], [10, 20]), (["left_right"], [10])]
)
@slow_backends
@given(columns=tables())
def test_overlap_agrees_with_the_scalar_functions(
    kind, dimensions, scale, weights, skipna, columns
):
    make, native = KINDS[kind]
    result = check_overlap(make(typed(columns)), columns, dimensions, scale, weights, skipna)
    assert isinstance(result, native)


def tricky():
    """Coalitions at which a formula that only works for the ordinary one would fail."""
    rng = np.random.default_rng(1648)
    seats = np.array([30.0, 20.0, 20.0, 5.0, 1.0])
    of_group = {
        "ordinary": seats,
        "huge": seats * 1e300,
        "tiny": seats * 1e-300,
        "huge and tiny": np.array([3e300, 1e-300, 2e300]),
        "giant and ordinary": np.array([1e200, 5.0, 2.0]),
        "at the edge of large": 2.0**400 * np.array([0.5, 1.0, 1.5, 0.25]),
        "at the edge of small": 2.0**-400 * np.array([0.5, 1.0, 1.5, 0.25]),
        "equal": np.full(7, 0.1),
        "nearly equal": 1 + 1e-9 * np.arange(6),
        "monopoly": np.array([12.0, 0.0, 0.0]),
        "nearly a monopoly": np.array([1e12, 1.0, 2.0, 3.0]),
        "alone": np.array([4.0]),
        "nobody": np.zeros(3),
        "unknown": np.array([math.nan, math.nan]),
        "one unknown": np.array([1.0, math.nan, 2.0]),
        "crowd": rng.pareto(1.1, 300).round(3),
    }
    left_right = {
        "equal": np.full(7, 6.0),
        "nearly equal": 5 + 1e-9 * np.arange(6),
        "alone": np.array([math.nan]),
        "one unknown": np.array([1.0, 1.0, 8.0]),
        "unknown": np.array([math.nan, math.nan]),
    }
    columns = {name: [] for name in ("coalition", "member", "weight", "left_right", "eu", "tax")}
    for group, weight in of_group.items():
        n = len(weight)
        columns["coalition"] += [group] * n
        columns["member"] += [f"m{i}" for i in range(n)]
        columns["weight"] += list(weight)
        columns["left_right"] += list(left_right.get(group, rng.integers(0, 11, n) / 1.0))
        columns["eu"] += list(np.where(rng.random(n) < 0.4, math.nan, rng.uniform(-10, 10, n)))
        columns["tax"] += list(np.where(rng.random(n) < 0.4, math.nan, 2000 + rng.random(n)))
    return {name: np.array(values) for name, values in columns.items()}


@pytest.mark.parametrize("skipna", [False, True])
def test_concentration_of_tricky_coalitions(make, skipna):
    columns = tricky()
    # Some measures need one aggregation and the others the shares of the members.
    for names in (MEASURES, ["hhi", "effective_number", "top_share"]):
        result = concentration(make(columns), ["coalition"], "weight", names, skipna=skipna)
        found = rows(result, ["coalition"])
        compare_concentration(found, columns, ["coalition"], skipna, names)


@pytest.mark.parametrize(("weights", "skipna"), [(None, False), ("weight", True)])
def test_overlap_of_tricky_coalitions(make, weights, skipna):
    columns, dimensions, scale = tricky(), ["left_right", "eu", "tax"], [10, 20, 1]
    check_overlap(make(columns), columns, dimensions, scale, weights, skipna)


@every_kind
def test_each_measure_by_itself_is_what_it_is_among_all(kind):
    """What need not be computed is left out of the plan, and nothing else changes."""
    table = KINDS[kind][0](tricky())
    everything = rows(concentration(table, "coalition", "weight", MEASURES), ["coalition"])
    for name in MEASURES:
        single = rows(concentration(table, "coalition", "weight", [name]), ["coalition"])
        for group, row in single.items():
            assert list(row) == ["coalition", "n_members", "n_missing", name]
            same(
                row[name], math.nan if everything[group][name] is None else everything[group][name]
            )


CABINETS = {
    # Third and fourth Merkel cabinets: seats of CDU/CSU and SPD.
    "cabinet": ["merkel-4", "merkel-3", "merkel-4", "merkel-3"],
    "party": ["CDU/CSU", "CDU/CSU", "SPD", "SPD"],
    "seats": [246, 311, 153, 193],
}


def test_merkel_cabinets(make):
    result = concentration(make(CABINETS), "cabinet", "seats", ["hhi", "effective_number"])
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
@pytest.mark.parametrize("number", [1, 3, 4, 5, 6])
def test_pairs_with_something_known_in_common(kind, number):
    """Few dimensions and many are counted in different ways."""
    rng = np.random.default_rng(number)
    issues = [f"issue{k}" for k in range(number)]
    columns = {"coalition": np.repeat(["a", "b", "c"], 12), "member": np.arange(36)}
    columns |= {x: np.where(rng.random(36) < 0.6, math.nan, rng.uniform(0, 10, 36)) for x in issues}
    found = rows(overlap(KINDS[kind][0](columns), "coalition", "member", issues), ["coalition"])
    compare_overlap(found, columns, issues, [10] * number, None, False)


def test_rows_without_group_are_left_out(make):
    columns = {"g": ["a", None, "a"], "m": ["x", "y", "z"], "w": [1.0, 2.0, 3.0]}
    table = make(columns)
    assert rows(concentration(table, "g", "w"), ["g"]) == {
        ("a",): {"g": "a", "n_members": 2, "n_missing": 0, "hhi": 0.625}
    }
    assert rows(overlap(table, "g", "m", ["w"]), ["g"])[("a",)]["depth"] == pytest.approx(0.8)


def test_rounding_never_lifts_a_monopoly_above_one(make):
    sizes = [n for n in range(2, 40) for _ in range(n)]
    weights = [0.1 if i == 0 else 0.0 for n in range(2, 40) for i in range(n)]
    table = make({"size": sizes, "w": weights})
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
