"""Voting power in many small games at once, by looking at every coalition.

Members are numbered by descending weight. The coalitions of a game stand in the order of the
binary numbers whose bit b says whether member b is in, so that adding member b to the first 2^b
coalitions gives the next 2^b, and taking the lightest member out of a coalition means dropping
its highest bit. All sums are 64-bit integers and exact.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from coalitiondata.measures._arrays import FloatArray

# The largest sum met, n! (1 + 1/2 + ... + 1/n), passes 2^63 at 21 members.
MAX_MEMBERS = 20
_CELLS_AT_ONCE = 2**18

IntArray = npt.NDArray[np.int64]


def enumerate_power(
    weights: IntArray, quotas: IntArray, indices: Sequence[str]
) -> dict[str, FloatArray]:
    """Return each index of `indices` for games of n members as an array of games x members.

    `weights` (games x members) must descend within each row and be positive in the first column;
    `quotas` lie between 1 and the row's sum. At most MAX_MEMBERS members.
    """
    games, n = weights.shape
    step = max(1, _CELLS_AT_ONCE >> n)
    power = {name: np.empty((games, n)) for name in indices}
    for start in range(0, games, step):
        part = slice(start, start + step)
        wins = _winning(weights[part], quotas[part])
        for name, values in _indices(wins, indices).items():
            power[name][part] = values
    return power


def _winning(weights: IntArray, quotas: IntArray) -> npt.NDArray[np.bool_]:
    games, n = weights.shape
    sums = np.zeros((games, 1 << n), dtype=np.int64)
    for b in range(n):
        np.add(sums[:, : 1 << b], weights[:, b, None], out=sums[:, 1 << b : 2 << b])
    wins: npt.NDArray[np.bool_] = sums >= quotas[:, None]
    return wins


def _indices(wins: npt.NDArray[np.bool_], indices: Sequence[str]) -> dict[str, FloatArray]:
    n = wins.shape[1].bit_length() - 1
    power: dict[str, FloatArray] = {}
    if {"banzhaf", "absolute_banzhaf"} & set(indices):
        # A member swings as many coalitions as more win with it than without it.
        total, with_member = _memberships(wins.astype(np.int64))
        swings = 2 * with_member - total[:, None]
        power["banzhaf"] = swings / swings.sum(axis=1, keepdims=True)
        power["absolute_banzhaf"] = swings / 2 ** (n - 1)
    if "shapley_shubik" in indices:
        power["shapley_shubik"] = _shapley_shubik(wins, n)
    if {"deegan_packel", "holler_packel"} & set(indices):
        minimal = wins.copy()
        for b in range(n):
            minimal[:, 1 << b : 2 << b] &= ~wins[:, : 1 << b]
        if "holler_packel" in indices:
            _, seats = _memberships(minimal.astype(np.int64))
            power["holler_packel"] = seats / seats.sum(axis=1, keepdims=True)
        if "deegan_packel" in indices:
            whole = math.lcm(*range(1, n + 1))
            parts = np.array([0, *(whole // k for k in range(1, n + 1))], dtype=np.int64)
            _, shares = _memberships(minimal * parts[_sizes(n)])
            power["deegan_packel"] = shares / shares.sum(axis=1, keepdims=True)
    return {name: power[name] for name in indices}


def _shapley_shubik(wins: npt.NDArray[np.bool_], n: int) -> FloatArray:
    """Return n! phi = orders in which i completes a winner, less those in which one came before.

    A winner S with i counts (|S| - 1)! (n - |S|)! orders for i, one without i takes away
    |S|! (n - 1 - |S|)!; taking the latter for all S and giving it back for those with i leaves
    one sum over the winners with i.
    """
    last = [0, *(math.factorial(k - 1) * math.factorial(n - k) for k in range(1, n + 1))]
    before = [*(math.factorial(k) * math.factorial(n - 1 - k) for k in range(n)), 0]
    sizes = _sizes(n)
    gained = np.array([a + b for a, b in zip(last, before, strict=True)], dtype=np.int64)[sizes]
    lost = np.array(before, dtype=np.int64)[sizes]
    _, with_member = _memberships(wins * gained)
    taken = np.where(wins, lost, 0).sum(axis=1, keepdims=True)
    phi: FloatArray = (with_member - taken) / math.factorial(n)
    return phi


def _sizes(n: int) -> IntArray:
    sizes = np.zeros(1 << n, dtype=np.int64)
    for b in range(n):
        sizes[1 << b : 2 << b] = sizes[: 1 << b] + 1
    return sizes


def _memberships(values: IntArray) -> tuple[IntArray, IntArray]:
    """Return the sum over all coalitions, and for each member over those that it is in."""
    n = values.shape[1].bit_length() - 1
    with_member = np.empty((len(values), n), dtype=np.int64)
    for b in range(n - 1, -1, -1):
        upper = values[:, 1 << b :]
        with_member[:, b] = upper.sum(axis=1)
        # Once counted, the highest member no longer matters: merge with and without it.
        values = values[:, : 1 << b] + upper
    return values[:, 0], with_member
