"""The works that a citation names, taken apart: authors, year, title and where it appeared.

`sources.citation` is written author-date, one work after the other:
`Doe, Jane and J. B. Roe. 1999. Title. Journal 3(1): 1-2.` `Work.text` puts a work together again;
that it gives the citation back, letter by letter, is the proof that it was read rightly.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from coalitiondata.metadata.sources import Source

# The full stop after a single capital ends an initial, not a part, unless the year follows.
_PARTS = re.compile(r"(?<!\b[A-Z])\. |\. (?=\d{4}\. )")
_INITIAL = re.compile(r".*\b[A-Z]")
_YEAR = re.compile(r"\d{4}")
_GIVEN_FIRST = re.compile(r"(?P<given>.+?) (?P<family>(?:[a-z]+ )*\S+)")
_ARTICLE = re.compile(
    r"(?P<container>.+) (?P<volume>\d{1,3})(?:\((?P<issue>[\d-]+)\))?(?:: (?P<pages>[\d-]+))?"
)
_CHAPTER = re.compile(
    r"In: (?P<editors>.+) \(eds?\.\), (?P<container>.+)\. "
    r"(?P<place>[^:]+): (?P<publisher>.+), (?P<pages>[\d-]+)"
)
_BOOK = re.compile(r"(?P<place>[^:.]+): (?P<publisher>.+)")
_DATAVERSE = "10.7910/DVN/"

Kind = Literal["article", "chapter", "book", "dataset"]


@dataclass(frozen=True, slots=True)
class Name:
    """A person, or with `given` None an organisation."""

    family: str
    given: str | None = None

    @property
    def first(self) -> str:
        """The name in first place of a list: Doe, Jane."""
        return f"{self.family}, {self.given}" if self.given else self.family

    @property
    def later(self) -> str:
        """The name in a later place: Jane Doe."""
        return f"{self.given} {self.family}" if self.given else self.family


@dataclass(frozen=True, slots=True)
class Work:
    """One cited work; `container` is the journal or the edited volume."""

    kind: Kind
    authors: tuple[Name, ...]
    year: str
    title: str
    container: str | None = None
    volume: str | None = None
    issue: str | None = None
    pages: str | None = None
    editors: tuple[Name, ...] = ()
    place: str | None = None
    publisher: str | None = None
    version: str | None = None
    doi: str | None = None
    url: str | None = None

    @property
    def text(self) -> str:
        """The work as `sources.citation` has it."""
        first, *others = self.authors
        names = [first.first, *(each.later for each in others)]
        parts = [_list(names).removesuffix("."), self.year, self.title, self._tail()]
        return ". ".join(part for part in parts if part) + "."

    def _tail(self) -> str:
        if self.kind == "article":
            issue = f"({self.issue})" if self.issue else ""
            pages = f": {self.pages}" if self.pages else ""
            return f"{self.container} {self.volume}{issue}{pages}"
        if self.kind == "chapter":
            mark = "ed." if len(self.editors) == 1 else "eds."
            editors = _list([each.later for each in self.editors])
            inside = f"In: {editors} ({mark}), {self.container}"
            return f"{inside}. {self.place}: {self.publisher}, {self.pages}"
        if self.kind == "book":
            return f"{self.place}: {self.publisher}"
        return self.publisher or self.version or ""


def works(source: Source) -> tuple[Work, ...]:
    """The works that the source asks to be cited, in its order.

    Empty if the citation is not author-date: the source has no year, or is our own compilation.
    The DOI of the source goes to the work that a Dataverse published if it is one of a Dataverse,
    else to the first; its address to data sets among the works that have no DOI.
    """
    parts = _PARTS.split(source.citation.removesuffix("."))
    years = [place for place, part in enumerate(parts) if _YEAR.fullmatch(part)]
    if years[:1] != [1] or years[-1] + 1 >= len(parts):
        return ()
    ends = [*(place - 1 for place in years[1:]), len(parts)]
    read = [
        _work(parts[year - 1], parts[year], parts[year + 1], ". ".join(parts[year + 2 : end]))
        for year, end in zip(years, ends, strict=True)
    ]
    if source.doi:
        deposited = [n for n, work in enumerate(read) if "Dataverse" in (work.publisher or "")]
        place = deposited[0] if deposited and source.doi.startswith(_DATAVERSE) else 0
        read[place] = replace(read[place], doi=source.doi)
    return tuple(
        replace(work, url=source.url) if work.kind == "dataset" and not work.doi else work
        for work in read
    )


def literal_author(source: Source) -> str:
    """Whoever stands first in a citation that is not author-date, in its words."""
    return _PARTS.split(source.citation)[0]


def _work(authors: str, year: str, title: str, tail: str) -> Work:
    work = Work("dataset", _authors(authors), year, title)
    if found := _CHAPTER.fullmatch(tail):
        return replace(
            work,
            kind="chapter",
            editors=tuple(_given_first(each) for each in _split(found["editors"])),
            container=found["container"],
            place=found["place"],
            publisher=found["publisher"],
            pages=found["pages"],
        )
    if found := _ARTICLE.fullmatch(tail):
        return replace(
            work,
            kind="article",
            container=found["container"],
            volume=found["volume"],
            issue=found["issue"],
            pages=found["pages"],
        )
    if found := _BOOK.fullmatch(tail):
        return replace(work, kind="book", place=found["place"], publisher=found["publisher"])
    if "version" in tail.lower():
        return replace(work, version=tail)
    return replace(work, publisher=tail or None)


def _authors(text: str) -> tuple[Name, ...]:
    """Names of which the first is inverted; without a comma it is an organisation."""
    if ", " not in text:
        return (Name(text),)
    text += "." if _INITIAL.fullmatch(text) else ""
    family, given, *others = _split(text)
    return (Name(family, given), *(_given_first(each) for each in others))


def _given_first(name: str) -> Name:
    found = _GIVEN_FIRST.fullmatch(name)
    return Name(found["family"], found["given"]) if found else Name(name)


def _split(names: str) -> list[str]:
    return re.split(r", | and ", names)


def _list(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
