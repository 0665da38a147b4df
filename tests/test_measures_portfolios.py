"""Similarity of all pairs in all periods, against functions for one pair and published values."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from raw_files import CURATED, raw_or_skip

import coalitiondata as cd
from coalitiondata.build import matches, portfolios, states
from coalitiondata.errors import InvalidDataError, UnknownNameError
from coalitiondata.measures import cohen_kappa, s_score, scott_pi
from coalitiondata.measures.portfolios import SIMILARITIES, dyadic_similarity

LEVELS = [0, 1, 2, 3]
NAMES = {"by": "year", "state": "state", "target": "target", "value": "value"}
VOTING = {"by": "year", "state": "cow_code", "target": "rcid", "value": "vote"}
ALLIANCES = {"by": "year", "state": "ccode1", "target": "ccode2", "value": "level"}
WHOLE_SYSTEM = {"targets": "states", "default": 0, "self_tie": 3}


def of_pair(x, y, distance="squared", weights=None):
    """All measures of one pair by the functions for one pair, in the order of SIMILARITIES."""
    scale = {"max_distance": 3, "weights": weights}
    return [
        s_score(x, y, **scale),
        s_score(x, y, distance="squared", **scale),
        scott_pi(x, y, distance=distance),
        cohen_kappa(x, y, distance=distance),
    ]


def one_by_one(
    ties, states=None, targets="listed", default=None, self_tie=None, weights=None, **rest
):
    """The same table built tie by tie in dictionaries: (year, a, b) -> n_common and measures."""
    listed = {(row.year, row.state, row.target): row.value for row in ties.itertuples()}
    members = {}
    if states is None:
        for year, state, target in listed:
            members.setdefault(year, set()).add(state)
            if targets == "states":
                members[year].add(target)
    else:
        for row in states.itertuples():
            members.setdefault(row.year, set()).add(row.state)
    expected = {}
    for year, inside in members.items():
        aims = inside
        if targets == "listed":
            aims = {t for (when, holder, t) in listed if when == year and holder in inside}
        aims = sorted(aims)
        other = math.nan if default is None else default
        held = {
            state: [
                self_tie
                if self_tie is not None and state == aim
                else listed.get((year, state, aim), other)
                for aim in aims
            ]
            for state in inside
        }
        importance = None
        if weights is not None:
            known = {(row.year, row.target): row.weight for row in weights.itertuples()}
            importance = [known.get((year, aim), math.nan) for aim in aims]
        for a, b in combinations(sorted(inside), 2):
            x, y = np.array(held[a], dtype=float), np.array(held[b], dtype=float)
            common = int((~(np.isnan(x) | np.isnan(y))).sum())
            expected[year, a, b] = [common, *of_pair(x, y, weights=importance, **rest)]
    return expected


def assert_equal(result, expected):
    rows = result.set_index(["year", "state_a", "state_b"])
    assert list(rows.index) == sorted(expected)
    columns = rows[["n_common", *SIMILARITIES]]
    wanted = [expected[key] for key in rows.index]
    if wanted:
        np.testing.assert_allclose(columns.to_numpy(float), wanted, rtol=0, atol=1e-12)


years = st.integers(1900, 1902)
few = st.sampled_from("abcde")
level = st.one_of(st.sampled_from([0.0, 1.0, 2.0, 3.0]), st.just(math.nan))
fraction = st.one_of(st.sampled_from([0.0, 0.1, 0.7, 1.3, 2.9]), st.just(math.nan))


def table_of(keys, values, name="value"):
    rows = st.dictionaries(st.tuples(*keys.values()), values, max_size=40)
    return rows.map(
        lambda found: pd.DataFrame(
            [(*key, value) for key, value in found.items()], columns=[*keys, name]
        ).astype(dict.fromkeys(keys, object) | {"year": "int64", name: "float64"})
    )


def ties_of(values, targets=few):
    return table_of({"year": years, "state": few, "target": targets}, values)


members = st.sets(st.tuples(years, few)).map(
    lambda rows: pd.DataFrame(sorted(rows), columns=["year", "state"]).astype(
        {"year": "int64", "state": object}
    )
)


@pytest.mark.parametrize("distance", ["absolute", "squared", "nominal"])
@pytest.mark.parametrize("values", [level, fraction], ids=["whole", "fractions"])
@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_listed_targets_equal_pair_by_pair(values, distance, data):
    ties = data.draw(ties_of(values, st.sampled_from("pqrstuv")))
    options = {
        "states": data.draw(st.one_of(st.none(), members)),
        "default": data.draw(st.sampled_from([None, 0, 1])),
        "distance": distance,
    }
    result = dyadic_similarity(ties, **NAMES, measures=SIMILARITIES, max_distance=3, **options)
    assert_equal(result, one_by_one(ties, **options))


@pytest.mark.parametrize("values", [level, fraction], ids=["whole", "fractions"])
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_square_portfolios_equal_pair_by_pair(values, data):
    ties = data.draw(ties_of(values))
    options = {
        "states": data.draw(st.one_of(st.none(), members)),
        "default": data.draw(st.sampled_from([None, 0])),
        "self_tie": data.draw(st.sampled_from([None, 3, math.nan])),
        "weights": data.draw(
            st.one_of(
                st.none(),
                table_of({"year": years, "target": few}, st.floats(0, 5), "weight"),
                st.just(
                    pd.DataFrame(
                        [(y, t, ord(t) / 7) for y in (1900, 1901, 1902) for t in "abcde"],
                        columns=["year", "target", "weight"],
                    )
                ),
            )
        ),
        "targets": "states",
    }
    if options["self_tie"] is not None:
        ties = ties[ties["state"] != ties["target"]]
    result = dyadic_similarity(ties, **NAMES, measures=SIMILARITIES, max_distance=3, **options)
    assert_equal(result, one_by_one(ties, **options))


@settings(deadline=None, max_examples=40)
@given(ties=ties_of(level), order=st.randoms())
def test_names_order_and_unit_do_not_matter(ties, order):
    def similarity(table, width):
        return dyadic_similarity(
            table, **NAMES, measures=SIMILARITIES, max_distance=width, default=0, targets="states"
        )

    result = similarity(ties, 3)
    mirror = dict(zip("abcde", "edcba", strict=True))
    turned = ties.sample(frac=1, random_state=order.randint(0, 999)).assign(
        state=lambda t: t["state"].map(mirror),
        target=lambda t: t["target"].map(mirror),
        value=lambda t: 30 - 10 * t["value"],
    )
    # Turned upside down the scale has the default at its other end.
    other = dyadic_similarity(
        turned, **NAMES, measures=SIMILARITIES, max_distance=30, default=30, targets="states"
    )
    swapped = {"state_a": "state_b", "state_b": "state_a"}
    back = other.rename(columns=swapped).assign(
        state_a=lambda t: t["state_a"].map(mirror), state_b=lambda t: t["state_b"].map(mirror)
    )
    back = back.sort_values(["year", "state_a", "state_b"], ignore_index=True)[result.columns]
    pd.testing.assert_frame_equal(result, back, rtol=0, atol=1e-12, check_dtype=len(result) > 0)
    assert result[["s", "s_squared"]].abs().max().fillna(0).le(1).all()
    assert result["s"].isna().eq(result["n_common"] == 0).all()
    # Chance disagreement is likelier where propensities differ.
    known = result.dropna()
    assert (known["cohen_kappa"] >= known["scott_pi"] - 1e-12).all()


# Published values.

# Signorino and Ritter (1999, table 6): capabilities and ties of Germany and Russia, 1914.
EUROPE = [
    *["GMY", "RUS", "UKG", "FRN", "AUH", "ITA", "BEL", "SPN", "TUR", "NTH"],
    *["SWD", "RUM", "POR", "SWZ", "GRC", "DEN", "YUG", "BUL", "NOR", "ALB"],
]
CAPABILITY = [0.25, 0.21, 0.20, 0.08, 0.08, 0.05, 0.03, 0.03, 0.02, *[0.01] * 5, *[0.0] * 6]
TIES_1914 = pd.DataFrame(
    [
        *[(1914, "GMY", "AUH", 3), (1914, "GMY", "ITA", 3), (1914, "GMY", "RUM", 3)],
        *[(1914, "RUS", "UKG", 1), (1914, "RUS", "FRN", 3), (1914, "RUS", "ITA", 1)],
    ],
    columns=["year", "state", "target", "value"],
)
EUROPE_1914 = pd.DataFrame({"year": 1914, "state": EUROPE})
CAPABILITY_1914 = pd.DataFrame({"year": 1914, "target": EUROPE, "cinc": CAPABILITY})


def similarity_1914(ties=TIES_1914, **options):
    return dyadic_similarity(
        ties, **NAMES, levels=LEVELS, states=EUROPE_1914, **WHOLE_SYSTEM, **options
    )


def test_germany_and_russia_1914_as_published():
    # Signorino and Ritter report .4 and, weighted by capabilities, -.46; the documentation of the
    # R package fpsim (0.1) gives kappa (squared distance) -0.07758621, pi (nominal) -0.04477612.
    def of_rivals(measure, **options):
        result = similarity_1914(measures=measure, **options)
        assert len(result) == 20 * 19 / 2
        row = result[(result["state_a"] == "GMY") & (result["state_b"] == "RUS")]
        return row[measure].item()

    assert of_rivals("s") == pytest.approx(0.4, abs=1e-15)
    weighted = of_rivals("s", weights=CAPABILITY_1914, weight="cinc")
    assert weighted == pytest.approx(-0.46, abs=0.005)
    assert of_rivals("cohen_kappa") == pytest.approx(-0.07758621, abs=5e-9)
    assert of_rivals("scott_pi", distance="nominal") == pytest.approx(-0.04477612, abs=5e-9)


@pytest.fixture(scope="module")
def system():
    return states.system_years(raw_or_skip())


@pytest.fixture(scope="module")
def commitments():
    return portfolios.commitments(raw_or_skip())


@pytest.fixture(scope="module")
def votes():
    return portfolios.votes(raw_or_skip(), CURATED)


def all_alliances(commitments, system, **options):
    in_system = system.rename(columns={"cow_code": "ccode1"})
    return dyadic_similarity(
        commitments, **ALLIANCES, levels=LEVELS, states=in_system, **WHOLE_SYSTEM, **options
    )


def test_united_states_and_mexico_1946_as_published(votes):
    # Documentation of fpsim (0.1): kappa -0.01222707 (squared), pi -0.02775801 (nominal).
    cast = votes[(votes["year"] == 1946) & votes["cow_code"].isin([2, 70])]
    kappa = dyadic_similarity(cast, **VOTING, measures="cohen_kappa")["cohen_kappa"].item()
    assert kappa == pytest.approx(-0.01222707, abs=5e-9)
    pi = dyadic_similarity(cast, **VOTING, measures="scott_pi", distance="nominal")
    assert pi["scott_pi"].item() == pytest.approx(-0.02775801, abs=5e-9)


# The whole system.


@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "cinc"])
def test_all_alliances_equal_pair_by_pair(commitments, system, weighted):
    options, capability = {}, None
    if weighted:
        cinc = matches.national_capabilities(raw_or_skip()).rename(columns={"code": "ccode2"})
        options = {"weights": cinc, "weight": "cinc"}
        capability = cinc.set_index(["year", "ccode2"])["cinc"]
    result = all_alliances(commitments, system, measures=SIMILARITIES, **options)
    size = system.groupby("year").size()
    assert len(result) == (size * (size - 1) // 2).sum() > 950_000
    assert (result["n_common"] == result["year"].map(size)).all()

    ties = commitments.set_index(["ccode1", "ccode2", "year"])["level"].to_dict()
    inside = system.groupby("year")["cow_code"].apply(sorted)
    sample = result.sample(400, random_state=1648)
    for row in sample.itertuples():
        targets = inside[row.year]
        x, y = (
            [3 if t == state else ties.get((state, t, row.year), 0) for t in targets]
            for state in (row.ccode1_a, row.ccode1_b)
        )
        importance = None
        if weighted:
            importance = capability.reindex([(row.year, t) for t in targets]).to_numpy()
        np.testing.assert_allclose(
            [getattr(row, name) for name in SIMILARITIES],
            of_pair(x, y, weights=importance),
            rtol=0,
            atol=1e-12,
        )
    assert sample["s"].notna().mean() > 0.9


def test_all_votes_equal_pair_by_pair(votes, system):
    result = dyadic_similarity(
        votes, **VOTING, levels=[0, 1, 2], states=system, measures=SIMILARITIES
    )
    assert (result["n_common"] > 0).eq(result["s"].notna()).all()
    cast = votes.set_index(["year", "cow_code"]).sort_index()
    for row in result[result["n_common"] > 0].sample(300, random_state=1945).itertuples():
        x, y = (cast.loc[(row.year, code)] for code in (row.cow_code_a, row.cow_code_b))
        both = x.merge(y, on="rcid")
        assert row.n_common == len(both)
        x, y = both["vote_x"].to_numpy(), both["vote_y"].to_numpy()
        expected = [
            s_score(x, y, max_distance=2),
            s_score(x, y, max_distance=2, distance="squared"),
            scott_pi(x, y),
            cohen_kappa(x, y),
        ]
        found = [getattr(row, name) for name in SIMILARITIES]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_the_shipped_dyads_hold_the_same_values(commitments, votes, system):
    shipped = cd.load("dyads")
    for side in "ab":
        shipped[side] = shipped[f"actor_{side}"].astype(str).str.rpartition("-")[2].astype(int)
    alliances = all_alliances(commitments, system)
    both = shipped.merge(
        alliances,
        left_on=["a", "b", "year"],
        right_on=["ccode1_a", "ccode1_b", "year"],
        validate="1:1",
    )
    assert len(both) == len(shipped)
    assert (both["s_alliance"] == both["s"]).all()

    voting = dyadic_similarity(votes, **VOTING, levels=[0, 1, 2], states=system)
    both = shipped.merge(
        voting, left_on=["a", "b", "year"], right_on=["cow_code_a", "cow_code_b", "year"]
    )
    assert len(both) == len(shipped)
    seated = both["un_votes"].notna()
    assert (both["un_votes"][seated] == both["n_common"][seated]).all()
    # S runs from -1 to 1, agreement from 0 to 1.
    np.testing.assert_allclose((1 + both["s"]) / 2, both["un_agreement"], rtol=0, atol=1e-12)


# Rules about who and what is compared.


def test_states_without_ties_and_ties_of_others():
    ties = pd.DataFrame(
        {"year": [1, 1, 2], "state": ["a", "x", "a"], "target": ["b", "a", "c"], "value": [3, 3, 3]}
    )
    inside = pd.DataFrame({"year": [1, 1, 1, 1, 3, 3], "state": list("abca") + list("ab")})
    result = dyadic_similarity(
        ties, **NAMES, max_distance=3, states=inside, targets="states", default=0
    )
    # In year 1 only a's tie to b is one between members; year 2 has none; x is not in the system.
    assert result.to_numpy().tolist() == [
        [1, "a", "b", 3, pytest.approx(1 / 3)],
        [1, "a", "c", 3, pytest.approx(1 / 3)],
        [1, "b", "c", 3, 1.0],
        [3, "a", "b", 2, 1.0],
    ]


def test_a_row_without_a_value_stays_missing_where_others_get_the_default():
    ties = pd.DataFrame(
        {"year": 1, "state": ["a", "a", "b"], "target": ["p", "q", "p"], "value": [3, None, 3]}
    )
    result = dyadic_similarity(ties, **NAMES, max_distance=3, default=0)
    assert (result["n_common"].item(), result["s"].item()) == (1, 1.0)


def test_a_period_with_an_unknown_weight_has_no_s():
    result = similarity_1914(weights=CAPABILITY_1914[1:], weight="cinc", measures=SIMILARITIES)
    assert result[["s", "s_squared"]].isna().all(axis=None)
    unweighted = similarity_1914(measures=["scott_pi", "cohen_kappa"])
    pd.testing.assert_frame_equal(result[unweighted.columns], unweighted)


def test_several_columns_of_periods():
    ties = pd.DataFrame(
        {
            "year": [1, 1, 1, 1, 2, 2],
            "issue": ["x", "x", "a", "a", "x", "x"],
            "state": ["B", "A", "A", "B", "A", "C"],
            "target": [7, 7, 8, 8, 9, 9],
            "value": [0, 2, 2, 2, 0, 1],
        }
    )
    options = NAMES | {"by": ["year", "issue"]}
    result = dyadic_similarity(ties, **options, levels=[0, 1, 2])
    assert list(result.columns) == ["year", "issue", "state_a", "state_b", "n_common", "s"]
    assert result.to_numpy().tolist() == [
        [1, "a", "A", "B", 1, 1.0],
        [1, "x", "A", "B", 1, -1.0],
        [2, "x", "A", "C", 1, 0.0],
    ]


def test_chance_that_explains_everything_is_missing():
    ties = pd.DataFrame({"year": 1, "state": list("ab"), "target": "p", "value": [0.1, 0.1]})
    for default in (None, 0.1):
        result = dyadic_similarity(
            ties, **NAMES, measures=["scott_pi", "cohen_kappa"], default=default
        )
        assert result[["scott_pi", "cohen_kappa"]].isna().all(axis=None)


@pytest.mark.parametrize("kind", ["polars", "pyarrow", "nullable", "category"])
def test_other_tables_give_the_same(kind):
    ties = pd.concat([TIES_1914, TIES_1914.assign(year=1915)], ignore_index=True)
    ties.loc[0, "value"] = None
    in_1915 = EUROPE_1914.assign(year=1915)
    tables = [ties, pd.concat([EUROPE_1914, in_1915], ignore_index=True)]
    convert = {
        "polars": pl.from_pandas,
        "pyarrow": pa.Table.from_pandas,
        "nullable": pd.DataFrame.convert_dtypes,
        "category": lambda table: table.astype({"state": "category"}),
    }[kind]
    plain, other = (
        dyadic_similarity(
            own[0], **NAMES, states=own[1], levels=LEVELS, measures=SIMILARITIES, **WHOLE_SYSTEM
        )
        for own in (tables, [convert(table) for table in tables])
    )
    assert type(other) is type(convert(ties))
    if kind == "polars":
        assert other["state_a"].dtype == pl.String
        assert other["cohen_kappa"].null_count() == plain["cohen_kappa"].isna().sum()
    back = other if isinstance(other, pd.DataFrame) else other.to_pandas()
    pd.testing.assert_frame_equal(plain, back, check_dtype=False, check_categorical=False)


def test_nothing_to_compare_gives_an_empty_table():
    result = dyadic_similarity(TIES_1914[:0], **NAMES, max_distance=3)
    assert list(result.columns) == ["year", "state_a", "state_b", "n_common", "s"]
    assert len(result) == 0
    assert len(dyadic_similarity(TIES_1914[:1], **NAMES, max_distance=3)) == 0


# Mistakes.


def changed(row=None, **columns):
    ties = TIES_1914.astype({"value": float})
    if row is not None:
        ties.loc[row, list(columns)] = list(columns.values())
        return ties
    return ties.assign(**columns)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: similarity_1914(pd.concat([TIES_1914, TIES_1914[2:3]])),
            "row of ties with year 1914, state GMY, target RUM: a tie may have only one row",
        ),
        (
            lambda: similarity_1914(changed(1, value=8)),
            "year 1914, state GMY, target ITA, value 8.0: not on the scale 0, 1, 2, 3",
        ),
        (lambda: similarity_1914(changed(1, value=math.inf)), "value inf: values must be finite"),
        (lambda: similarity_1914(changed(4, target=None)), "row 4 of ties has no 'target'"),
        (lambda: similarity_1914(changed(value="3")), "column 'value' is .*, not numeric"),
        (lambda: similarity_1914(changed(4, target="RUS")), "target RUS: self_tie gives states"),
        (
            lambda: dyadic_similarity(changed(1, value=9), **NAMES, max_distance=3, default=0),
            r"two values on one target differ by 8, .* \(year 1914, target ITA\)",
        ),
        (lambda: dyadic_similarity(TIES_1914, **NAMES), "give either max_distance .* or levels"),
        (
            lambda: dyadic_similarity(TIES_1914, **NAMES, max_distance=3, levels=LEVELS),
            "give either max_distance",
        ),
        (
            lambda: dyadic_similarity(TIES_1914, **NAMES, levels=LEVELS, default=-1),
            "default -1 is not on the scale",
        ),
        (
            lambda: dyadic_similarity(TIES_1914, **NAMES, max_distance=3, default=math.inf),
            "default is inf; it must be finite",
        ),
        (
            lambda: dyadic_similarity(TIES_1914, **NAMES, max_distance=3, self_tie=3),
            "self_tie needs targets='states'",
        ),
        (
            lambda: dyadic_similarity(TIES_1914, **NAMES, max_distance=3, targets="all"),
            "targets 'all' is not known",
        ),
        (
            lambda: dyadic_similarity(TIES_1914, **NAMES, measures="scott_pi", distance="cubed"),
            "distance 'cubed' is not known",
        ),
        (
            lambda: similarity_1914(measures="scott_pi", weights=CAPABILITY_1914, weight="cinc"),
            "weights count only in s and s_squared",
        ),
        (
            lambda: similarity_1914(weights=CAPABILITY_1914.assign(cinc=-1), weight="cinc"),
            "row of weights with year 1914, target GMY, cinc -1: weights must not be negative",
        ),
        (
            lambda: similarity_1914(
                weights=pd.concat([CAPABILITY_1914, CAPABILITY_1914[3:4]]), weight="cinc"
            ),
            "target FRN: a target may have only one weight",
        ),
        (
            lambda: dyadic_similarity(
                TIES_1914, **NAMES, max_distance=3, states=EUROPE_1914.assign(state=2)
            ),
            "'state' of ties is String, 'state' of states is Int64; convert them",
        ),
        (
            lambda: dyadic_similarity(pl.from_pandas(TIES_1914).lazy(), **NAMES, max_distance=3),
            "the table is lazy; collect it first",
        ),
        (
            lambda: dyadic_similarity([[1914, "GMY", "AUH", 3]], **NAMES, max_distance=3),
            "must be a table that narwhals knows",
        ),
        (
            lambda: dyadic_similarity(TIES_1914, **NAMES | {"by": []}, max_distance=3),
            "by is empty",
        ),
    ],
)
def test_mistakes_get_one_clear_message(call, message):
    with pytest.raises(InvalidDataError, match=message):
        call()


def test_unknown_names():
    with pytest.raises(UnknownNameError, match="no column 'yaer'; the columns are year, state"):
        dyadic_similarity(TIES_1914, **NAMES | {"by": "yaer"}, max_distance=3)
    with pytest.raises(UnknownNameError, match="states: no column 'state'"):
        dyadic_similarity(TIES_1914, **NAMES, max_distance=3, states=CAPABILITY_1914)
    with pytest.raises(UnknownNameError, match="weights: no column 'weight'"):
        dyadic_similarity(TIES_1914, **NAMES, max_distance=3, weights=CAPABILITY_1914)
    with pytest.raises(UnknownNameError, match="no measure 'tau_b'; the measures are s, s_squared"):
        dyadic_similarity(TIES_1914, **NAMES, measures=["s", "tau_b"], max_distance=3)
