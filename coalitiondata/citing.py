"""Citing the data set and every source behind the rows that were used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import get_args

import pandas as pd

from coalitiondata import schema
from coalitiondata.errors import InvalidDataError, UnknownNameError
from coalitiondata.formats import Style
from coalitiondata.given import frame_given, names_given, shown
from coalitiondata.loading import load
from coalitiondata.metadata import apa, bibtex, csl, plain
from coalitiondata.metadata.record import record
from coalitiondata.metadata.sources import with_origins
from coalitiondata.names import known


def cite(
    tables: str | Sequence[str] | None = None,
    rows: pd.DataFrame | None = None,
    style: Style = "text",
) -> str:
    """Citations of this data set, at its version, and of every source behind the data used.

    `tables` names one table or several; `rows` is a data frame, often a selection of a table, with
    a `source` (or `source_id`) column, or with a `coalition_id` or `lineage` column, for which
    every source of these coalitions, their members and pairs of members is cited (in `tables`, if
    given). Without both, all sources of the data set are cited. Sources that this project computed
    from others bring those along. Every source comes with its terms and what may be passed on.

    `style` is
    - `text`: one paragraph each, in the words in which the source asks to be cited;
    - `bibtex`: one @misc entry each, keyed by the source id, with the citation asked for in `note`;
    - `apa`: APA, seventh edition, one paragraph for each work that a source asks to be cited;
    - `csl-json`: a JSON array for reference managers and pandoc, one item for each such work.

    Raises UnknownNameError for a table, style or source that does not exist, or rows without any of
    these columns; InvalidDataError for rows that are no pandas data frame or have ids that are no
    text.
    """
    known("style", style, get_args(Style))
    listed = with_origins(_used(tables, rows))
    if style == "csl-json":
        return csl.text(record(), listed) + "\n"
    entries = {"text": plain.entries, "bibtex": bibtex.entries, "apa": apa.entries}[style]
    return "\n\n".join(entries(record(), listed)) + "\n"


def _used(tables: str | Sequence[str] | None, rows: pd.DataFrame | None) -> set[str]:
    """Ids of the sources that supplied these tables or rows."""
    chosen = names_given(tables, schema.tables(), "tables")
    for name in chosen:
        known("table", name, schema.tables())
    if rows is None:
        return _ids_of(load(name) for name in chosen)
    rows = frame_given(rows, "rows")
    if "source" in rows or "source_id" in rows:
        return _ids_of([rows])
    if "coalition_id" in rows:
        return _behind(_texts(rows["coalition_id"]), chosen)
    if "lineage" in rows:
        coalitions = load("coalitions")
        inside = coalitions["lineage"].isin(_texts(rows["lineage"]))
        return _behind(set(coalitions.loc[inside, "coalition_id"]), chosen)
    raise UnknownNameError(
        "The rows have no column `source`, `coalition_id` or `lineage`; pass rows of a table "
        "of this data set, or name the tables that were used: cite(tables=[...])."
    )


def _ids_of(frames: Iterable[pd.DataFrame]) -> set[str]:
    """Ids of the sources behind these tables; `sources` and `source_files` list all of them."""
    found: set[str] = set()
    for frame in frames:
        column = "source" if "source" in frame else "source_id"
        found |= _texts(frame[column])
    return found


def _texts(column: pd.Series) -> set[str]:
    """The ids in a column. Raises InvalidDataError for a cell that is neither text nor missing."""
    cells = column.dropna()
    odd = [cell for cell in cells if not isinstance(cell, str)]
    if odd:
        raise InvalidDataError(f"`{column.name}` of the rows holds {shown(odd[0])}; ids are text.")
    return set(cells)


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
