"""The sources behind the rows, as plain records."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from coalitiondata.loading import load
from coalitiondata.names import known


@dataclass(frozen=True, slots=True)
class Source:
    """One row of the table `sources`; what is missing there is None."""

    source_id: str
    title: str
    citation: str
    doi: str | None
    url: str | None
    version: str | None
    licence: str
    redistribution: str
    retrieved: str | None
    based_on: tuple[str, ...]

    @property
    def own(self) -> bool:
        """Whether this project compiled or computed it."""
        return self.redistribution == "own"

    @property
    def spdx(self) -> str | None:
        """The licence if it is an SPDX identifier; terms in words are none."""
        return None if " " in self.licence else self.licence

    @property
    def data(self) -> str:
        """What was used: title, version and address of the data, as far as they are known."""
        parts = [self.title]
        if self.version:
            bare = self.version[0].isdigit()
            parts.append(f"version {self.version}" if bare else self.version)
        return ", ".join([*parts, *([self.url] if self.url else [])])


def every() -> dict[str, Source]:
    """All sources of the data set by id, in alphabetical order."""
    rows = load("sources").astype("object").sort_values("source_id")
    return {row["source_id"]: _source(row) for _, row in rows.iterrows()}


def with_origins(used: Collection[str]) -> list[Source]:
    """These sources and, recursively, those they were computed from, in alphabetical order.

    Raises UnknownNameError for an id that is not in the table `sources`.
    """
    sources = every()
    waiting, found = sorted(used), set[str]()
    while waiting:
        name = known("source", waiting.pop(), sources)
        if name not in found:
            found.add(name)
            waiting += sources[name].based_on
    return [sources[name] for name in sorted(found)]


def _source(row: pd.Series) -> Source:
    def text(column: str) -> str | None:
        return None if pd.isna(row[column]) else str(row[column]).strip()

    return Source(
        source_id=str(row["source_id"]),
        title=str(row["title"]),
        citation=str(row["citation"]).strip(),
        doi=text("doi"),
        url=text("url"),
        version=text("version"),
        licence=str(row["licence"]),
        redistribution=str(row["redistribution"]),
        retrieved=None if pd.isna(row["retrieved"]) else f"{row['retrieved']:%Y-%m-%d}",
        based_on=tuple((text("based_on") or "").split(";")) if text("based_on") else (),
    )
