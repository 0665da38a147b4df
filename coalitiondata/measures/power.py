"""How power is spread over the members of one coalition.

Every function takes the members' weights (seats, CINC scores, troops ...; any unit, one
dimension) and turns them into shares s_i = w_i / sum(w) itself, so results do not depend on the
unit. N is the number of weights given; a member with weight 0 counts in N.

Rules shared by all functions:

- A missing weight makes the result nan: the share of one member is unknown, hence all are.
  `skipna=True` leaves missing members out instead, as if they did not exist. That throws away
  the information that there were more members and overstates concentration.
- No weights, or weights that are all zero, give nan.
- A negative or infinite weight raises InvalidDataError naming its position.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from coalitiondata.measures._arrays import FloatArray, to_weights


def _shares(weights: npt.ArrayLike, function: str, skipna: bool) -> FloatArray | None:
    """Return the shares, or None where they are undefined."""
    array = to_weights(weights, function=function)
    if skipna:
        array = array[~np.isnan(array)]
    # The largest weight is divided out first so that huge weights do not overflow in the sum.
    largest = array.max(initial=0.0)
    if not largest > 0:
        return None
    scaled = array / largest
    return np.asarray(scaled / scaled.sum(), dtype=np.float64)


def hhi(weights: npt.ArrayLike, *, skipna: bool = False) -> float:
    """Herfindahl-Hirschman index: the chance that two draws by weight hit the same member.

    HHI = sum_i s_i^2, from 1/N (equal members) to 1 (one member holds everything).

    Missing, empty or all-zero weights give nan (see the module's rules). Raises InvalidDataError
    for negative, infinite or non-numeric weights.
    Source: Hirschman (1945), National Power and the Structure of Foreign Trade; Herfindahl (1950).
    """
    shares = _shares(weights, "hhi", skipna)
    return math.nan if shares is None else float(np.square(shares).sum())


def normalized_hhi(weights: npt.ArrayLike, *, skipna: bool = False) -> float:
    """Herfindahl-Hirschman index freed of its dependence on the number of members.

    (HHI - 1/N) / (1 - 1/N), from 0 (equal members) to 1. Undefined, hence nan, for one member.

    Missing, empty or all-zero weights give nan (see the module's rules). Raises InvalidDataError
    for negative, infinite or non-numeric weights.
    Source: Hirschman (1945); normalisation as in Singer, Bremer and Stuckey (1972).
    """
    shares = _shares(weights, "normalized_hhi", skipna)
    if shares is None or len(shares) == 1:
        return math.nan
    # sum (s - 1/N)^2 equals HHI - 1/N and cannot fall below zero through rounding.
    n = len(shares)
    return min(1.0, float(np.square(shares - 1 / n).sum() / (1 - 1 / n)))


def con(weights: npt.ArrayLike, *, skipna: bool = False) -> float:
    """Capability concentration CON of Singer, Bremer and Stuckey.

    CON = sqrt((HHI - 1/N) / (1 - 1/N)), from 0 (parity) to 1 (monopoly). Undefined, hence nan,
    for one member.

    Missing, empty or all-zero weights give nan (see the module's rules). Raises InvalidDataError
    for negative, infinite or non-numeric weights.
    Source: Singer, Bremer and Stuckey (1972), Capability Distribution, Uncertainty, and Major
    Power War, 1820-1965, in Russett (ed.), Peace, War, and Numbers; Ray and Singer (1973).
    """
    shares = _shares(weights, "con", skipna)
    if shares is None:
        return math.nan
    return math.sqrt(normalized_hhi(shares))


def effective_number(weights: npt.ArrayLike, *, skipna: bool = False) -> float:
    """Effective number of members: how many equal ones would give the same concentration.

    N2 = 1 / sum_i s_i^2 = 1 / HHI, from 1 to N.

    Missing, empty or all-zero weights give nan (see the module's rules). Raises InvalidDataError
    for negative, infinite or non-numeric weights.
    Source: Laakso and Taagepera (1979), Comparative Political Studies 12: 3-27.
    """
    shares = _shares(weights, "effective_number", skipna)
    return math.nan if shares is None else float(1 / np.square(shares).sum())


def top_share(weights: npt.ArrayLike, *, skipna: bool = False) -> float:
    """Share of the largest member: max_i s_i, from 1/N to 1.

    Missing, empty or all-zero weights give nan (see the module's rules). Raises InvalidDataError
    for negative, infinite or non-numeric weights.
    """
    shares = _shares(weights, "top_share", skipna)
    return math.nan if shares is None else float(shares.max())


def leader_margin(weights: npt.ArrayLike, *, skipna: bool = False) -> float:
    """Lead of the largest member over the next: s_(1) - s_(2), from 0 (tie at the top) to 1.

    A lone member leads by its whole share, 1: the absent second counts as zero, in line with the
    fact that adding a member without weight never changes the margin.

    Missing, empty or all-zero weights give nan (see the module's rules). Raises InvalidDataError
    for negative, infinite or non-numeric weights.
    """
    shares = _shares(weights, "leader_margin", skipna)
    if shares is None:
        return math.nan
    ordered = np.sort(shares)
    return float(ordered[-1] - (ordered[-2] if len(ordered) > 1 else 0.0))


def gini(weights: npt.ArrayLike, *, skipna: bool = False) -> float:
    """Gini coefficient: mean absolute difference between members relative to twice the mean.

    G = sum_i sum_j |w_i - w_j| / (2 N sum_i w_i), from 0 (equal) to (N - 1)/N (one member holds
    everything); the members are the population, so there is no small-sample correction. A lone
    member gives 0.

    Missing, empty or all-zero weights give nan (see the module's rules). Raises InvalidDataError
    for negative, infinite or non-numeric weights.
    Source: Gini (1912), Variabilità e mutabilità; Dorfman (1979) for the form used.
    """
    shares = _shares(weights, "gini", skipna)
    if shares is None:
        return math.nan
    # Gaps between neighbours in size order, each crossed by k (n - k) pairs, sum the pairwise
    # differences in n log n without the cancellation of the usual rank formula.
    n = len(shares)
    below = np.arange(1, n)
    return float((np.diff(np.sort(shares)) * below * (n - below)).sum() / n)


def entropy(weights: npt.ArrayLike, *, normalized: bool = False, skipna: bool = False) -> float:
    """Shannon entropy of the shares in nats: the larger, the more evenly power is spread.

    H = -sum_i s_i ln s_i with 0 ln 0 = 0, from 0 (one member holds everything) to ln N (equal).
    `normalized=True` divides by ln N, giving 0 to 1, undefined and hence nan for one member.

    Missing, empty or all-zero weights give nan (see the module's rules). Raises InvalidDataError
    for negative, infinite or non-numeric weights.
    Source: Shannon (1948), Bell System Technical Journal 27: 379-423.
    """
    shares = _shares(weights, "entropy", skipna)
    if shares is None or (normalized and len(shares) == 1):
        return math.nan
    held = shares[shares > 0]
    value = max(0.0, -float((held * np.log(held)).sum()))
    return value / math.log(len(shares)) if normalized else value
