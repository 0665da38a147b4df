"""Concentration of power: published values, formulas written out, and invariants."""

import math

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coalitiondata.errors import InvalidDataError
from coalitiondata.measures import power

SCALE_FREE = {
    "hhi": power.hhi,
    "normalized_hhi": power.normalized_hhi,
    "effective_number": power.effective_number,
    "top_share": power.top_share,
    "leader_margin": power.leader_margin,
    "gini": power.gini,
    "entropy": power.entropy,
    "con": power.con,
}
each_measure = pytest.mark.parametrize("measure", SCALE_FREE.values(), ids=SCALE_FREE.keys())

weight = st.one_of(st.just(0.0), st.floats(1e-3, 1e6))
coalition = st.lists(weight, min_size=1, max_size=12).filter(any)


def test_merkel_iii_by_hand():
    # Third Merkel cabinet (2013): CDU/CSU 311 seats, SPD 193, together 504.
    seats = [311, 193]
    a, b = 311 / 504, 193 / 504
    assert power.hhi(seats) == pytest.approx(0.5274, abs=5e-5)
    assert power.hhi(seats) == pytest.approx((311**2 + 193**2) / 504**2, rel=1e-14)
    assert power.effective_number(seats) == pytest.approx(504**2 / (311**2 + 193**2), rel=1e-14)
    assert power.top_share(seats) == pytest.approx(a, rel=1e-14)
    assert power.leader_margin(seats) == pytest.approx(118 / 504, rel=1e-13)
    assert power.gini(seats) == pytest.approx(118 / (2 * 504), rel=1e-13)
    assert power.entropy(seats) == pytest.approx(-a * math.log(a) - b * math.log(b), rel=1e-14)
    # With two members HHI - 1/2 = margin^2 / 2, so CON is the margin.
    assert power.con(seats) == pytest.approx(118 / 504, rel=1e-13)


# Golosov (2010), Party Politics 16: 171-192, prints the Laakso-Taagepera index of these
# hypothetical party systems to two decimals.
GOLOSOV = [
    ([0.75, 0.25], 1.60),
    ([0.75, 0.10] + [0.01] * 15, 1.74),
    ([0.55, 0.45], 1.98),
    ([0.55] + [0.10] * 3 + [0.01] * 15, 2.99),
    ([0.35, 0.35, 0.30], 2.99),
    ([0.35] + [0.10] * 5 + [0.01] * 15, 5.75),
    ([0.15] * 6 + [0.10], 6.90),
    ([0.15] + [0.10] * 7 + [0.01] * 15, 10.64),
]


@pytest.mark.parametrize(("shares", "published"), GOLOSOV)
def test_effective_number_as_published(shares, published):
    assert power.effective_number(shares) == pytest.approx(published, abs=0.005)


def test_dominated_trio_by_hand():
    # Shares .5, .3, .2: HHI .38; (HHI - 1/3)/(2/3) = .07; pair gaps .2 + .3 + .1 = .6 = N G.
    weights = [5, 3, 2]
    assert power.hhi(weights) == pytest.approx(0.38, rel=1e-14)
    assert power.normalized_hhi(weights) == pytest.approx(0.07, rel=1e-13)
    assert power.con(weights) == pytest.approx(math.sqrt(0.07), rel=1e-13)
    assert power.gini(weights) == pytest.approx(0.2, rel=1e-13)
    assert power.leader_margin(weights) == pytest.approx(0.2, rel=1e-13)


def test_bounds_reached_by_parity_and_monopoly():
    parity, monopoly = [7.0] * 4, [0, 0, 9, 0]
    assert power.hhi(parity) == 0.25
    assert power.effective_number(parity) == 4
    assert power.normalized_hhi(parity) == power.con(parity) == power.gini(parity) == 0
    assert power.leader_margin(parity) == 0
    assert power.entropy(parity) == pytest.approx(math.log(4))
    assert power.entropy(parity, normalized=True) == pytest.approx(1)
    assert power.hhi(monopoly) == power.normalized_hhi(monopoly) == power.con(monopoly) == 1
    assert power.effective_number(monopoly) == power.leader_margin(monopoly) == 1
    assert power.gini(monopoly) == 0.75
    assert power.entropy(monopoly) == 0


def test_rounding_never_lifts_a_monopoly_above_one():
    for others in range(1, 60):
        for measure in (power.normalized_hhi, power.con):
            assert 1 - 1e-15 <= measure([0.1] + [0] * others) <= 1


def test_lone_member():
    assert power.hhi([3]) == power.effective_number([3]) == power.top_share([3]) == 1
    assert power.leader_margin([3]) == 1
    assert power.gini([3]) == power.entropy([3]) == 0
    assert math.isnan(power.normalized_hhi([3]))
    assert math.isnan(power.con([3]))
    assert math.isnan(power.entropy([3], normalized=True))


@each_measure
@pytest.mark.parametrize(
    "weights",
    [[2.0, math.nan], [2, None], pd.Series([2, pd.NA], dtype="Int64"), pl.Series([2, None])],
    ids=["nan", "none", "pandas NA", "polars null"],
)
def test_missing_weight_gives_nan_unless_skipped(measure, weights):
    assert math.isnan(measure(weights))
    skipped, alone = measure(weights, skipna=True), measure([2])
    assert skipped == alone or (math.isnan(skipped) and math.isnan(alone))


@each_measure
@pytest.mark.parametrize("weights", [[], [0, 0], [math.nan]])
def test_undefined_shares_give_nan(measure, weights):
    assert math.isnan(measure(weights))
    assert math.isnan(measure(weights, skipna=True))


@pytest.mark.parametrize("name", SCALE_FREE)
@pytest.mark.parametrize("bad", [-3.0, math.inf])
def test_impossible_weight_names_function_and_position(name, bad):
    with pytest.raises(InvalidDataError, match=rf"^{name}: weights\[2\] is {bad:g};"):
        SCALE_FREE[name]([1, 2, bad])


@pytest.mark.parametrize("weights", [[[1, 2], [3, 4]], ["many", "few"], 5])
def test_wrong_shape_or_kind_is_a_clear_error(weights):
    with pytest.raises(InvalidDataError, match=r"^hhi: weights must"):
        power.hhi(weights)


def test_huge_and_tiny_weights_neither_overflow_nor_vanish():
    for unit in (5e307, 1e-300):
        assert power.hhi([3 * unit, unit]) == pytest.approx(0.625)
        assert power.gini([3 * unit, unit]) == pytest.approx(0.25)


@each_measure
@settings(deadline=None)
@given(weights=coalition, unit=st.floats(1e-6, 1e6), data=st.data())
def test_unit_and_order_do_not_matter(measure, weights, unit, data):
    expected = pytest.approx(measure(weights), rel=1e-9, abs=1e-12, nan_ok=True)
    assert measure([unit * w for w in weights]) == expected
    assert measure(data.draw(st.permutations(weights))) == expected


@settings(deadline=None)
@given(weights=coalition)
def test_bounds_and_relations(weights):
    n = len(weights)
    hhi = power.hhi(weights)
    assert 1 / n - 1e-12 <= hhi <= 1 + 1e-12
    assert hhi * power.effective_number(weights) == pytest.approx(1, rel=1e-12)
    assert hhi <= power.top_share(weights) + 1e-12
    assert 0 <= power.leader_margin(weights) <= power.top_share(weights)
    assert 0 <= power.gini(weights) <= (n - 1) / n + 1e-12
    # Rényi entropies fall with their order: ln N >= H >= ln N2.
    assert math.log(1 / hhi) - 1e-9 <= power.entropy(weights) <= math.log(n) + 1e-12
    if n > 1:
        assert power.normalized_hhi(weights) == pytest.approx(
            (hhi - 1 / n) / (1 - 1 / n), abs=1e-12
        )
        assert power.con(weights) == pytest.approx(math.sqrt(power.normalized_hhi(weights)))
        assert 0 <= power.entropy(weights, normalized=True) <= 1 + 1e-12


@settings(deadline=None)
@given(weights=coalition)
def test_gini_is_the_mean_difference_of_all_pairs(weights):
    w = np.array(weights)
    expected = np.abs(w[:, None] - w[None, :]).sum() / (2 * len(w) * w.sum())
    assert power.gini(weights) == pytest.approx(expected, rel=1e-10, abs=1e-14)


@settings(deadline=None)
@given(weights=coalition)
def test_member_without_weight_changes_only_what_counts_members(weights):
    for name in ("hhi", "effective_number", "top_share", "leader_margin", "entropy"):
        measure = SCALE_FREE[name]
        assert measure([*weights, 0]) == pytest.approx(measure(weights), rel=1e-12, abs=1e-15)
    assert power.gini([*weights, 0]) > power.gini(weights)
