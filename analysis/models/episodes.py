"""Spells cut into episodes at chosen times."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.models.frame import (
    Floats,
    as_list,
    as_pandas,
    complete_rows,
    observed_events,
    observed_times,
    require_columns,
)
from coalitiondata.errors import InvalidDataError

START, PERIOD = "start", "period"


def split_episodes(
    frame: Any,
    cuts: Sequence[float],
    duration: str = "duration",
    event: str = "event",
    entry: str | None = None,
) -> pd.DataFrame:
    """Each spell cut at the times it outlasts; every piece but the last is censored.

    Periods are (0, c_1], (c_1, c_2], ..., so that a spell that ends at a cut ends before it. The
    pieces carry the same information as the spells: models that take (start, stop] rows give the
    same result. As R ``survSplit``.

    Args:
        frame: any data frame, one row per spell, or per (start, stop] interval with `entry`.
        cuts: times to cut at, positive and increasing, in the unit of the durations.
        duration, event, entry: as in `cox`.

    Returns:
        The frame with more rows, in the same order and with the index repeated: `duration` and
        `event` are those of the piece, its start is in `entry` (in a new column ``start`` if none
        was given), its period in the new ordered category ``period``. Other columns repeat.

    Rows with missing values in the columns named are dropped with a DroppedRowsWarning; those in
    other columns stay missing.

    Raises:
        UnknownNameError: a column that the frame does not have.
        InvalidDataError: cuts that are not positive and increasing; a column ``start`` or
            ``period`` that would be written over; negative durations or entries, entries not
            before exits, an event column other than 0/1.
    """
    data = as_pandas(frame)
    named = [duration, event, *as_list(entry)]
    require_columns(data, named, "split_episodes")
    for column in ([START] if entry is None else []) + [PERIOD]:
        if column in data:
            raise InvalidDataError(
                f"split_episodes: the frame has a column {column!r}, which would be written over; "
                "rename it" + (" or give it as entry=" if column == START else "")
            )
    inner = proper_cuts(cuts)
    used, _ = complete_rows(data, named)
    begin, end = times_from_zero(used, duration, entry)
    piece = cut_rows(begin, end, observed_events(used, event, least=0), inner)
    rows = data[data[named].notna().all(axis=1)]
    period = piece["period"].to_numpy()
    labels = pd.Index(period_labels(inner))
    times = {
        entry or START: piece["start"].to_numpy(),
        duration: piece["stop"].to_numpy(),
        event: piece["event"].to_numpy(),
    }
    category = pd.Categorical.from_codes(period, categories=labels, ordered=True)
    return rows.iloc[piece["row"]].assign(**times).assign(**{PERIOD: category})


def times_from_zero(
    used: pd.DataFrame, duration: str, entry: str | None, *, positive: bool = False
) -> tuple[Floats, Floats]:
    """Entry (zero if nobody enters late) and exit times; raises as `split_episodes`."""
    start, stop = observed_times(used, duration, entry, positive=positive)
    if entry is not None and (start < 0).any():
        raise InvalidDataError(f"column {entry!r} has negative entries; time starts at zero")
    return np.maximum(start, 0.0), stop


def proper_cuts(cuts: Sequence[float]) -> Floats:
    """Cuts as floats.

    Raises:
        InvalidDataError: cuts that are not finite, positive and increasing.
    """
    inner = np.asarray(cuts, dtype=float).reshape(-1)
    if not np.isfinite(inner).all() or (inner <= 0).any() or (np.diff(inner) <= 0).any():
        raise InvalidDataError(
            f"cuts {[float(c) for c in inner]} must be positive times in increasing order"
        )
    return inner


def period_labels(cuts: Floats) -> list[str]:
    """Names of the periods: (0, 2], (2, 5], (5, inf)."""
    edges = ["0", *(f"{c:g}" for c in cuts), "inf"]
    return [f"({low}, {high}" + (")" if high == "inf" else "]") for low, high in pairwise(edges)]


def cut_rows(
    start: Floats, stop: Floats, event: npt.NDArray[np.bool_], cuts: Floats
) -> pd.DataFrame:
    """row (position), period (from 0), start, stop, event (0 or 1) of each piece."""
    first = np.searchsorted(cuts, start, side="right")
    last = np.searchsorted(cuts, stop, side="left")
    pieces = np.maximum(last - first, 0) + 1
    row = np.repeat(np.arange(len(start)), pieces)
    within = np.arange(len(row)) - np.repeat(pieces.cumsum() - pieces, pieces)
    period = first[row] + within
    low, high = np.concatenate([[-np.inf], cuts]), np.concatenate([cuts, [np.inf]])
    final = within == pieces[row] - 1
    return pd.DataFrame(
        {
            "row": row,
            "period": period,
            "start": np.maximum(start[row], low[period]),
            "stop": np.where(final, stop[row], high[period]),
            "event": (event[row] & final).astype(int),
        }
    )
