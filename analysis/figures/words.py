"""Words and numbers in figures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from coalitiondata.errors import UnknownNameError

ABBREVIATIONS = {"cinc": "CINC", "ngo": "NGO"}


def p_text(p_value: float) -> str:
    """A p-value as `p = 0.04` or `p < 0.001`."""
    if math.isnan(p_value):
        return "p not available"
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.{2 if p_value >= 0.1 else 3}f}"


def plain(name: object) -> str:
    """A level or column as words: without underscores."""
    return ABBREVIATIONS.get(str(name), str(name).replace("_", " "))


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame, as dictionaries."""
    return [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]


def groups_in_order(
    found: pd.Series, groups: Mapping[Any, str] | None, by: str | None
) -> dict[Any, str]:
    """Words of each group that occurs, in the order of `groups` or of the curves.

    Raises:
        UnknownNameError: a group that does not occur.
    """
    present = list(pd.unique(found))
    if by is None:
        return dict.fromkeys(present, "all")
    if groups is None:
        return {each: plain(each) for each in present}
    for each in groups:
        if each not in present:
            raise UnknownNameError(
                f"column {by!r} has no group {each!r}; it has {', '.join(map(str, present[:12]))}"
            )
    return dict(groups)
