"""The codebook: every variable with its type, levels, coverage, missing values and sources."""

from __future__ import annotations

import pandas as pd

from coalitiondata import schema
from coalitiondata.loading import load
from coalitiondata.schema import Field, Table

_MANY = 8


def codebook(table: str | None = None) -> pd.DataFrame:
    """One row per variable of one table, or of all tables.

    Columns: `table`, `variable`, `title`, `type`, `unit`, `levels` (value = label; ...),
    `required`, `n` (values that are not missing), `missing`, `missing_share` (of all rows),
    `missing_reason`, `coverage` (first to last year in which there is a value: of the dates
    themselves for a date, else of the year, start or date of the row or of its coalition; missing
    where a row has no time), `sources` (ids of the sources of the rows with a value), `description`.
    All words come from datapackage.json, all numbers from the tables.

    Raises UnknownNameError for a table that does not exist.
    """
    chosen = [schema.table(table)] if table is not None else list(schema.tables().values())
    rows = [
        _row(each, field, frame, years)
        for each in chosen
        for frame in [load(each.name)]
        for years in [_years(each, frame)]
        for field in each.fields
    ]
    book = pd.DataFrame(rows)
    return book.astype({"n": "int64", "missing": "int64", "missing_share": "float64"})


def codebook_markdown() -> str:
    """The codebook of all tables as Markdown; the same text for the same data."""
    package = schema.package()
    parts = [
        "# Codebook",
        f"{package['title']}, version {package['version']}. Made from `data/datapackage.json` "
        "and the tables; do not edit by hand.",
    ]
    for table in schema.tables().values():
        book = codebook(table.name)
        rows = len(load(table.name))
        parts += [f"## {table.name}", table.description]
        parts += [
            f"{rows:,} rows. Primary key: {_code(table.primary_key)}."
            + "".join(
                f" {_code(key.fields)} refers to {_code([f'{key.table}.{key.references[0]}'])}."
                for key in table.foreign_keys
            )
        ]
        parts += ["\n".join(_entry(variable) for _, variable in book.iterrows())]
        levels = [field for field in table.fields if field.labels]
        if levels:
            parts += ["### Levels" + f" of {table.name}"]
            parts += ["\n\n".join(_levels(field) for field in levels)]
    return "\n\n".join(parts) + "\n"


def _row(table: Table, field: Field, frame: pd.DataFrame, years: pd.Series | None) -> dict:  # type: ignore[type-arg]
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


def _years(table: Table, frame: pd.DataFrame) -> pd.Series | None:
    """The year each row belongs to, if rows of this table have one."""
    if "year" in frame:
        return frame["year"]
    for name in ("start", "date"):
        if name in frame:
            return frame[name].dt.year
    for key, owner in (("coalition_id", "coalitions"), ("alliance_id", "alliances")):
        if key in frame:
            starts = load(owner).set_index(key)["start"].dt.year
            return frame[key].map(starts)
    return None


def _span(years: pd.Series) -> str | None:
    known = years.dropna()
    return None if known.empty else f"{int(known.min())}-{int(known.max())}"


def _sources(frame: pd.DataFrame, filled: pd.Series) -> str | None:
    if "source" not in frame:
        return None
    return "; ".join(sorted(frame.loc[filled, "source"].unique()))


def _code(names: object) -> str:
    return ", ".join(f"`{name}`" for name in names)  # type: ignore[attr-defined]


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
