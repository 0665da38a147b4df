"""Rows of a multi-state model: made from a survival frame, read, and checked for possible lives."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.models.frame import (
    Floats,
    Ints,
    as_pandas,
    complete_rows,
    is_censored,
    observed_events,
    observed_times,
    require_columns,
)
from coalitiondata.errors import InvalidDataError, UnknownNameError
from coalitiondata.outcomes import DAYS_PER_YEAR

ACTIVE, ENDED, TRANSFORMED, LAPSED = "active", "ended", "transformed", "lapsed"
CENSORED = "censored"

Bools = npt.NDArray[np.bool_]


class CensoredTransitionWarning(UserWarning):
    """Transformations that happened after their unit was censored; the message counts them."""


def transition_rows(
    frame: Any, unit: str = "unit_id", window: float = 5.0, lapsed: bool = False
) -> pd.DataFrame:
    """Transition rows of a survival frame: active -> ended, active and ended -> transformed.

    Each unit is active from 0. It leaves by being transformed, if `transformed_on` is not after
    `end_or_last_seen` (a transformation on the day of the end is taken for its cause), at
    `outcome_duration`; else by ending, at `duration`, if `event` is 1; else it is censored there.
    One that ended stays at risk of being transformed for `window` years: its second row begins at
    `duration` and closes at `duration` plus the days from `end_or_last_seen` to the transformation
    (that form keeps the order of dates known to the year only), or to the end of the window.

    The window is part of what counts as a transformation, so that a unit whose window has closed
    is no longer at risk. Censoring it there, the default, lets those still in their window stand
    for it: right for the hazard of ended -> transformed, and for "ever transformed" if that hazard
    does not depend on the time since the end. With `lapsed` it moves to a state of that name
    instead, and occupation probabilities mean "transformed within the window" whatever the hazard.

    Args:
        frame: any data frame with one row per unit and the columns duration, event, transformed,
            transformed_on, outcome_duration and end_or_last_seen of
            ``coalitiondata.survival_frame``; take its ``scheduled_end="event"``, or units that
            end on schedule are censored although they were seen to end. If there is a column
            outcome_observed, units for which it is False are not followed after their end.
        unit: column of the units.
        window: years for which transformations were looked for after the end, the
            `transformation_years` of the survival frame.
        lapsed: whether units whose window closes move to the state "lapsed".

    Returns:
        unit, from_state, to_state ("censored" if none), entry, duration (days), then the other
        columns of the frame; one or two rows per unit, in the frame's order.

    Rows with a missing value in the columns used are dropped with a DroppedRowsWarning;
    transformed_on may be missing where transformed is 0. Transformations after a censored end,
    which the model cannot reach, are left out with a CensoredTransitionWarning.

    Raises:
        UnknownNameError: a column that the frame does not have.
        InvalidDataError: several rows of one unit; a transformation without a date, or later than
            the window; event or transformed other than 0/1; negative durations; no dates.

    Source: Andersen and Keiding (2002), Statistical Methods in Medical Research 11: 91-115
    (illness-death models).
    """
    if not window > 0:
        raise InvalidDataError(f"window {window} must be positive; it is in years")
    data = as_pandas(frame)
    used = [unit, "duration", "event", "transformed", "outcome_duration", "end_or_last_seen"]
    require_columns(data, [*used, "transformed_on"], "transition_rows")
    complete_rows(data, used)
    data = data.loc[data[used].notna().all(axis=1).to_numpy()].reset_index(drop=True)
    _refuse(data[unit], data[unit].duplicated(), "more than one row; give one row per unit")
    _, end = observed_times(data, "duration", None)
    _, until = observed_times(data, "outcome_duration", None)
    ended = observed_events(data, "event", least=0)
    transformed = observed_events(data, "transformed", least=0)
    after = _days_after_end(data, transformed, unit)
    limit = round(window * DAYS_PER_YEAR)
    _refuse(
        data[unit],
        transformed & (after > limit),
        f"a transformation later than {window:g} years after the end; "
        "give the window that the survival frame was made with",
    )
    at_once = transformed & (after <= 0)
    if unreachable := int((transformed & ~at_once & ~ended).sum()):
        warnings.warn(
            f"{unreachable} of {int(transformed.sum())} transformations came after their unit was "
            "censored and are left out; survival_frame(scheduled_end='event') lets scheduled ends "
            "count as ends",
            CensoredTransitionWarning,
            stacklevel=2,
        )
    first = pd.DataFrame(
        {
            unit: data[unit],
            "from_state": ACTIVE,
            "to_state": np.select([at_once, ended], [TRANSFORMED, ENDED], CENSORED),
            "entry": 0.0,
            "duration": np.where(at_once, until, end),
        }
    )
    followed = ended & ~at_once
    if "outcome_observed" in data.columns:
        followed &= (data["outcome_observed"] == True).fillna(False).to_numpy(dtype=bool)  # noqa: E712
    second = first.assign(
        from_state=ENDED,
        to_state=np.where(transformed, TRANSFORMED, LAPSED if lapsed else CENSORED),
        entry=end,
        duration=end + np.where(transformed, after, limit),
    ).loc[followed]
    rows = pd.concat([first, second]).sort_index(kind="stable")
    others = data.drop(columns=["event", *first.columns], errors="ignore")
    return rows.join(others).reset_index(drop=True)


def _days_after_end(data: pd.DataFrame, transformed: Bools, unit: str) -> Floats:
    for column in ("transformed_on", "end_or_last_seen"):
        if not pd.api.types.is_datetime64_any_dtype(data[column]):
            raise InvalidDataError(f"column {column!r} is {data[column].dtype}; dates are needed")
    undated = transformed & data["transformed_on"].isna().to_numpy()
    _refuse(data[unit], undated, "transformed 1 and no transformed_on; leave them out or date them")
    after = (data["transformed_on"] - data["end_or_last_seen"]).dt.total_seconds() / 86_400
    return np.where(transformed, after.to_numpy(dtype=float), np.nan)


@dataclass(frozen=True, eq=False)
class Rows:
    """Checked transition rows.

    Attributes:
        unit: number of the unit, 0, 1, ...
        entry, stop: the row is at risk on (entry, stop].
        origin: number of the state it is in.
        target: number of the state it moves to, -1 if it is censored.
        goes_on: censored, but the same unit's next row begins at once: no true censoring.
        first: the unit's first row.
    """

    unit: Ints
    entry: Floats
    stop: Floats
    origin: Ints
    target: Ints
    goes_on: Bools
    first: Bools

    def where(self, mask: Bools) -> Rows:
        """The rows of `mask`; one that went on outside them is censored."""
        unit = np.unique(self.unit[mask], return_inverse=True)[1].astype(np.int64)
        return linked(unit, self.entry[mask], self.stop[mask], self.origin[mask], self.target[mask])


def linked(unit: Ints, entry: Floats, stop: Floats, origin: Ints, target: Ints) -> Rows:
    """Rows with the marks of who begins and who goes on."""
    order = np.lexsort((entry, unit))
    begins = np.diff(unit[order], prepend=-1) > 0
    joins = ~begins[1:] & (entry[order][1:] == stop[order][:-1])
    first, goes_on = np.zeros(len(unit), dtype=bool), np.zeros(len(unit), dtype=bool)
    first[order] = begins
    goes_on[order[:-1]] = joins
    return Rows(unit, entry, stop, origin, target, goes_on & (target < 0), first)


def read_rows(
    used: pd.DataFrame,
    unit: str,
    from_state: str,
    to_state: str,
    entry: str | None,
    duration: str,
    states: Sequence[Any] | None,
) -> tuple[Rows, tuple[Any, ...]]:
    """Complete rows of a frame as arrays, and the states' labels in order.

    The order is that of `states`, else states never entered first, those never left last, each by
    label.

    Raises:
        InvalidDataError: as `multistate`.
    """
    start, stop = observed_times(used, duration, entry)
    censored = is_censored(used[to_state])
    if (odd := is_censored(used[from_state])).any():
        label = used.loc[odd, from_state].iloc[0]
        raise InvalidDataError(
            f"column {from_state!r} holds {label!r}, which stands for censoring; rename the state"
        )
    if censored.all():
        raise InvalidDataError(f"column {to_state!r} has no transition in {len(used)} rows")
    labels = _states(used[from_state], used.loc[~censored, to_state], states)
    number = {label: k for k, label in enumerate(labels)}
    origin = used[from_state].map(number).to_numpy(dtype=np.int64)
    target = np.where(censored, -1, used[to_state].map(number).astype(float).fillna(-1))
    units = used[unit]
    _refuse(
        units, origin == target, "a transition from a state to itself; join the two rows into one"
    )
    code = np.asarray(pd.factorize(units)[0], dtype=np.int64)
    order = np.lexsort((start, code))
    same = code[order][1:] == code[order][:-1]
    reached = np.where(target < 0, origin, target)[order][:-1]

    def refuse(bad: Bools, rule: str) -> None:
        flagged = np.zeros(len(units), dtype=bool)
        flagged[order[1:]] = same & bad
        _refuse(units, flagged, rule)

    refuse(start[order][1:] < stop[order][:-1], "rows that overlap in time")
    refuse(
        origin[order][1:] != reached,
        f"a row whose {from_state!r} is not the state that the row before led to",
    )
    return linked(code, start, stop, origin, target.astype(np.int64)), labels


def _states(left: pd.Series, entered: pd.Series, states: Sequence[Any] | None) -> tuple[Any, ...]:
    origins, targets = set(left.unique().tolist()), set(entered.unique().tolist())
    found = origins | targets
    if states is None:
        return tuple(sorted(found, key=lambda s: (s in targets, s not in origins, str(s))))
    if unknown := [s for s in found if s not in set(states)]:
        raise UnknownNameError(
            f"the rows hold state {unknown[0]!r}, which states={list(states)!r} leaves out"
        )
    return tuple(dict.fromkeys(states))


def _refuse(units: pd.Series, bad: Any, rule: str) -> None:
    flagged = units[np.asarray(bad, dtype=bool)].drop_duplicates()
    if len(flagged):
        some = ", ".join(map(str, flagged[:5])) + (", ..." if len(flagged) > 5 else "")
        raise InvalidDataError(f"column {units.name!r}: {len(flagged)} units have {rule} ({some})")
