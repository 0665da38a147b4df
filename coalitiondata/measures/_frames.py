"""Opening a user's table of any kind and checking what can be checked without computing it."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any, cast

import narwhals.stable.v2 as nw
import pandas as pd

from coalitiondata.errors import InvalidDataError, UnknownNameError
from coalitiondata.given import frame_given, shown

# The eager and the lazy frame share every method used here, but no base class says so.
Frame = nw.LazyFrame[Any]

# Names of helper columns; the prefix keeps them apart from the user's grouping columns.
MEMBER, WEIGHT = "_cd_member", "_cd_weight"


def position(dimension: int) -> str:
    """Return the name of the helper column with the positions on a dimension."""
    return f"_cd_x{dimension}"


def open_frame(frame: Any, *, function: str) -> Frame:
    """Wrap a native table, or say which kinds can be used."""
    if isinstance(frame, pd.DataFrame):
        # Rows are told apart by position alone; labels could bear the names of columns.
        frame = frame_given(frame, f"{function}: frame").reset_index(drop=True)
    try:
        with warnings.catch_warnings():
            # That Dask is to move to a package of its own is no concern of who holds the table.
            warnings.filterwarnings("ignore", "Dask support is moving", FutureWarning)
            return cast("Frame", nw.from_native(frame))
    except TypeError:
        raise InvalidDataError(
            f"{function}: frame must be a table that narwhals knows (pandas, polars, pyarrow, "
            f"DuckDB, ...), got {type(frame).__name__}"
        ) from None


def is_eager(frame: Frame) -> bool:
    """Tell whether the rows are at hand, so that values can be checked and sorted."""
    return isinstance(frame, nw.DataFrame)


def is_dask(frame: Frame) -> bool:
    """Tell whether a lazy frame is a collection of Dask, which lacks windows."""
    return frame.implementation.is_dask()


def as_names(names: str | Sequence[str]) -> list[str]:
    """Return one name or several as a list."""
    listed = [names] if isinstance(names, str) else names
    if not isinstance(listed, Iterable):
        raise InvalidDataError(f"give the name of a column or several, not {shown(names)}")
    found = list(listed)
    for name in found:
        if not isinstance(name, str):
            raise InvalidDataError(f"give names of columns as text, not {shown(name)}")
    return found


def check_columns(
    frame: Frame, names: Iterable[str], *, numeric: Iterable[str] = (), function: str
) -> None:
    """Raise unless all `names` are distinct columns and those in `numeric` hold numbers."""
    schema = frame.collect_schema()
    wanted = list(names)
    for name in wanted:
        if name not in schema:
            raise UnknownNameError(
                f"{function}: no column {name!r}; the columns are {', '.join(map(str, schema))}"
            )
        if wanted.count(name) > 1:
            raise InvalidDataError(f"{function}: column {name!r} is named twice")
        if schema[name] == nw.Object:
            _check_order(frame, name, function)
    for name in numeric:
        if not schema[name].is_numeric():
            raise InvalidDataError(
                f"{function}: column {name!r} is {schema[name]}, not numeric; convert it first"
            )


def _check_order(frame: Frame, name: str, function: str) -> None:
    """Raise if a column of mixed kinds has values that cannot be told apart or put in order."""
    if not is_eager(frame):
        return
    try:
        sorted(cast("nw.DataFrame[Any]", frame)[name].drop_nulls().unique().to_list())
    except (TypeError, ValueError, ArithmeticError) as problem:
        raise InvalidDataError(
            f"{function}: column {name!r} has values that cannot be told apart or put in order "
            f"({problem}); turn them into text"
        ) from problem


def check_output(by: Sequence[str], produced: Iterable[str], *, function: str) -> None:
    """Raise if there is no grouping column, or one bears the name of a column of the result."""
    if not by:
        raise InvalidDataError(f"{function}: by is empty; name at least one grouping column")
    clash = sorted(set(by) & set(produced))
    if clash:
        raise InvalidDataError(
            f"{function}: grouping column {clash[0]!r} has the name of a result column; rename it"
        )


def check_rows(
    frame: Frame, bad: nw.Expr, show: dict[str, str], *, function: str, rule: str
) -> None:
    """Raise naming the first row where `bad` holds; lazy frames are not computed for it.

    `show` maps columns of `frame` to the names the user knows them by.
    """
    if not is_eager(frame):
        return
    found = cast("nw.DataFrame[Any]", frame).filter(bad).head(1)
    if len(found):
        row = found.row(0)
        values = dict(zip(found.columns, row, strict=True))
        where = ", ".join(f"{name} {values[column]}" for column, name in show.items())
        raise InvalidDataError(f"{function}: row with {where}: {rule}")


def floats(name: str) -> nw.Expr:
    """Return a numeric column as floats in which nan and null are both null."""
    column = nw.col(name).cast(nw.Float64)
    return nw.when(~column.is_nan()).then(column)


def count_true(condition: nw.Expr) -> nw.Expr:
    """Return a condition as 0/1 integers, so that its sum counts."""
    return nw.when(condition).then(nw.lit(1)).otherwise(nw.lit(0))


def is_bad(number: nw.Expr) -> nw.Expr:
    """Tell which numbers are known but not finite."""
    return ~number.is_null() & ~number.is_finite()
