"""The generated part of docs/citing.md: how to cite the data set, its tables and its sources."""

from __future__ import annotations

from coalitiondata import schema
from coalitiondata.errors import InvalidDataError
from coalitiondata.loading import load
from coalitiondata.metadata import apa, bibtex, csl, plain
from coalitiondata.metadata.record import Record
from coalitiondata.metadata.rights import LISTS
from coalitiondata.metadata.sources import Source

PATH = "docs/citing.md"
BEGIN, END = "<!-- citations -->", "<!-- /citations -->"


def text(existing: str, record: Record, sources: list[Source]) -> str:
    """The page with the part between its marks made anew.

    Raises InvalidDataError for a page without the marks.
    """
    before, begin, rest = existing.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise InvalidDataError(f"{PATH} must have the lines {BEGIN} and {END}: put them back.")
    return f"{before}{BEGIN}\n{citations(record, sources)}\n{END}{after}"


def citations(record: Record, sources: list[Source]) -> str:
    """The data set in every style, the sources behind each table, every source with its terms."""
    return "\n\n".join(
        [
            f"### The data set, version {record.version}",
            *_styles(record),
            "### Sources behind each table",
            "These supplied rows; `cd.cite()` adds those from which they were computed.",
            _tables(),
            "### Sources and their terms",
            "\n".join(f"- `{each.source_id}`: {_entry(record, each)}" for each in sources),
        ]
    )


def _styles(record: Record) -> list[str]:
    return [
        "Text:",
        _block(plain.entries(record, [])[0], "text"),
        "APA:",
        _block(apa.entries(record, [])[0], "text"),
        "BibTeX:",
        _block(bibtex.own(record), "bibtex"),
        "CSL-JSON:",
        _block(csl.text(record, []), "json"),
    ]


def _block(content: str, language: str) -> str:
    return f"```{language}\n{content}\n```"


def _entry(record: Record, source: Source) -> str:
    return plain.entries(record, [source])[1]


def _tables() -> str:
    lines = ["| table | sources of its rows |", "|---|---|"]
    for name in schema.tables():
        if name not in LISTS:
            ids = sorted(load(name)["source"].astype("object").unique())
            lines.append(f"| {name} | {', '.join(f'`{each}`' for each in ids)} |")
    return "\n".join(lines)
