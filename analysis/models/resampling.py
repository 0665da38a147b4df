"""Folds of whole groups and resamples of whole clusters."""

from __future__ import annotations

import numpy as np

from analysis.models.frame import Floats, Ints
from coalitiondata.errors import InvalidDataError


def grouped_folds(groups: Ints, events: Floats, folds: int | None) -> Ints:
    """The fold of each row, such that no group is in two folds.

    Groups are dealt out from the one with most events to the one with fewest, each to the fold
    that has fewest events so far, then fewest rows, then the lowest number; groups that tie keep
    their order. No chance is involved.

    Args:
        groups: numbers of the rows' groups.
        events: whether each row ends with the event.
        folds: how many, at most one per group; None for a fold per group.

    Raises:
        InvalidDataError: fewer than two folds or groups.
    """
    names, member = np.unique(groups, return_inverse=True)
    count = len(names) if folds is None else min(folds, len(names))
    if count < 2:
        raise InvalidDataError(
            f"cross-validation needs two folds and two groups; there are {folds} and {len(names)}"
        )
    if count == len(names):
        return member.astype(np.int64)
    size = np.column_stack([np.bincount(member), np.bincount(member, weights=events)])
    load = np.zeros((count, 2))
    fold_of = np.empty(len(names), dtype=np.int64)
    for group in np.lexsort((-size[:, 0], -size[:, 1])):
        fold = min(range(count), key=lambda k: (load[k, 1], load[k, 0], k))
        fold_of[group] = fold
        load[fold] += size[group]
    return fold_of[member]


def cluster_counts(clusters: Ints, replicates: int, seed: int) -> Ints:
    """How often each row is drawn: replicates x rows, whole clusters with replacement."""
    names, member = np.unique(clusters, return_inverse=True)
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=replicates)
    return np.asarray(drawn[:, member], dtype=np.int64)
