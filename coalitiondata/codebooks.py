"""The codebook: every variable with its type, levels, coverage, missing values and sources."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

import pandas as pd

from coalitiondata import schema
from coalitiondata.coverage import coverage_markdown
from coalitiondata.loading import load
from coalitiondata.rules import RULES
from coalitiondata.schema import Field, Table


def codebook(table: str | None = None) -> pd.DataFrame:
    """One row per variable of one table, or of all tables.

    Columns: `table`, `variable`, `title`, `type`, `unit`, `levels` (value = label; ...),
    `required`, `n` (values that are not missing), `missing`, `missing_share` (of all rows),
    `missing_reason`, `coverage` (first to last year in which there is a value: of the dates
    themselves for a date, else of the year, start or date of the row or of its coalition; missing
    where a row has no time), `sources` (of the rows with a value), `description`.
    All words come from datapackage.json, all numbers from the tables.

    Raises UnknownNameError for a table that does not exist.
    """
    rows = [
        _row(each, field, frame, years)
        for each in _chosen(table)
        for frame in [load(each.name)]
        for years in [_years(frame)]
        for field in each.fields
    ]
    book = pd.DataFrame(rows)
    return book.astype({"n": "int64", "missing": "int64", "missing_share": "float64"})


def codebook_markdown(table: str | None = None) -> str:
    """The codebook of one table or of all as Markdown; the same text for the same data.

    Raises UnknownNameError for a table that does not exist.
    """
    package = schema.package()
    parts = [
        "# Codebook",
        f"{package['title']}, version {package['version']}. Made from `data/datapackage.json` "
        "and the tables; do not edit by hand.",
    ]
    for each in _chosen(table):
        book = codebook(each.name)
        rows = int(book["n"].iloc[0] + book["missing"].iloc[0])
        keys = "".join(
            f" {_code(key.fields)} refers to {_code([f'{key.table}.{key.references[0]}'])}."
            for key in each.foreign_keys
        )
        parts += [f"## {each.name}", each.description]
        parts += [f"{rows:,} rows. Primary key: {_code(each.primary_key)}.{keys}"]
        parts += ["\n".join(_entry(variable) for _, variable in book.iterrows())]
        levels = [field for field in each.fields if field.labels]
        if levels:
            parts += [f"### Levels of {each.name}", *(_levels(field) for field in levels)]
    if table is None:
        parts += [coverage_markdown(), _rules()]
    return "\n\n".join(parts) + "\n"


def _rules() -> str:
    """The named rules that every release passes, one paragraph each, from their docstrings."""
    entries = [f"**{rule.__name__}.** {inspect.cleandoc(rule.__doc__ or '')}" for rule in RULES]
    return "\n\n".join(["## Rules", "Checked by `validate` on every build.", *entries])


def _chosen(table: str | None) -> list[Table]:
    return list(schema.tables().values()) if table is None else [schema.table(table)]


def _row(
    table: Table, field: Field, frame: pd.DataFrame, years: pd.Series | None
) -> dict[str, Any]:
    column = frame[field.name]
    filled = column.notna()
    when = column.dt.year if field.type == "date" else years
    return {
        "table": table.name,
        "variable": field.name,
        "title": field.title,
        "type": field.type,
        "unit": field.unit,
        "levels": "; ".join(f"{level} = {label}" for level, label in (field.labels or {}).items()),
        "required": field.required,
        "n": int(filled.sum()),
        "missing": int((~filled).sum()),
        "missing_share": round(float((~filled).mean()), 4) if len(frame) else 0.0,
        "missing_reason": field.missing_reason,
        "coverage": None if when is None else _span(when[filled]),
        "sources": _sources(frame, filled),
        "description": field.description,
    }


def _years(frame: pd.DataFrame) -> pd.Series | None:
    """The year each row belongs to, if rows of this table have one."""
    if "year" in frame:
        return frame["year"]
    for name in ("start", "date"):
        if name in frame:
            own: pd.Series = frame[name].dt.year
            return own
    for key, owner in (("coalition_id", "coalitions"), ("alliance_id", "alliances")):
        if key in frame:
            starts = load(owner).set_index(key)["start"].dt.year
            owners: pd.Series = frame[key].map(starts)
            return owners
    return None


def _span(years: pd.Series) -> str | None:
    known = years.dropna()
    return None if known.empty else f"{int(known.min())}-{int(known.max())}"


def _sources(frame: pd.DataFrame, filled: pd.Series) -> str | None:
    if "source" not in frame:
        return None
    return "; ".join(sorted(frame.loc[filled, "source"].unique()))


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _entry(variable: pd.Series) -> str:
    facts = [str(variable["type"])]
    facts += [f"unit: {variable['unit']}"] if pd.notna(variable["unit"]) else []
    facts += ["required"] if variable["required"] else []
    facts += [f"n = {variable['n']:,}"]
    if variable["missing"]:
        facts += [f"missing {variable['missing']:,} ({variable['missing_share']:.1%})"]
    facts += [variable["coverage"]] if pd.notna(variable["coverage"]) else []
    text = f"- **`{variable['variable']}`** {variable['title']} ({', '.join(facts)}). "
    text += str(variable["description"])
    if pd.notna(variable["missing_reason"]):
        text += f" Missing: {variable['missing_reason']}."
    return text


def _levels(field: Field) -> str:
    lines = [f"`{field.name}`", ""]
    lines += [f"- `{level}`: {label}" for level, label in (field.labels or {}).items()]
    return "\n".join(lines)
