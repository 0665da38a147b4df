"""Voting power by definition: every coalition listed, every value an exact fraction."""

import math
from fractions import Fraction

from hypothesis import strategies as st


def power_by_listing(weights, quota):
    """Return each index of every member, straight from its definition, as fractions."""
    n = len(weights)
    swings, seats = [0] * n, [0] * n
    pivots, shares = [Fraction(0)] * n, [Fraction(0)] * n
    minimal_coalitions = 0
    for bits in range(1 << n):
        coalition = [i for i in range(n) if bits >> i & 1]
        total = sum(weights[i] for i in coalition)
        if total < quota:
            continue
        size = len(coalition)
        decisive = [i for i in coalition if total - weights[i] < quota]
        orders = Fraction(math.factorial(size - 1) * math.factorial(n - size), math.factorial(n))
        for i in decisive:
            swings[i] += 1
            pivots[i] += orders
        if decisive == coalition:
            minimal_coalitions += 1
            for i in coalition:
                seats[i] += 1
                shares[i] += Fraction(1, size)
    return {
        "banzhaf": [Fraction(count, sum(swings)) for count in swings],
        "absolute_banzhaf": [Fraction(count, 2 ** (n - 1)) for count in swings],
        "shapley_shubik": pivots,
        "deegan_packel": [share / minimal_coalitions for share in shares],
        "holler_packel": [Fraction(count, sum(seats)) for count in seats],
    }


@st.composite
def games(draw, max_members=8, max_weight=12):
    """Draw weights with a positive sum and any quota that somebody can reach."""
    members = st.lists(st.integers(0, max_weight), min_size=1, max_size=max_members)
    weights = draw(members.filter(any))
    return weights, draw(st.integers(1, sum(weights)))
