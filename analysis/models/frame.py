"""From a user's data frame to clean columns: existence, missing rows, times and events."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import narwhals as nw
import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.models.notices import DroppedRowsWarning
from coalitiondata.errors import InvalidDataError, UnknownNameError
from coalitiondata.given import frame_given, names_given

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CENSORED_LABELS = frozenset({"0", "0.0", "false", "censored"})


def as_pandas(frame: Any) -> pd.DataFrame:
    """Any eager or lazy data frame that narwhals knows, as pandas.

    Raises:
        InvalidDataError: the object is not a data frame.
    """
    if isinstance(frame, pd.DataFrame):
        return frame_given(frame, "the frame")
    try:
        native = nw.from_native(frame)
    except TypeError as error:
        raise InvalidDataError(
            f"a data frame is needed, not {type(frame).__name__}; pass pandas, polars or duckdb"
        ) from error
    eager = native.collect() if isinstance(native, nw.LazyFrame) else native
    return eager.to_pandas()


def as_list(columns: str | Sequence[str] | None) -> list[str]:
    """No, one or several column names as a list."""
    if columns is None:
        return []
    return names_given(columns, (), "columns")


def require_columns(frame: pd.DataFrame, columns: Iterable[str], used_as: str) -> None:
    """Raise UnknownNameError for the first name that the frame does not have."""
    for name in columns:
        if name not in frame.columns:
            near = difflib.get_close_matches(str(name), [str(c) for c in frame.columns], n=3)
            hint = (
                f"did you mean {', '.join(near)}?"
                if near
                else "columns are " + ", ".join(map(str, frame.columns[:20]))
            )
            raise UnknownNameError(f"{used_as}: the frame has no column {name!r}; {hint}")


def complete_rows(
    frame: pd.DataFrame, columns: Iterable[str]
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Rows that have a value in every one of `columns`, and the missing values by column.

    A row that misses several values counts once under each of its columns. The index is kept.

    Raises:
        InvalidDataError: the frame is empty, or no row is complete.
    """
    used = frame.loc[:, list(dict.fromkeys(columns))]
    if used.empty:
        raise InvalidDataError("the frame has no rows; check the filters that made it")
    missing = used.isna()
    dropped = {str(c): int(k) for c, k in missing.sum().items() if k}
    if not dropped:
        return used, dropped
    keep = ~missing.any(axis=1)
    counts = ", ".join(f"{column} {count}" for column, count in dropped.items())
    if not keep.any():
        raise InvalidDataError(f"no row is complete; missing values by column: {counts}")
    warnings.warn(
        f"{int((~keep).sum())} of {len(used)} rows dropped for missing values ({counts})",
        DroppedRowsWarning,
        stacklevel=3,
    )
    return used.loc[keep], dropped


def numeric(frame: pd.DataFrame, column: str) -> Floats:
    """A column as finite floats.

    Raises:
        InvalidDataError: text, dates or time spans; infinite values.
    """
    values = frame[column]
    real = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_complex_dtype(values)
    if not (real or pd.api.types.is_bool_dtype(values)):
        raise InvalidDataError(
            f"column {column!r} is {values.dtype}; numbers are needed (turn time spans into days)"
        )
    array = values.to_numpy(dtype=float)
    _refuse(frame, column, ~np.isfinite(array), "infinite values; make them missing or drop them")
    return array


def observed_times(
    frame: pd.DataFrame, duration: str, entry: str | None, *, positive: bool = False
) -> tuple[Floats, Floats]:
    """Entry and exit times; entry is minus infinity where nobody enters late.

    Raises:
        InvalidDataError: negative durations (or zero ones if `positive`), an entry that is not
            before its exit, infinite values.
    """
    stop = numeric(frame, duration)
    _refuse(frame, duration, stop < 0, "negative durations; end must not precede start")
    if positive:
        _refuse(frame, duration, stop == 0, "durations of zero, which this model cannot use")
    if entry is None:
        return np.full(len(stop), -np.inf), stop
    start = numeric(frame, entry)
    _refuse(
        frame, entry, start >= stop, f"entries that are not before {duration!r}; drop these rows"
    )
    return start, stop


def observed_events(frame: pd.DataFrame, event: str, *, least: int = 2) -> npt.NDArray[np.bool_]:
    """The event column as booleans.

    Raises:
        InvalidDataError: values other than 0 and 1, or fewer than `least` events.
    """
    values = numeric(frame, event)
    if not np.isin(values, (0.0, 1.0)).all():
        found = ", ".join(f"{v:g}" for v in np.unique(values)[:6])
        raise InvalidDataError(
            f"event column {event!r} holds {found}; it must hold 0 (censored) and 1 (event) only"
        )
    events: npt.NDArray[np.bool_] = values == 1
    if events.sum() < least:
        count = {0: "no event", 1: "only one event"}[int(events.sum())]
        raise InvalidDataError(
            f"event column {event!r} has {count} in {len(events)} rows; at least {least} needed"
        )
    return events


def group_labels(frame: pd.DataFrame, by: str | Sequence[str] | None) -> pd.Series:
    """One label per row from none, one or several columns (joined by ', ')."""
    columns = as_list(by)
    if not columns:
        return pd.Series("all", index=frame.index, name="group")
    if len(columns) == 1:
        return _told_apart(frame, columns[0]).rename("group")
    labels = frame[columns].astype(str).agg(", ".join, axis=1)
    return labels.rename("group")


def codes(frame: pd.DataFrame, by: str | Sequence[str] | None) -> Ints:
    """Group numbers 0, 1, ... in the order of the sorted groups; zeros where `by` is None."""
    columns = as_list(by)
    if not columns:
        return np.zeros(len(frame), dtype=np.int64)
    for column in columns:
        _told_apart(frame, column)
    return np.asarray(frame.groupby(columns, observed=True).ngroup(), dtype=np.int64)


def _told_apart(frame: pd.DataFrame, column: str) -> pd.Series:
    """The column. Raises InvalidDataError for labels that cannot be told apart or put in order."""
    labels = frame[column]
    try:
        sorted(labels.unique().tolist())
    except TypeError as error:
        raise InvalidDataError(
            f"column {column!r} has labels that cannot be told apart or put in order ({error}); "
            "turn them into text"
        ) from error
    return labels


def is_censored(causes: pd.Series) -> npt.NDArray[np.bool_]:
    """Whether a cause stands for 'still going on': 0, False or 'censored'."""
    return np.asarray(causes.astype(str).str.lower().isin(CENSORED_LABELS), dtype=np.bool_)


def observed_causes(frame: pd.DataFrame, cause: str) -> tuple[Ints, list[Any]]:
    """Cause numbers (0 censored, 1, 2, ... in the order of the labels) and the labels.

    Raises:
        InvalidDataError: no row has a cause other than the censoring labels.
    """
    censored = is_censored(frame[cause])
    try:
        found = frame.loc[~censored, cause].unique().tolist()
        labels = sorted(found, key=lambda v: (str(type(v)), v))
    except TypeError as error:
        raise InvalidDataError(
            f"cause column {cause!r} has labels that cannot be told apart or put in order "
            f"({error}); turn them into text"
        ) from error
    if not labels:
        raise InvalidDataError(
            f"cause column {cause!r} has no event in {len(frame)} rows; all are 0 or 'censored'"
        )
    number = frame[cause].map({label: k + 1 for k, label in enumerate(labels)})
    return np.where(censored, 0, number.astype(float).fillna(0)).astype(np.int64), labels


def _refuse(frame: pd.DataFrame, column: str, bad: npt.NDArray[np.bool_], rule: str) -> None:
    if bad.any():
        rows = ", ".join(map(str, frame.index[bad][:5]))
        more = ", ..." if bad.sum() > 5 else ""
        raise InvalidDataError(f"column {column!r} has {rule} ({bad.sum()} rows: {rows}{more})")
