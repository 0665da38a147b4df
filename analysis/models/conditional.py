"""The exact conditional likelihood of which alternatives of a group were chosen.

For a group with linear predictors eta_1, ..., eta_n of whom the set D of size k was chosen,
the likelihood given k is exp(sum of eta over D) / e_k(exp eta), e_k the elementary symmetric
polynomial: the sum over all sets of size k. It is built one alternative at a time,

    e_k(first j) = e_k(first j - 1) + exp(eta_j) e_{k-1}(first j - 1),

on the log scale, for all groups at once. Carried along are the mean and the covariance of the
chosen alternatives' covariate sums, mixtures with the weight of either term, so that score and
information are exact and nothing overflows or cancels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.models.frame import Floats, Ints

# Groups are worked on in blocks whose covariance arrays have about this many cells.
CELLS = 2_000_000


@dataclass(frozen=True, eq=False)
class Block:
    """Groups of like size, padded to the largest.

    Attributes:
        groups: their numbers.
        X: groups x alternatives x covariates, centred by group, zero in the padding.
        padding: groups x alternatives, whether the cell holds no alternative.
        k: number chosen per group.
        chosen: groups x covariates, the sum over those chosen.
    """

    groups: Ints
    X: Floats
    padding: npt.NDArray[np.bool_]
    k: Ints
    chosen: Floats


@dataclass(frozen=True, eq=False)
class Conditional:
    """The likelihood at given coefficients.

    Attributes:
        loglik: log-likelihood.
        scores: score of each group, groups x covariates.
        spread: sum over groups of the covariance of the chosen sum, which is the information.
    """

    loglik: float
    scores: Floats
    spread: Floats

    def score(self) -> Floats:
        """Gradient of the log-likelihood."""
        return np.asarray(self.scores.sum(axis=0))

    def information(self) -> Floats:
        """Minus its second derivative."""
        return self.spread


def choice_sets(X: Floats, joined: npt.NDArray[np.bool_], group: Ints) -> list[Block]:
    """Blocks of groups; `X` is rows x covariates, `group` numbers 0 to G - 1.

    Every group needs both chosen and other alternatives. Where more than half were chosen the
    others are modelled instead, with the sign of X turned, which is the same likelihood.
    """
    order = np.argsort(group, kind="stable")
    size = np.bincount(group)
    taken = np.bincount(group, weights=joined).astype(np.int64)
    turned = taken > size - taken
    k = np.where(turned, size - taken, taken)
    p = X.shape[1]
    means = np.stack([np.bincount(group, weights=x) for x in X.T], axis=1) / size[:, None]
    centred = (X - means[group]) * np.where(turned, -1.0, 1.0)[group, None]
    counted = joined ^ turned[group]
    place = np.empty(len(group), dtype=np.int64)  # of each row in its group
    place[order] = np.arange(len(group)) - np.repeat(size.cumsum() - size, size)

    by_k = np.lexsort((size, k))
    costs = np.cumsum((k[by_k] + 1) * p * p) // CELLS
    blocks = []
    for members in np.split(by_k, np.flatnonzero(np.diff(costs)) + 1):
        number = np.full(len(size), -1)
        number[members] = np.arange(len(members))
        rows = np.flatnonzero(number[group] >= 0)
        at = number[group[rows]], place[rows]
        padded = np.zeros((len(members), size[members].max(), p))
        padded[at] = centred[rows]
        padding = np.ones(padded.shape[:2], dtype=np.bool_)
        padding[at] = False
        chosen = np.zeros((len(members), p))
        np.add.at(chosen, at[0], centred[rows] * counted[rows, None])
        blocks.append(Block(members, padded, padding, k[members], chosen))
    return blocks


def conditional(blocks: list[Block], beta: Floats) -> Conditional:
    """Likelihood, scores and information at coefficients `beta`."""
    p = len(beta)
    scores = np.zeros((sum(len(block.groups) for block in blocks), p))
    spread = np.zeros((p, p))
    loglik = 0.0
    for block in blocks:
        log_sum, mean, covariance = _symmetric(block, beta)
        loglik += float((block.chosen @ beta - log_sum).sum())
        scores[block.groups] = block.chosen - mean
        spread += covariance
    return Conditional(loglik, scores, spread)


def _symmetric(block: Block, beta: Floats) -> tuple[Floats, Floats, Floats]:
    """Per group log e_k and the mean of the chosen sum; the sum of its covariances."""
    n_groups, n, p = block.X.shape
    most = int(block.k.max())
    eta = np.where(block.padding, -np.inf, block.X @ beta)
    log_e = np.full((n_groups, most + 1), -np.inf)
    log_e[:, 0] = 0.0
    mean = np.zeros((n_groups, most + 1, p))
    covariance = np.zeros((n_groups, most + 1, p, p))
    for j in range(n):
        top = min(j + 1, most)
        without, with_j = slice(1, top + 1), slice(0, top)
        taking = eta[:, j, None] + log_e[:, with_j]
        total = np.logaddexp(log_e[:, without], taking)
        possible = np.isfinite(total)
        weight = np.exp(np.where(possible, taking, -np.inf) - np.where(possible, total, 0.0))
        gap = mean[:, with_j] + block.X[:, j, None, :] - mean[:, without]
        w = weight[..., None, None]
        spread = gap[..., :, None] * gap[..., None, :]
        covariance[:, without] = (
            (1 - w) * covariance[:, without] + w * covariance[:, with_j] + w * (1 - w) * spread
        )
        mean[:, without] += weight[..., None] * gap
        log_e[:, without] = total
    own = np.arange(n_groups), block.k
    return log_e[own], mean[own], covariance[own].sum(axis=0)
