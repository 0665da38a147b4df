"""A weighted majority game as its user wrote it, checked and in lowest terms."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from coalitiondata.conforming import is_number, number
from coalitiondata.errors import InvalidDataError
from coalitiondata.given import shown
from coalitiondata.measures._arrays import FloatArray, reject, to_weights

INTEGER_ADVICE = (
    "multiply all weights and the quota by a common factor so that they become integers"
)
# From here on a float cannot tell neighbouring integers apart.
MAX_WEIGHT = 2**53


class Game(NamedTuple):
    """Integer weights in the order given and the quota, divided by their common factor."""

    weights: list[int]
    quota: int

    @property
    def dual_quota(self) -> int:
        """The least weight that blocks: members swing equally many coalitions under it."""
        return sum(self.weights) - self.quota + 1


def read_game(weights: npt.ArrayLike, quota: float, function: str) -> Game | None:
    """Return the game in lowest terms, or None if a weight is missing; raise if it is no game."""
    array = to_weights(weights, function=function)
    values = array.tolist()
    # One look at plain floats costs small games, of which there may be many, the least.
    sound = all(value.is_integer() and value < MAX_WEIGHT for value in values)
    missing = False if sound else _check_weights(array, function)
    if not is_number(quota) or math.isnan(number(quota)) or number(quota) % 1:
        raise InvalidDataError(
            f"{function}: quota {shown(quota)} is not a whole number; {INTEGER_ADVICE}"
        )
    if missing:
        return None
    sizes = [int(value) for value in values]
    total = sum(sizes)
    if total == 0:
        raise InvalidDataError(f"{function}: the weights add up to 0, so no coalition can win")
    if not 1 <= quota <= total:
        outcome = "no coalition" if quota > total else "even the empty coalition"
        raise InvalidDataError(
            f"{function}: with quota {int(quota)} {outcome} would win; the weights add up to "
            f"{total}, so give a quota from 1 to {total}"
        )
    divisor = math.gcd(*sizes)
    return Game([weight // divisor for weight in sizes], -(-int(quota) // divisor))


def _check_weights(array: FloatArray, function: str) -> bool:
    """Tell whether a weight is missing; raise if one that is there cannot be counted."""
    present = ~np.isnan(array)
    reject(
        present & (array != np.floor(array)),
        array,
        function=function,
        name="weights",
        rule=f"weights must be whole numbers; {INTEGER_ADVICE}",
    )
    reject(
        present & (array >= MAX_WEIGHT),
        array,
        function=function,
        name="weights",
        rule="weights must be less than 2^53; express weights and quota in a coarser unit",
    )
    return not present.all()


def check_table(bits: int, limit: int, function: str) -> None:
    """Raise if counting the game would need a table of more than `limit` bits."""
    if bits > limit:
        raise InvalidDataError(
            f"{function}: counting this game needs a table of {bits / 8e6:,.0f} MB, more than "
            f"{limit / 8e6:,.0f} MB; express weights and quota in a coarser unit"
        )
