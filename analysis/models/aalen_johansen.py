"""Aalen and Johansen's product of transition matrices, with two estimates of its variance.

At each time H = I + dA, dA_jk the transitions j -> k among those at risk in j; a row vector of
probabilities p follows p(t) = p(t-) H(t). Times T, states S, starting rows R, units N.

Source: Andersen, Borgan, Gill and Keiding (1993), Statistical Models Based on Counting Processes,
section IV.4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.models.frame import Floats, Ints
from analysis.models.transitions import Rows


@dataclass(frozen=True, eq=False)
class Counts:
    """Life table of a multi-state process.

    Attributes:
        time: distinct times at which a row ends, T.
        at_risk: numbers in each state just before, T x S.
        moves: transitions, T x S x S, zero on the diagonal.
        censored: T x S.
        steps: the matrices H, T x S x S; a state with nobody at risk keeps its probability.
    """

    time: Floats
    at_risk: Floats
    moves: Floats
    censored: Floats
    steps: Floats

    def since(self, start: float) -> Counts:
        """The times after `start` alone."""
        later = self.time > start
        return Counts(
            self.time[later],
            self.at_risk[later],
            self.moves[later],
            self.censored[later],
            self.steps[later],
        )


def tally(rows: Rows, states: int) -> Counts:
    """Count risk sets and transitions; a row is at risk in its state on (entry, stop]."""
    ends = ~rows.goes_on
    time, place = np.unique(rows.stop[ends], return_inverse=True)
    T, S = len(time), states
    origin, target = rows.origin[ends], rows.target[ends]
    moved = target >= 0
    cell = (place[moved] * S + origin[moved]) * S + target[moved]
    moves = np.bincount(cell, minlength=T * S * S).reshape(T, S, S).astype(float)
    cell = place[~moved] * S + origin[~moved]
    censored = np.bincount(cell, minlength=T * S).reshape(T, S).astype(float)
    at_risk = np.zeros((T, S))
    for state in range(S):
        mine = rows.origin == state
        entered = np.searchsorted(np.sort(rows.entry[mine]), time, side="left")
        at_risk[:, state] = entered - np.searchsorted(np.sort(rows.stop[mine]), time, side="left")
    steps = moves / np.maximum(at_risk, 1)[:, :, None]
    diagonal = np.arange(S)
    steps[:, diagonal, diagonal] = 1 - steps.sum(axis=2)
    return Counts(time, at_risk, moves, censored, steps)


def start_distribution(rows: Rows, counts: Counts) -> tuple[Floats, Floats]:
    """Where the units begin: p (1 x S) and each unit's influence on it (N x 1 x S).

    The states at entry if all units enter at the same time, else of those at risk just before the
    first transition (before the last time, without one), as in R survival.
    """
    entries = rows.entry[rows.first]
    if (entries == entries[0]).all():
        there = rows.first
    else:
        happens = counts.moves.any(axis=(1, 2))
        at = counts.time[happens.argmax()] if happens.any() else counts.time[-1]
        there = (rows.entry < at) & (rows.stop >= at)
    indicator = np.eye(counts.at_risk.shape[1])[rows.origin[there]]
    p = indicator.mean(axis=0)
    influence = np.zeros((int(rows.unit.max()) + 1, 1, len(p)))
    influence[rows.unit[there], 0] = (indicator - p) / len(indicator)
    return p[None], influence


def paths(initial: Floats, counts: Counts) -> Floats:
    """Probabilities after each time, T x R x S, from those before the first, R x S."""
    out = np.empty((len(counts.time), *initial.shape))
    p = initial
    for place, step in enumerate(counts.steps):
        p = out[place] = p @ step
    return out


def _before(initial: Floats, after: Floats) -> Floats:
    return np.concatenate([initial[None], after[:-1]])


def influences(
    rows: Rows, counts: Counts, initial: Floats, start: Floats
) -> Iterator[tuple[int, Floats]]:
    """Each unit's influence on the probabilities (N x R x S) after each time with a transition.

    The derivative with respect to the unit's case weight: U(t) = U(t-) H, and for a unit at risk
    in j that moves to k (k = j if it stays) plus p_j(t-) (e_k - H_j) / Y_j, e_k a unit vector and
    H_j a row of H.
    """
    R, S = initial.shape
    before = _before(initial, paths(initial, counts))
    U = start.reshape(-1, S)
    each = np.eye(S)
    for place in np.flatnonzero(counts.moves.any(axis=(1, 2))):
        t, step = counts.time[place], counts.steps[place]
        pull = before[place].T / np.maximum(counts.at_risk[place], 1)[:, None]  # S x R
        there = (rows.entry < t) & (rows.stop >= t)
        origin, target = rows.origin[there], rows.target[there]
        goes = np.where((rows.stop[there] == t) & (target >= 0), target, origin)
        shift = each[None] - step[:, None]  # origin x destination x S
        table = pull[:, None, :, None] * shift[:, :, None]
        U = U @ step
        U.reshape(-1, R, S)[rows.unit[there]] += table[origin, goes]
        yield int(place), U.reshape(-1, R, S)


def jackknife_errors(rows: Rows, counts: Counts, initial: Floats, start: Floats) -> Floats:
    """Infinitesimal-jackknife standard errors of `paths`, T x R x S: root of the sum of squares."""
    out = np.full((len(counts.time), *initial.shape), np.nan)
    at_start = np.sqrt((start**2).sum(axis=0))
    rows, alike, first = _distinct(rows)
    for place, U in influences(rows, counts, initial, start[first]):
        out[place] = np.sqrt(np.einsum("n,nrs,nrs->rs", alike, U, U))
    return _carried(out, at_start)


def _distinct(rows: Rows) -> tuple[Rows, Floats, Ints]:
    """The rows of one unit of each history, how many share it, and which unit that is.

    Units with the same rows have the same influence; where times are whole days they are many.
    """
    order = np.lexsort((rows.entry, rows.unit))
    unit, N = rows.unit[order], int(rows.unit.max()) + 1
    length = np.bincount(unit, minlength=N)
    rank = np.arange(len(unit)) - (length.cumsum() - length)[unit]
    steps = [column[order] for column in (rows.entry, rows.stop, rows.origin, rows.target)]
    history = length.copy()
    for k in range(int(length.max())):
        now = rank == k
        so_far = [history[unit[now]], *(column[now] for column in steps)]
        table = pd.DataFrame(dict(enumerate(so_far)))
        history[unit[now]] = table.groupby(list(table.columns)).ngroup()
    # Numbers are used again from rank to rank; with the length they are unique.
    key = length * (history.max() + 1) + history
    _, first, alike = np.unique(key, return_index=True, return_counts=True)
    # `where` numbers units in their order.
    by_number = np.argsort(first)
    return (
        rows.where(np.isin(rows.unit, first)),
        alike[by_number].astype(np.float64),
        first[by_number].astype(np.int64),
    )


def covariances(counts: Counts, initial: Floats, start: Floats) -> Iterator[tuple[int, Floats]]:
    """Greenwood-type covariances of the probabilities (R x S x S) after each transition time.

    V(t) = H' V(t-) H + sum over j of p_j(t-)^2 (diag(H_j) - H_j' H_j) / Y_j: those at risk in j
    choose their next state by a multinomial of their own, independently over times and states.
    `start` is the covariance of the initial rows, R x S x S.
    """
    before = _before(initial, paths(initial, counts))
    V = start
    diagonal = np.arange(initial.shape[1])
    for place in np.flatnonzero(counts.moves.any(axis=(1, 2))):
        step = counts.steps[place]
        noise = before[place] ** 2 / np.maximum(counts.at_risk[place], 1)
        middle = V.copy()
        middle[:, diagonal, diagonal] -= noise
        V = step.T @ middle @ step
        V[:, diagonal, diagonal] += noise @ step
        yield int(place), V


def greenwood_errors(counts: Counts, initial: Floats, start: Floats) -> Floats:
    """Greenwood-type standard errors of `paths`, T x R x S."""
    out = np.full((len(counts.time), *initial.shape), np.nan)
    diagonal = np.arange(initial.shape[1])
    for place, V in covariances(counts, initial, start):
        out[place] = np.sqrt(np.maximum(V[:, diagonal, diagonal], 0))
    return _carried(out, np.sqrt(start[:, diagonal, diagonal]))


def _carried(errors: Floats, at_start: Floats) -> Floats:
    """Errors at times without a transition are those at the time before."""
    known = ~np.isnan(errors).any(axis=(1, 2))
    last = np.maximum.accumulate(np.where(known, np.arange(len(errors)), -1))
    return np.concatenate([errors, at_start[None]])[last]


def multinomial(p: Floats, n: float) -> Floats:
    """Covariance of shares p (1 x S) among n, 1 x S x S."""
    return np.asarray((p[:, :, None] * np.eye(p.shape[1]) - p[:, :, None] * p[:, None]) / n)


def widths(counts: Counts, horizon: float) -> Floats:
    """Time spent before and after each time, from 0 to the horizon, T + 1."""
    edges = np.clip(np.concatenate([[0.0], counts.time, [horizon]]), 0.0, horizon)
    return np.diff(edges)


def jackknife_time(
    rows: Rows, counts: Counts, initial: Floats, start: Floats, horizon: float
) -> Floats:
    """Infinitesimal-jackknife standard errors of the time in each state up to `horizon`, S."""
    passed = np.concatenate([[0.0], widths(counts, horizon).cumsum()])
    rows, alike, first = _distinct(rows)
    place_before, U_before = -1, start[first]
    total = np.zeros(U_before.shape)
    for place, U in influences(rows, counts, initial, start[first]):
        total += U_before * (passed[place + 1] - passed[place_before + 1])
        place_before, U_before = place, U
    total += U_before * (passed[-1] - passed[place_before + 1])
    return np.asarray(np.sqrt((alike[:, None] * total[:, 0] ** 2).sum(axis=0)))


def greenwood_time(counts: Counts, initial: Floats, start: Floats, horizon: float) -> Floats:
    """Greenwood-type standard errors of the time in each state up to `horizon`, S.

    Follows the joint covariance of the probabilities p and of their integral L.
    """
    passed = np.concatenate([[0.0], widths(counts, horizon).cumsum()])
    p_p, p_L, L_L = start[0], np.zeros_like(start[0]), np.zeros_like(start[0])
    place_before = -1

    def wait(until: int) -> None:
        nonlocal p_L, L_L
        d = passed[until] - passed[place_before + 1]
        L_L = L_L + d * (p_L + p_L.T) + d**2 * p_p
        p_L = p_L + d * p_p

    for place, V in covariances(counts, initial, start):
        wait(place + 1)
        p_p, p_L, place_before = V[0], counts.steps[place].T @ p_L, place
    wait(len(passed) - 1)
    return np.asarray(np.sqrt(np.maximum(np.diag(L_L), 0)))
