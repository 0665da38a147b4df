"""Citations in the style of the American Psychological Association, seventh edition."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from coalitiondata.metadata.record import Record
from coalitiondata.metadata.rights import attribution
from coalitiondata.metadata.sources import Source
from coalitiondata.metadata.works import Name, Work, works

# Longer lists of authors keep the first nineteen and the last.
_LONGEST = 20


def entries(record: Record, sources: Iterable[Source]) -> list[str]:
    """One paragraph for the data set, then one for each work that the sources ask to be cited.

    Titles keep the capitals of their citation. What the style has no place for, the data that were
    used and their terms, stands in brackets behind the last work of each source.
    """
    return [_own(record), *(text for source in sources for text in _source(record, source))]


def _own(record: Record) -> str:
    where = f" {record.address}" if record.address else ""
    names = _names([Name(each) for each in record.authors])
    return f"{names} ({record.year}). {record.title} (Version {record.version}) [Data set].{where}"


def _source(record: Record, source: Source) -> list[str]:
    if source.own:
        names = _names([Name(each) for each in record.authors])
        part = f"{names} ({record.year}). {source.title} [Data set]. In {record.title} "
        return [f"{part}(Version {record.version}). [{attribution(source)}]"]
    *earlier, last = [_work(each) for each in works(source)] or [source.citation]
    return [*earlier, f"{last} [Data: {source.data} ({attribution(source)})]"]


def _work(work: Work) -> str:
    pages = (work.pages or "").replace("-", "–")
    parts = [f"{_names(work.authors)} ({work.year}). {work.title}"]
    if work.kind == "article":
        issue = f"({work.issue})" if work.issue else ""
        parts[0] += f". {work.container}, {work.volume}{issue}{f', {pages}' if pages else ''}."
    elif work.kind == "chapter":
        editors = _list([f"{_initials(each.given)} {each.family}".strip() for each in work.editors])
        mark = "Ed." if len(work.editors) == 1 else "Eds."
        parts[0] += f". In {editors} ({mark}), {work.container} (pp. {pages}). {work.publisher}."
    elif work.kind == "book":
        parts[0] += f". {work.publisher}."
    else:
        parts[0] += f" ({work.version})" if work.version else ""
        parts[0] += f" [Data set].{f' {work.publisher}.' if work.publisher else ''}"
    where = f"https://doi.org/{work.doi}" if work.doi else work.url
    return " ".join([*parts, *([where] if where else [])])


def _names(authors: Sequence[Name]) -> str:
    listed = [f"{each.family}, {_initials(each.given)}".rstrip(", ") for each in authors]
    if len(listed) > _LONGEST:
        return f"{', '.join(listed[: _LONGEST - 1])}, . . . {listed[-1]}"
    text = _list(listed, serial=True)
    return text if text.endswith(".") else f"{text}."


def _list(names: Sequence[str], *, serial: bool = False) -> str:
    """Names joined by commas and an ampersand; two authors, but not two editors, take a comma."""
    if len(names) == 1:
        return names[0]
    comma = "," if serial or len(names) > 2 else ""
    return f"{', '.join(names[:-1])}{comma} & {names[-1]}"


def _initials(given: str | None) -> str:
    """Initials of given names: `Jean-Luc M.` gives `J.-L. M.`."""
    return " ".join(
        "-".join(f"{part[0]}." for part in name.split("-") if part)
        for name in re.split(r"\s+", given or "")
        if name
    )
