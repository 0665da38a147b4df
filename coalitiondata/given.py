"""What a user hands over, tables, names, paths and numbers, is of a kind that can be used."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Mapping
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coalitiondata.errors import InvalidDataError

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 60


def shown(value: object) -> str:
    """A value for a message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def tables_given(frames: Any) -> dict[str, pd.DataFrame]:
    """The tables by name, each a data frame that `frame_given` accepts.

    Raises InvalidDataError if they are anything else.
    """
    if not isinstance(frames, Mapping):
        raise InvalidDataError(
            f"Tables are given as a mapping from name to data frame, not as "
            f"{type(frames).__name__}: {{'members': frame}}."
        )
    return {name: frame_given(frame, f"The table {shown(name)}") for name, frame in frames.items()}


def frame_given(frame: Any, what: str) -> pd.DataFrame:
    """The frame with sparse columns filled in.

    Raises InvalidDataError, which calls the frame `what`, if it is no pandas data frame or has
    columns of several levels, several of one name, or categories that are no Unicode text.
    """
    import pandas as pd

    if not isinstance(frame, pd.DataFrame):
        raise InvalidDataError(
            f"{what} is no pandas data frame but {type(frame).__name__}; convert it first "
            "(`.to_pandas()`, `pandas.DataFrame(...)`)."
        )
    if frame.columns.nlevels > 1:
        raise InvalidDataError(
            f"{what} has column names of {frame.columns.nlevels} levels; give each column one name."
        )
    again = frame.columns[frame.columns.duplicated()]
    if len(again):
        raise InvalidDataError(
            f"{what} has several columns called {shown(again[0])}; keep one of them."
        )
    # By place: a name may be anything, also a function, which `frame[name]` would call.
    for place, kind in enumerate(frame.dtypes):
        name = frame.columns[place]
        levels = kind.categories if isinstance(kind, pd.CategoricalDtype) else ()
        odd = [level for level in levels if isinstance(level, str) and not is_unicode(level)]
        if odd:
            raise InvalidDataError(
                f"{what}, column {shown(name)}: the level {shown(odd[0])} is no Unicode text."
            )
    sparse = [place for place, kind in enumerate(frame.dtypes) if isinstance(kind, pd.SparseDtype)]
    return _dense(frame, sparse) if sparse else frame


def _dense(frame: pd.DataFrame, sparse: list[int]) -> pd.DataFrame:
    full = frame.copy()
    for place in sparse:
        column: Any = frame.iloc[:, place]
        full.isetitem(place, column.sparse.to_dense())
    return full


def flag_given(value: Any, name: str) -> bool | None:
    """True, False or None. Raises InvalidDataError, which calls the value `name`, for others."""
    import numpy as np

    if value is None:
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise InvalidDataError(f"{name} is {shown(value)}; give True, False or None.")


def names_given(names: Any, every: Iterable[str], what: str) -> list[Any]:
    """No, one or several names as a list without repetition; none means all of `every`.

    Raises InvalidDataError if they are no text.
    """
    listed = [names] if isinstance(names, str) else names
    if listed is None:
        return list(every)
    if isinstance(listed, bytes | Mapping) or not isinstance(listed, Iterable):
        raise InvalidDataError(f"{what}: give a name or several, not {shown(names)}.")
    wanted = list(listed)
    for name in wanted:
        if not isinstance(name, str):
            raise InvalidDataError(f"{what}: give names as text, not {shown(name)}.")
    return list(dict.fromkeys(wanted)) or list(every)


def path_given(path: Any, what: str = "path") -> Path:
    """The path with `~` replaced. Raises InvalidDataError for what no system takes for a path."""
    try:
        text = os.fspath(path)
        if not isinstance(text, str) or not text:
            raise TypeError
        found = Path(text).expanduser()
        _look_at(found)
    except (TypeError, ValueError, RuntimeError) as problem:
        raise InvalidDataError(
            f"{what} is {shown(path)}; give the name of a file or folder as text or Path."
        ) from problem
    return found


def _look_at(path: Path) -> None:
    """Raise ValueError for a name that the system cannot have: too long, or of odd letters."""
    try:
        path.lstat()
    except OSError as problem:
        if problem.errno in (errno.ENAMETOOLONG, errno.EINVAL):
            raise ValueError(problem.strerror) from problem


def number_given(value: Any, what: str, *, whole: bool = False) -> float:
    """A finite number. Raises InvalidDataError for anything else, flags and text included."""
    from coalitiondata.conforming import number

    found = float("nan") if isinstance(value, str) else number(value)
    if not isfinite(found) or (whole and found % 1):
        kind = "a whole number" if whole else "a number"
        raise InvalidDataError(f"{what} is {shown(value)}; give {kind}.")
    return found


def text_given(value: Any, what: str) -> str:
    """Text. Raises InvalidDataError for anything else, and for halves of letters."""
    if not isinstance(value, str):
        raise InvalidDataError(f"{what} is {shown(value)}; give text.")
    if not is_unicode(value):
        raise InvalidDataError(f"{what} is {shown(value)}, which is no Unicode text; correct it.")
    return value


def is_unicode(text: str) -> bool:
    """Whether the text can be written: half a letter (a lone surrogate) cannot."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
