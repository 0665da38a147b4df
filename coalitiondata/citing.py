"""Citing the data set and every source behind the rows that were used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import get_args

import pandas as pd

from coalitiondata import schema
from coalitiondata.errors import UnknownNameError
from coalitiondata.formats import Style
from coalitiondata.loading import load
from coalitiondata.names import known

# `Doe, Jane and J. B. Roe. 1999. ...`: everything up to the first full stop before a year.
_AUTHOR_YEAR = re.compile(r"(?P<author>.+?)\. (?P<year>\d{4})\. ")

_SPECIAL = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{sign: f"\\{sign}" for sign in "&%$#_"},
    }
)


def cite(
    tables: str | Sequence[str] | None = None,
    rows: pd.DataFrame | None = None,
    style: Style = "text",
) -> str:
    """Citations of this data set, at its version, and of every source behind the data used.

    `tables` names one table or several; `rows` is a data frame, often a selection of a table, with
    a `source` column, or with a `coalition_id` or `lineage` column, for which every source of these
    coalitions, their members and pairs of members is cited (in `tables`, if given). Without both,
    all sources of the data set are cited. Sources that this project computed from others bring
    those along.

    `style` is `text` (one citation per paragraph) or `bibtex` (one @misc entry each, keyed by the
    source id; the citation asked for stands unabridged in `note`, authors and year also in their
    fields where the citation begins with them).

    Raises UnknownNameError for a table, style or source that does not exist, or rows without any of
    these columns.
    """
    known("style", style, get_args(Style))
    chosen = [tables] if isinstance(tables, str) else list(tables or schema.tables())
    for name in chosen:
        known("table", name, schema.tables())
    if rows is None:
        used = _ids_of(load(name) for name in chosen)
    elif "source" in rows:
        used = set(rows["source"].dropna())
    elif "coalition_id" in rows:
        used = _behind(set(rows["coalition_id"]), chosen)
    elif "lineage" in rows:
        coalitions = load("coalitions")
        inside = coalitions["lineage"].isin(rows["lineage"].dropna())
        used = _behind(set(coalitions.loc[inside, "coalition_id"]), chosen)
    else:
        raise UnknownNameError(
            "The rows have no column `source`, `coalition_id` or `lineage`; pass rows of a table "
            "of this data set, or name the tables that were used: cite(tables=[...])."
        )
    sources = load("sources").set_index("source_id", drop=False)
    listed = sources.loc[_with_origins(used, sources)]
    if style == "bibtex":
        entries = [_own_bibtex(), *(_bibtex(source) for _, source in listed.iterrows())]
    else:
        entries = [_own_text(), *(_text(source) for _, source in listed.iterrows())]
    return "\n\n".join(entries) + "\n"


def _ids_of(frames: Iterable[pd.DataFrame]) -> set[str]:
    """Ids of the sources behind these tables; `sources` and `source_files` list all of them."""
    found: set[str] = set()
    for frame in frames:
        column = "source" if "source" in frame else "source_id"
        found |= set(frame[column].dropna())
    return found


def _behind(wanted: set[str], tables: Sequence[str]) -> set[str]:
    """Sources of all rows about these coalitions, their members and pairs of their members."""
    memberships = load("memberships")
    members = set(memberships.loc[memberships["coalition_id"].isin(wanted), "actor_id"])
    found: set[str] = set()
    for name in tables:
        frame = load(name)
        if "source" not in frame:
            continue
        if "coalition_id" in frame:
            about = frame["coalition_id"].isin(wanted)
        elif "actor_a" in frame:
            about = frame["actor_a"].isin(members) & frame["actor_b"].isin(members)
        elif "actor_id" in frame:
            about = frame["actor_id"].isin(members)
        else:
            continue
        found |= set(frame.loc[about, "source"])
    return found


def _with_origins(used: set[str], sources: pd.DataFrame) -> list[str]:
    """The ids and, recursively, those they are based on, in alphabetical order."""
    waiting, found = sorted(used), set[str]()
    while waiting:
        source = known("source", waiting.pop(), sources.index)
        if source in found:
            continue
        found.add(source)
        origins = sources.loc[source, "based_on"]
        if isinstance(origins, str):
            waiting += origins.split(";")
    return sorted(found)


def _own() -> dict[str, str]:
    package = schema.package()
    authors = [each["title"] for each in package.get("contributors", [])]
    return {
        "author": " and ".join(authors) or "The coalitiondata authors",
        "title": str(package["title"]),
        "year": str(package.get("created", ""))[:4],
        "version": str(package["version"]),
        "doi": str(package.get("id", "")).removeprefix("https://doi.org/"),
        "url": str(package.get("homepage", "")),
    }


def _own_text() -> str:
    own = _own()
    where = f" https://doi.org/{own['doi']}" if own["doi"] else f" {own['url']}".rstrip()
    year = f" {own['year']}." if own["year"] else ""
    return f"{own['author']}.{year} {own['title']}. Version {own['version']}. Data set.{where}"


def _own_bibtex() -> str:
    own = _own()
    authors = " and ".join("{" + _tex(name) + "}" for name in own.pop("author").split(" and "))
    return _entry("coalitiondata", {"author": authors}, own)


def _text(source: pd.Series) -> str:
    parts = [str(source["citation"]).strip()]
    if pd.notna(source["version"]) and str(source["version"]) not in parts[0]:
        version = str(source["version"])
        parts.append(
            f"Version {version}." if version[0].isdigit() else f"{version[0].upper()}{version[1:]}."
        )
    if pd.notna(source["doi"]):
        if source["doi"] not in parts[0]:
            parts.append(f"https://doi.org/{source['doi']}")
    elif pd.notna(source["url"]) and source["url"] not in parts[0]:
        parts.append(str(source["url"]))
    return " ".join(parts)


def _bibtex(source: pd.Series) -> str:
    begins = _AUTHOR_YEAR.match(str(source["citation"]))
    raw = {"author": "{" + _tex(begins["author"]) + "}"} if begins else {}
    fields = {
        "title": source["title"],
        "year": begins["year"] if begins else None,
        "version": source["version"],
        "doi": source["doi"],
        "url": source["url"],
        "urldate": None if pd.isna(source["retrieved"]) else f"{source['retrieved']:%Y-%m-%d}",
        "note": source["citation"],
    }
    return _entry(str(source["source_id"]), raw, fields)


def _entry(key: str, raw: dict[str, str], fields: Mapping[str, object]) -> str:
    lines = [f"  {name} = {{{value}}}" for name, value in raw.items()]
    for name, value in fields.items():
        if isinstance(value, str) and value:
            # Addresses and DOIs are read verbatim by styles and by hyperref, braces excepted.
            verbatim = name in ("doi", "url")
            text = value.replace("{", "%7B").replace("}", "%7D") if verbatim else _tex(value)
            text = f"{{{text}}}" if name == "title" else text  # keeps its capitals
            lines.append(f"  {name} = {{{text}}}")
    return f"@misc{{{key},\n" + ",\n".join(lines) + "\n}"


def _tex(text: str) -> str:
    return text.translate(_SPECIAL)
