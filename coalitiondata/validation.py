"""Checking tables, the shipped ones or a user's own, against the schema and the rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from coalitiondata import problems, schema
from coalitiondata.conforming import conform
from coalitiondata.errors import InvalidDataError, MissingExtraError
from coalitiondata.given import tables_given
from coalitiondata.loading import load
from coalitiondata.names import known
from coalitiondata.rules import RULES
from coalitiondata.schema import Field, Table

_SHOWN = 3
_ADVICE = "validate(..., raise_on_error=False) returns them all as a data frame."


def validate(
    frames: Mapping[str, pd.DataFrame] | None = None,
    *,
    raise_on_error: bool = True,
    **minimal: Any,
) -> pd.DataFrame:
    """Check tables against the schema, their keys and the named rules of `coalitiondata.rules`.

    `frames` maps names of tables to data frames; without it the shipped tables are checked. All
    problems are found at once. Keys of another table and rules that need another table are checked
    where that table is among `frames`. The rules skip a table that lacks a column, and a row with
    a cell of the wrong type, until that is mended.

    A table `members` among them makes them minimal tables of own coalitions; they are checked as
    `CoalitionData.from_members` reads them, whose further arguments are `minimal`.

    Returns a report with one row per problem: `table`, `row` (the index label in the given frame,
    missing where a whole column is meant), `column`, `value`, `rule`, `hint`. It is empty if all
    is well. Rules of the schema are called column (missing or unexpected), string, integer,
    number, boolean, date, required, enum, pattern, minimum, maximum, unique, primary_key and
    foreign_key.

    Raises InvalidDataError unless `raise_on_error=False`; UnknownNameError for a table that does
    not exist; MissingExtraError if pandera is not installed.
    """
    frames = None if frames is None else tables_given(frames)
    if frames is not None and "members" in frames:
        return _told(_of_minimal(frames, minimal), raise_on_error)
    if minimal:
        raise InvalidDataError(
            f"{', '.join(minimal)} are for minimal tables, and there is no table `members`."
        )
    _pandera()
    given = {name: load(name) for name in schema.tables()} if frames is None else dict(frames)
    for name in given:
        known("table", name, schema.tables())
    typed: dict[str, pd.DataFrame] = {}
    complete: dict[str, pd.DataFrame] = {}
    reports = []
    for name, frame in given.items():
        table = schema.table(name)
        reports.append(_columns(table, frame))
        typed[name], resisting = conform(table, frame)
        reports += [resisting, _values(table, typed[name], resisting)]
        reports.append(_primary_key(table, typed[name]))
        if not set(table.columns) - set(typed[name]):
            complete[name] = typed[name]
    reports += [_foreign_keys(schema.table(name), typed) for name in typed]
    mistyped = problems.together(reports).query("rule in @_TYPES")
    spoilt = pd.MultiIndex.from_frame(mistyped[["table", "row"]])
    for rule in RULES:
        broken = rule(complete)
        reports.append(broken[~pd.MultiIndex.from_frame(broken[["table", "row"]]).isin(spoilt)])
    return _told(problems.labelled(problems.together(reports), given), raise_on_error)


def _of_minimal(frames: Mapping[str, pd.DataFrame], options: Mapping[str, Any]) -> pd.DataFrame:
    from coalitiondata.own.data import CoalitionData

    try:
        return CoalitionData.from_frames(frames, **{**options, "strict": False}).problems
    except InvalidDataError as error:
        if error.report is None:
            raise
        return error.report


def _told(report: pd.DataFrame, raise_on_error: bool) -> pd.DataFrame:
    if len(report) and raise_on_error:
        raise problems.refusal(report, _ADVICE, _SHOWN)
    return report


_TYPES = ("string", "integer", "number", "boolean", "date")


def _columns(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    absent = [name for name in table.columns if name not in frame]
    extra = [str(name) for name in frame.columns if name not in table.columns]
    return problems.together(
        [problems.one(table.name, name, "column", "The column is missing; add it, with missing "
                      "values where nothing is known.") for name in absent]
        + [problems.one(table.name, name, "column", "The schema has no such column; remove or "
                        "rename it.") for name in extra]
    )  # fmt: skip


def _values(table: Table, typed: pd.DataFrame, resisting: pd.DataFrame) -> pd.DataFrame:
    """Required, levels, pattern, range and uniqueness of single columns, by pandera."""
    pandera = _pandera()
    columns = {
        field.name: pandera.Column(
            None,
            _checks(pandera, field),
            nullable=not field.required,
            unique=field.unique and table.primary_key != (field.name,),
        )
        for field in table.fields
        if field.name in typed
    }
    try:
        pandera.DataFrameSchema(columns).validate(typed, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        cases = errors.failure_cases
    else:
        return problems.none()
    rules = cases["check"].replace({"not_nullable": "required", "field_uniqueness": "unique"})
    fields = {field.name: field for field in table.fields}
    report = pd.DataFrame(
        {
            "table": table.name,
            "row": cases["index"],
            "column": cases["column"],
            "value": cases["failure_case"],
            "rule": rules,
            "hint": [_hint(fields[c], r) for c, r in zip(cases["column"], rules, strict=True)],
        }
    ).astype("object")
    cell = ["row", "column"]
    again = pd.MultiIndex.from_frame(report[cell]).isin(pd.MultiIndex.from_frame(resisting[cell]))
    return report[~again]


def _checks(pandera: Any, field: Field) -> list[Any]:
    check = pandera.Check
    found = []
    if field.levels:
        found.append(check.isin(list(field.levels), error="enum"))
    if field.pattern is not None:
        found.append(check.str_matches(f"^(?:{field.pattern})$", error="pattern"))
    if field.minimum is not None:
        found.append(check.ge(field.minimum, error="minimum"))
    if field.maximum is not None:
        found.append(check.le(field.maximum, error="maximum"))
    return found


def _hint(field: Field, rule: str) -> str:
    return {
        "required": "A value is required.",
        "enum": f"Give one of {', '.join(field.levels)}.",
        "pattern": f"Must match {field.pattern}.",
        "minimum": f"Must be at least {field.minimum}.",
        "maximum": f"Must be at most {field.maximum}.",
        "unique": "Occurs more than once; every row needs its own.",
    }[rule]


def _primary_key(table: Table, typed: pd.DataFrame) -> pd.DataFrame:
    key = list(table.primary_key)
    if not set(key) <= set(typed):
        return problems.none()
    again = typed.duplicated(key) & typed[key].notna().all(axis=1)
    hint = f"Another row has the same {', '.join(key)}; keep one of them."
    return problems.at(again, typed, table.name, key[-1], "primary_key", hint)


def _foreign_keys(table: Table, typed: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    found = []
    frame = typed[table.name]
    for key in table.foreign_keys:
        fields, references = list(key.fields), list(key.references)
        if key.table not in typed or not set(references) <= set(typed[key.table]):
            continue
        if not set(fields) <= set(frame):
            continue
        there = pd.MultiIndex.from_frame(typed[key.table][references])
        absent = ~pd.MultiIndex.from_frame(frame[fields]).isin(there)
        dangling = frame[fields].notna().all(axis=1) & absent
        hint = f"`{key.table}` has no row with this {', '.join(references)}; add it there."
        found.append(problems.at(dangling, frame, table.name, fields[0], "foreign_key", hint))
    return problems.together(found)


def _pandera() -> Any:
    try:
        import pandera.pandas as pandera
    except ImportError as problem:
        raise MissingExtraError(
            'validate needs pandera: pip install "coalitiondata[validate]"'
        ) from problem
    return pandera
