"""Tables that a caller gives instead of the shipped ones: all that are needed, in their types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from coalitiondata import problems, schema
from coalitiondata.conforming import conform, conformed
from coalitiondata.errors import InvalidDataError
from coalitiondata.given import shown, tables_given
from coalitiondata.loading import load
from coalitiondata.paths import shipped_tables

_SHOWN = 3
_ADVICE = "The error's `.report` has them all as a data frame."


def tables_or_shipped(
    tables: Mapping[str, pd.DataFrame] | None, needed: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """The needed tables: the shipped ones, or those that are given, in the types of the schema.

    Raises InvalidDataError if one of them, or a column, is not there, if cells do not fit the type
    of their column, or if rows have the same primary key. Rules are not checked:
    `coalitiondata.validate` does that.
    """
    if tables is None:
        return {name: load(name) for name in needed}
    given = tables_given(tables)
    absent = [name for name in needed if name not in given]
    if absent:
        raise InvalidDataError(
            f"tables lacks {', '.join(absent)}: it needs {', '.join(needed)}. Give those that you "
            "leave as they are with cd.load(name); tables of your own go through "
            "CoalitionData.from_frames."
        )
    with shipped_tables():
        typed = {name: _typed(schema.table(name), given[name]) for name in needed}
        for name, frame in typed.items():
            _check_key(schema.table(name), frame)
    return typed


def _check_key(table: schema.Table, frame: pd.DataFrame) -> None:
    again = frame.duplicated(list(table.primary_key))
    if again.any():
        row = int(again.argmax())
        key = ", ".join(f"{name} {shown(frame[name][row])}" for name in table.primary_key)
        raise InvalidDataError(f"Table {table.name}, row {row}: {key} stands there twice.")


def _typed(table: schema.Table, frame: pd.DataFrame) -> pd.DataFrame:
    absent = [name for name in table.columns if name not in frame]
    if absent:
        raise InvalidDataError(
            f"Table {table.name}: the column {absent[0]} is missing. Columns that are not known "
            "hold missing values."
        )
    if all(_fits(frame[each.name], each) for each in table.fields):
        return frame.reset_index(drop=True)
    typed, resisting = conform(table, frame)
    if len(resisting):
        raise problems.refusal(resisting, _ADVICE, _SHOWN)
    for each in table.fields:
        # These types have no missing value.
        empty = typed[each.name].isna()
        if schema.dtype(each) in ("int64", "bool") and empty.any():
            raise InvalidDataError(
                f"Table {table.name}, column {each.name}, row {int(empty.argmax())}: the value is "
                "missing, but must be known."
            )
    # Own coalitions have levels of their own, as a subtype; `validate` judges them.
    fields = tuple(_with_levels_of(typed[each.name], each) for each in table.fields)
    return conformed(replace(table, fields=fields), typed)


def _with_levels_of(text: pd.Series, field: schema.Field) -> schema.Field:
    if not field.levels:
        return field
    return replace(field, levels=tuple(dict.fromkeys([*field.levels, *text.dropna()])))


def _fits(column: pd.Series, field: schema.Field) -> bool:
    if field.levels:
        levels = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else ()
        return set(field.levels) <= set(levels) and all(isinstance(each, str) for each in levels)
    if column.dtype != schema.dtype(field):
        return False
    return column.dtype != "object" or pd.api.types.infer_dtype(column) in ("string", "empty")
