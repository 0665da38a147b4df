"""Rows of one table from several families, one below the other."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd


def stack(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """The frames below each other.

    Columns that are missing throughout a frame are left to the others: they would blur the dtype.
    """
    return pd.concat(
        [frame.dropna(axis="columns", how="all") for frame in frames], ignore_index=True
    )
