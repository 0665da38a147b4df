"""Interest overlap: cases worked by hand, pair loops as reference, and invariants."""

import math
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from coalitiondata.errors import InvalidDataError
from coalitiondata.measures import (
    breadth,
    breadth_from_pairs,
    depth,
    depth_from_pairs,
    ideological_range,
    ideological_variance,
)

position = st.floats(0, 10)
coalitions = st.tuples(st.integers(1, 6), st.integers(1, 4)).flatmap(
    lambda shape: arrays(float, shape, elements=st.one_of(position, st.just(math.nan)))
)


def similarity_by_loop(positions, weights, scale=10.0):
    """Return the mean pairwise similarity per dimension, pair by pair."""
    means = []
    for dimension in np.transpose(positions):
        total = parts = 0.0
        for i, j in combinations(range(len(dimension)), 2):
            if not (math.isnan(dimension[i]) or math.isnan(dimension[j])):
                total += weights[i] * weights[j]
                parts += weights[i] * weights[j] * (1 - abs(dimension[i] - dimension[j]) / scale)
        means.append(parts / total if total > 0 else math.nan)
    return means


# Three members on left-right and state-market (0 to 10). Left-right: gaps 2, 4, 6, similarities
# .8, .6, .4, mean .6. State-market: third unknown, gap 1, similarity .9.
TRIO = [[2, 5], [4, 6], [8, None]]


def test_trio_by_hand():
    assert depth(TRIO) == pytest.approx((0.6 + 0.9) / 2)
    # Weights 3, 2, 1 give pair weights 6, 3, 2 to gaps 2, 6, 4: (6*.8 + 3*.4 + 2*.6)/11.
    assert depth([row[:1] for row in TRIO], weights=[3, 2, 1]) == pytest.approx(7.2 / 11)
    assert breadth(TRIO, usual=[0.7, 0.7]) == 1
    assert breadth(TRIO, usual=[0.7, 0.7], as_share=True) == 0.5
    assert breadth(TRIO, usual=[math.nan, 0.7]) == 1
    assert breadth(TRIO, usual=[math.nan, 0.7], as_share=True) == 1
    # As close as usual is not closer than usual.
    assert breadth([[0], [5]], usual=[0.5]) == 0


def test_scale_per_dimension():
    # Gap 1 on a scale of width 2 (similarity .5), gap 25 on one of width 100 (.75).
    assert depth([[0, 0], [1, 25]], scale=[2, 100]) == pytest.approx(0.625)


def test_range_and_variance_by_hand():
    assert ideological_range([2, 4, 8]) == 6
    # Mean 14/3, squares (64 + 4 + 100)/9, divided by three members: 56/9.
    assert ideological_variance([2, 4, 8]) == pytest.approx(56 / 9)
    # Weights 1, 1, 2: mean 22/4 = 5.5, (12.25 + 2.25 + 2 * 6.25)/4 = 6.75.
    assert ideological_variance([2, 4, 8], [1, 1, 2]) == pytest.approx(6.75)
    assert ideological_range([5]) == ideological_variance([5]) == 0


def test_missing_positions_and_weights():
    with_gap = pd.Series([2, None, 8])
    assert math.isnan(ideological_range(with_gap))
    assert math.isnan(ideological_variance(with_gap))
    assert ideological_range(with_gap, skipna=True) == 6
    assert ideological_variance(with_gap, [1, 5, 1], skipna=True) == 9
    assert math.isnan(ideological_variance([2, 8], [1, None], skipna=True))
    assert math.isnan(ideological_variance([2, 8], [0, 0]))
    assert math.isnan(ideological_range([], skipna=True))
    assert math.isnan(ideological_range([None], skipna=True))
    assert math.isnan(depth([[1, 2]]))
    assert math.isnan(depth([[1, None], [None, 2]]))
    assert math.isnan(depth([[1], [2]], weights=[1, None]))
    assert math.isnan(depth([[1], [2]], weights=[1, 0]))
    assert math.isnan(breadth([[1], [2]], usual=[None]))
    assert math.isnan(breadth([[1], [None]], usual=[0.5], as_share=True))


def test_pairs_given_directly_by_hand():
    # Two pairs on three issues; the third issue has no observation.
    similarities = [[0.2, 0.9, None], [0.4, None, None]]
    assert depth_from_pairs(similarities) == pytest.approx((0.3 + 0.9) / 2)
    # Pair weights 3 and 1: (.6 + .4)/4 = .25 on the first issue.
    assert depth_from_pairs(similarities, [3, 1]) == pytest.approx((0.25 + 0.9) / 2)
    assert breadth_from_pairs(similarities, [0.28, 0.5, 0.0]) == 2
    assert breadth_from_pairs(similarities, [0.28, 0.5, 0.0], [3, 1]) == 1
    assert breadth_from_pairs(similarities, [0.28, 0.5, 0.0], [3, 1], as_share=True) == 0.5
    assert math.isnan(depth_from_pairs([[None], [None]]))
    assert math.isnan(depth_from_pairs(similarities, [3, None]))
    # Similarities such as S may be negative.
    assert depth_from_pairs([[-0.5], [0.1]]) == pytest.approx(-0.2)


@settings(deadline=None)
@given(positions=coalitions, data=st.data())
def test_depth_and_breadth_match_the_loop_over_pairs(positions, data):
    n, dimensions = positions.shape
    weights = data.draw(arrays(float, n, elements=st.floats(0.01, 100)))
    means = np.array(similarity_by_loop(positions, weights))
    known = means[~np.isnan(means)]
    expected = known.mean() if len(known) else math.nan
    assert depth(positions, weights=weights) == pytest.approx(expected, abs=1e-12, nan_ok=True)
    # Half a unit of the last place away from the mean on either side, so no tie is left to chance.
    usual = means + data.draw(arrays(float, dimensions, elements=st.sampled_from([-1e-9, 1e-9])))
    closer = int((means > usual).sum())
    result = breadth(positions, usual, weights=weights)
    share = breadth(positions, usual, weights=weights, as_share=True)
    if len(known):
        assert result == closer
        assert share == closer / len(known)
    else:
        assert math.isnan(result)
        assert math.isnan(share)


@settings(deadline=None)
@given(positions=coalitions)
def test_pair_form_agrees_with_position_form(positions):
    first, second = np.triu_indices(len(positions), k=1)
    similarities = 1 - np.abs(positions[first] - positions[second]) / 10
    assert depth_from_pairs(similarities) == pytest.approx(depth(positions), abs=1e-12, nan_ok=True)


@settings(deadline=None)
@given(positions=coalitions, factor=st.floats(0.01, 100), shift=st.floats(-50, 50), data=st.data())
def test_depth_invariants(positions, factor, shift, data):
    value = depth(positions)
    assert math.isnan(value) or -1e-12 <= value <= 1
    moved = pytest.approx(value, abs=1e-9, nan_ok=True)
    assert depth(positions[::-1]) == moved
    assert depth(positions[:, ::-1]) == moved
    # A wider unit of measurement rescales positions and scale alike; the origin is arbitrary.
    assert depth(positions * factor + shift, scale=10 * factor * (1 + 1e-12)) == moved
    equal = data.draw(st.floats(0.1, 10))
    assert depth(positions, weights=[equal] * len(positions)) == moved


@settings(deadline=None)
@given(x=st.lists(position, min_size=1, max_size=8), data=st.data())
def test_range_and_variance_invariants(x, data):
    weights = data.draw(st.lists(st.floats(0.01, 100), min_size=len(x), max_size=len(x)))
    variance = ideological_variance(x, weights)
    # Popoviciu: no variance exceeds a quarter of the squared range.
    assert -1e-12 <= variance <= ideological_range(x) ** 2 / 4 + 1e-9
    assert ideological_variance(x, [3 * w for w in weights]) == pytest.approx(variance, abs=1e-9)
    assert ideological_variance([10 - a for a in x], weights) == pytest.approx(variance, abs=1e-9)
    assert ideological_variance(x) == pytest.approx(np.var(x), abs=1e-12)
    assert ideological_range([10 - a for a in x]) == pytest.approx(ideological_range(x), abs=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: depth([[0, 0], [1, 11]]),
            r"depth: positions\[:, 1\]\[1\] is 11; .* 11 from member 0",
        ),
        (lambda: depth([1, 2]), "depth: positions must have 2 dimension"),
        (lambda: depth([[1], [2]], scale=[10, 10]), r"depth: scale has 2 widths for 1 dimension"),
        (lambda: depth([[1], [2]], scale=0), r"depth: scale\[0\] is 0; widths must be positive"),
        (lambda: depth([[1], [2]], weights=[1]), "weights and rows must have the same length"),
        (lambda: depth([[1], [2]], weights=[1, -1]), r"depth: weights\[1\] is -1"),
        (lambda: depth([[1], [math.inf]]), r"depth: positions\[1, 0\] is inf"),
        (lambda: breadth([[1], [2]], [0.5, 0.5]), "breadth: usual and the dimensions must have"),
        (lambda: ideological_range(["left"]), "ideological_range: positions must be numbers"),
        (lambda: ideological_variance([1], [1, 2]), "ideological_variance: weights and rows"),
        (lambda: depth_from_pairs([0.5]), "depth_from_pairs: similarities must have 2 dimension"),
        (lambda: breadth_from_pairs([[0.5]], []), "breadth_from_pairs: usual and the dimensions"),
    ],
)
def test_mistakes_get_one_clear_message(call, message):
    with pytest.raises(InvalidDataError, match=message):
        call()
