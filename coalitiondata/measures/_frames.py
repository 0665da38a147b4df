"""Opening a user's table of any kind and checking what can be checked without computing it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

import narwhals.stable.v2 as nw

from coalitiondata.errors import InvalidDataError, UnknownNameError

# The eager and the lazy frame share every method used here, but no base class says so.
Frame = nw.LazyFrame[Any]


def open_frame(frame: Any, *, function: str) -> Frame:
    """Wrap a native table, or say which kinds can be used."""
    try:
        return cast("Frame", nw.from_native(frame))
    except TypeError:
        raise InvalidDataError(
            f"{function}: frame must be a table that narwhals knows (pandas, polars, pyarrow, "
            f"DuckDB, ...), got {type(frame).__name__}"
        ) from None


def is_eager(frame: Frame) -> bool:
    """Tell whether the rows are at hand, so that values can be checked and sorted."""
    return isinstance(frame, nw.DataFrame)


def as_names(names: str | Sequence[str]) -> list[str]:
    """Return one name or several as a list."""
    return [names] if isinstance(names, str) else list(names)


def check_columns(
    frame: Frame, names: Iterable[str], *, numeric: Iterable[str] = (), function: str
) -> None:
    """Raise unless all `names` are distinct columns and those in `numeric` hold numbers."""
    schema = frame.collect_schema()
    wanted = list(names)
    for name in wanted:
        if name not in schema:
            raise UnknownNameError(
                f"{function}: no column {name!r}; the columns are {', '.join(schema)}"
            )
        if wanted.count(name) > 1:
            raise InvalidDataError(f"{function}: column {name!r} is named twice")
    for name in numeric:
        if not schema[name].is_numeric():
            raise InvalidDataError(
                f"{function}: column {name!r} is {schema[name]}, not numeric; convert it first"
            )


def check_output(by: Sequence[str], produced: Iterable[str], *, function: str) -> None:
    """Raise if a grouping column bears the name of a column of the result."""
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
