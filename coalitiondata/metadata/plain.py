"""Citations as plain text: each source in the words in which it asks to be cited."""

from __future__ import annotations

from collections.abc import Iterable

from coalitiondata.metadata.record import Record
from coalitiondata.metadata.rights import attribution
from coalitiondata.metadata.sources import Source


def entries(record: Record, sources: Iterable[Source]) -> list[str]:
    """One paragraph for the data set, then one for each source, its terms in brackets."""
    return [_own(record), *(_source(source) for source in sources)]


def _own(record: Record) -> str:
    year = f" {record.year}." if record.year else ""
    where = f" {record.address}" if record.address else ""
    authors = " and ".join(record.authors)
    return f"{authors}.{year} {record.title}. Version {record.version}. Data set.{where}"


def _source(source: Source) -> str:
    parts = [source.citation]
    if source.version and source.version not in parts[0]:
        version = source.version
        bare = version[0].isdigit()
        parts.append(f"Version {version}." if bare else f"{version[0].upper()}{version[1:]}.")
    if source.doi:
        if source.doi not in parts[0]:
            parts.append(f"https://doi.org/{source.doi}")
    elif source.url and source.url not in parts[0]:
        parts.append(source.url)
    return " ".join([*parts, f"[{attribution(source)}]"])
