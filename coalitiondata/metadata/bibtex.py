"""Citations as BibTeX: one @misc entry for the data set and for each source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from coalitiondata.metadata.record import Record
from coalitiondata.metadata.rights import attribution
from coalitiondata.metadata.sources import Source
from coalitiondata.metadata.works import Name, works

# Where the citation is no list of works: what stands before a full stop and a year is the author.
_AUTHOR_YEAR = re.compile(r"(?P<author>.+?)\. (?P<year>\d{4})\. ")
# Addresses and DOIs are read verbatim by styles and by hyperref, braces excepted.
_VERBATIM = ("doi", "url")
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


def entries(record: Record, sources: Iterable[Source]) -> list[str]:
    """The entry of the data set, then one for each source, keyed by its id.

    Title, version and address are those of the data that were used; authors, year and DOI those of
    the (first) work that the source asks to be cited, which `note` has in full.
    """
    return [own(record), *(_source(record, source) for source in sources)]


def own(record: Record) -> str:
    """The entry of the data set itself."""
    fields = {
        "title": record.title,
        "year": record.year,
        "version": record.version,
        "doi": record.doi,
        "url": record.homepage,
        "copyright": " and ".join(each.spdx for each in record.licences),
    }
    return _entry(record.name, [Name(each) for each in record.authors], fields)


def _source(record: Record, source: Source) -> str:
    authors, year = _authors(record, source)
    fields = {
        "title": source.title,
        "year": year,
        "version": source.version,
        "doi": source.doi,
        "url": source.url,
        "urldate": source.retrieved,
        "copyright": attribution(source),
        "note": source.citation,
    }
    return _entry(source.source_id, authors, fields)


def _authors(record: Record, source: Source) -> tuple[list[Name], str | None]:
    if source.own:
        return [Name(each) for each in record.authors], record.year
    for work in works(source)[:1]:
        return list(work.authors), work.year
    begins = _AUTHOR_YEAR.match(source.citation)
    return ([Name(begins["author"])], begins["year"]) if begins else ([], None)


def _entry(key: str, authors: list[Name], fields: Mapping[str, str | None]) -> str:
    lines = [f"  author = {{{' and '.join(map(_name, authors))}}}"] if authors else []
    for name, value in fields.items():
        if value:
            verbatim = name in _VERBATIM
            text = value.replace("{", "%7B").replace("}", "%7D") if verbatim else _tex(value)
            text = f"{{{text}}}" if name == "title" else text  # keeps its capitals
            lines.append(f"  {name} = {{{text}}}")
    return f"@misc{{{key},\n" + ",\n".join(lines) + "\n}"


def _name(name: Name) -> str:
    # Braces keep an organisation from being taken apart into given and family name.
    return _tex(name.first) if name.given else f"{{{_tex(name.family)}}}"


def _tex(text: str) -> str:
    return text.translate(_SPECIAL)
