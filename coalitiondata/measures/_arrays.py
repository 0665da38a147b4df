"""Turning what a user passes into float arrays, with one clear message when it cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coalitiondata.errors import InvalidDataError

FloatArray = npt.NDArray[np.float64]


def to_floats(values: Any, *, function: str, name: str, ndim: int) -> FloatArray:
    """Return `values` as a float array of `ndim` dimensions with every kind of missing as nan.

    None, nan, pandas.NA and NaT count as missing. Raises InvalidDataError if the values are not
    numbers, have another number of dimensions, or contain an infinity.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, ArithmeticError):
        # pandas.NA has no float form, so missing entries are found first and put in as nan.
        try:
            objects = np.asarray(values, dtype=object)
            array = np.where(pd.isna(objects), np.nan, objects).astype(np.float64)
        except (TypeError, ValueError, ArithmeticError):
            raise InvalidDataError(
                f"{function}: {name} must be numbers in a {ndim}-dimensional array; "
                f"got {type(values).__name__} that cannot be read as such"
            ) from None
    if array.ndim != ndim:
        raise InvalidDataError(
            f"{function}: {name} must have {ndim} dimension(s), got {array.ndim} "
            f"with shape {array.shape}"
        )
    reject(np.isinf(array), array, function=function, name=name, rule="values must be finite")
    return array


def to_weights(values: Any, *, function: str, name: str = "weights") -> FloatArray:
    """Return `values` as a 1-d array of finite, non-negative floats or nan."""
    array = to_floats(values, function=function, name=name, ndim=1)
    reject(array < 0, array, function=function, name=name, rule="values must not be negative")
    return array


def reject(
    bad: npt.NDArray[np.bool_], array: FloatArray, *, function: str, name: str, rule: str
) -> None:
    """Raise InvalidDataError naming the first position where `bad` holds."""
    if bad.any():
        first = tuple(int(i) for i in np.argwhere(bad)[0])
        where = ", ".join(map(str, first))
        raise InvalidDataError(f"{function}: {name}[{where}] is {array[first]:g}; {rule}")


def same_length(first: FloatArray, second: FloatArray, *, function: str, names: str) -> None:
    """Raise InvalidDataError unless both arrays have the same first dimension."""
    if len(first) != len(second):
        raise InvalidDataError(
            f"{function}: {names} must have the same length, got {len(first)} and {len(second)}"
        )


def to_scales(scale: float | Sequence[float], dimensions: int, *, function: str) -> FloatArray:
    """Return one positive finite width per dimension from a single width or a sequence of them."""
    widths = to_floats(np.atleast_1d(scale), function=function, name="scale", ndim=1)
    if len(widths) not in (1, dimensions):
        raise InvalidDataError(
            f"{function}: scale has {len(widths)} widths for {dimensions} dimension(s); "
            "give one width for all or one per dimension"
        )
    reject(~(widths > 0), widths, function=function, name="scale", rule="widths must be positive")
    return np.broadcast_to(widths, dimensions).astype(np.float64)
