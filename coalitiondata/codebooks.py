"""The codebook: every variable with its type, levels, coverage, missing values and sources."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from coalitiondata import schema
from coalitiondata.given import path_given
from coalitiondata.loading import load
from coalitiondata.rule_links import rules_of
from coalitiondata.schema import Field, Table

FIRST_VERSION = "0.1.0"


def codebook(table: str | None = None) -> pd.DataFrame:
    """One row per variable of one table, or of all tables.

    Columns: `table`, `variable`, `title`, `type`, `unit`, `levels` (value = label; ...),
    `required`, `n` (values that are not missing), `missing`, `missing_share` (of all rows),
    `missing_reason`, `coverage` (first to last year in which there is a value: of the dates
    themselves for a date, else of the year, start or date of the row or of its coalition; missing
    where a row has no time), `sources` (of the rows with a value), `rule` (paragraphs of
    docs/rules.md on how it was made; missing for a fact taken over as it stands),
    `version_introduced` (version of the data set that first had the variable), `description`.
    All words come from datapackage.json, all numbers from the tables.

    Raises UnknownNameError for a table that does not exist.
    """
    introduced = _introduced()
    rows = [
        _row(each, field, frame, years)
        | {
            "version_introduced": introduced[each.name, field.name],
            "description": field.description,
        }
        for each in chosen(table)
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
    from coalitiondata.pages.as_markdown import markdown
    from coalitiondata.pages.content import content

    return markdown(content(table))


def codebook_html(table: str | None = None) -> str:
    """The codebook of one table or of all as one page that needs no other file and no network.

    Raises UnknownNameError for a table that does not exist.
    """
    from coalitiondata.pages.as_html import html
    from coalitiondata.pages.content import content

    return html(content(table))


def codebook_pdf(path: str | os.PathLike[str], table: str | None = None) -> Path:
    """Write the codebook of one table or of all as PDF, with bookmarks and links.

    Raises UnknownNameError for a table that does not exist, MissingExtraError without fpdf2.
    """
    from coalitiondata.pages.as_pdf import pdf
    from coalitiondata.pages.content import content
    from coalitiondata.replacing import write_whole

    target = path_given(path)
    write_whole(target, pdf(content(table)))
    return target


def chosen(table: str | None) -> list[Table]:
    """The table of this name, or all. Raises UnknownNameError."""
    return list(schema.tables().values()) if table is None else [schema.table(table)]


def _introduced() -> Mapping[tuple[str, str], str]:
    """Version of the data set that first had each variable: its own, its table's, or the first."""
    return {
        (resource["name"], field["name"]): str(
            field.get("versionIntroduced", resource.get("versionIntroduced", FIRST_VERSION))
        )
        for resource in schema.package()["resources"]
        for field in resource["schema"]["fields"]
    }


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
        "levels": "; ".join(f"{level} = {label}" for level, label in (field.labels or {}).items())
        or None,
        "required": field.required,
        "n": int(filled.sum()),
        "missing": int((~filled).sum()),
        "missing_share": round(float((~filled).mean()), 4) if len(frame) else 0.0,
        "missing_reason": field.missing_reason,
        "coverage": None if when is None else _span(when[filled]),
        "sources": _sources(frame, filled),
        "rule": "; ".join(map(str, rules_of(table.name, field.name))) or None,
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
    column = next((name for name in ("source", "source_id") if name in frame), None)
    if column is None:
        return None
    return "; ".join(sorted(frame.loc[filled, column].unique())) or None
