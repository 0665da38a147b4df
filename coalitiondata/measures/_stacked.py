"""The portfolios of all periods, one matrix of states x targets after the other in a long array."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from coalitiondata.measures._arrays import FloatArray
from coalitiondata.measures._keys import Codes, distinct, places


class Stack(NamedTuple):
    """Which states and targets each matrix has, and where each tie belongs."""

    states: Codes
    """Codes of the states of the first period, then of the second, and so on; sorted in each."""
    targets: Codes
    """Period and target as one number, sorted."""
    heights: Codes
    """Number of states in each period."""
    widths: Codes
    """Number of targets in each period."""
    kept: Codes
    """Rows of the ties that have a cell."""
    cells: Codes
    """The cell of each in the long array."""


def lay_out(
    period: Codes,
    state: Codes,
    target: Codes,
    *,
    members: Codes | None,
    counts: tuple[int, int, int],
    square: bool,
) -> Stack:
    """Give every tie between a state and a target of its period a cell.

    `period` (-1: not asked for), `state` and `target` hold a code per tie and `counts` the number
    of different ones. `members`: the states of each period as period * number of states + state;
    without it they are those of the ties. `square`: targets are states and numbered alike.
    """
    periods, n_states, n_targets = counts
    holder, aim = period * n_states + state, period * n_targets + target
    if members is not None:
        holders = distinct(members)
    else:
        holders = distinct(holder, aim) if square else distinct(holder)
    row = places(holder, holders)
    aims = holders if square else distinct(aim[row >= 0])
    column = places(aim, aims)
    kept = np.flatnonzero((row >= 0) & (column >= 0))
    heights = np.bincount(holders // max(n_states, 1), minlength=periods)
    widths = np.bincount(aims // max(n_targets, 1), minlength=periods)
    # Rows and columns are numbered through all periods; within its period a tie's cell is
    # (row - first row) * width + column - first column.
    shift = starts(heights * widths) - starts(heights) * widths - starts(widths)
    tie = period[kept]
    cells = shift[tie] + row[kept] * widths[tie] + column[kept]
    return Stack(holders % max(n_states, 1), aims, heights, widths, kept, cells)


def starts(sizes: Codes) -> Codes:
    """Where each of several parts of these sizes starts in their concatenation."""
    return np.asarray(np.cumsum(sizes) - sizes)


def fill(stack: Stack, values: FloatArray, default: float) -> FloatArray:
    """The long array: the ties' values in their cells and `default` in all others."""
    long = np.full(int((stack.heights * stack.widths).sum()), default, dtype=np.float64)
    long[stack.cells] = values[stack.kept]
    return long


def own_cells(stack: Stack) -> Codes:
    """The cells of the states' ties to themselves in square portfolios."""
    heights = stack.heights
    within = np.arange(heights.sum()) - np.repeat(starts(heights), heights)
    first = np.repeat(starts(heights * heights), heights)
    return np.asarray(first + within * np.repeat(heights + 1, heights))


def within(stack: Stack, cells: Codes) -> Codes:
    """The rows of the ties that stand in one of these cells."""
    asked = np.zeros(int((stack.heights * stack.widths).sum()), dtype=bool)
    asked[cells] = True
    return np.asarray(stack.kept[asked[stack.cells]])


def matrices(
    stack: Stack, long: FloatArray, weights: FloatArray | None
) -> Iterator[tuple[FloatArray, FloatArray | None]]:
    """The portfolios of each period as a matrix, and the weights of its targets."""
    cell = target = 0
    for height, width in zip(stack.heights.tolist(), stack.widths.tolist(), strict=True):
        importance = None if weights is None else weights[target : target + width]
        yield long[cell : cell + height * width].reshape(height, width), importance
        cell += height * width
        target += width


def pair_counts(stack: Stack) -> Codes:
    """Number of pairs of states in each period."""
    return np.asarray(stack.heights * (stack.heights - 1) // 2)


def pair_states(stack: Stack) -> tuple[Codes, Codes]:
    """Codes of the first and of the second state of all pairs of all periods."""
    first, second = np.empty((2, int(pair_counts(stack).sum())), dtype=np.int64)
    done = begin = 0
    for height in stack.heights.tolist():
        a, b, _ = upper(height)
        states = stack.states[begin : begin + height]
        np.take(states, a, out=first[done : done + len(a)])
        np.take(states, b, out=second[done : done + len(b)])
        begin += height
        done += len(a)
    return first, second


@lru_cache(maxsize=8)
def upper(n: int) -> tuple[Codes, Codes, Codes]:
    """Rows, columns and places above the diagonal of a square matrix, row after row."""
    a, b = np.triu_indices(n, k=1)
    return a, b, np.asarray(a * n + b)


def above_diagonal(matrix: FloatArray, n: int) -> FloatArray | float:
    """The values above the diagonal; a single value stands for all."""
    return float(matrix[0, 0]) if matrix.size == 1 and n > 1 else matrix.ravel()[upper(n)[2]]
