"""Citations as CSL-JSON, which reference managers and pandoc read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from coalitiondata.metadata.record import Record
from coalitiondata.metadata.rights import attribution
from coalitiondata.metadata.sources import Source
from coalitiondata.metadata.works import Name, Work, literal_author, works

_TYPES = {
    "article": "article-journal",
    "chapter": "chapter",
    "book": "book",
    "dataset": "dataset",
}


def text(record: Record, sources: Iterable[Source]) -> str:
    """A JSON array: the data set, then an item for each work that the sources ask to be cited.

    Items bear the id of their source, further works of the same source `-2`, `-3` behind it. `note`
    says which data were used and on what terms.
    """
    items = [_own(record), *(item for source in sources for item in _source(record, source))]
    return json.dumps(items, indent=2, ensure_ascii=False)


def _own(record: Record) -> dict[str, Any]:
    return _filled(
        id=record.name,
        type="dataset",
        title=record.title,
        author=[{"literal": each} for each in record.authors],
        issued=_date(record.created),
        version=record.version,
        DOI=record.doi,
        URL=record.homepage,
        note=f"Licence: {' and '.join(each.spdx for each in record.licences)}",
    )


def _source(record: Record, source: Source) -> list[dict[str, Any]]:
    note = attribution(source) if source.own else f"Data: {source.data} ({attribution(source)})"
    if source.own:
        return [
            _filled(
                id=source.source_id,
                type="dataset",
                title=source.title,
                author=[{"literal": each} for each in record.authors],
                issued=_date(record.created),
                version=record.version,
                **{"container-title": record.title},
                note=note,
            )
        ]
    read = works(source)
    if not read:
        return [
            _filled(
                id=source.source_id,
                type="dataset",
                title=source.title,
                author=[{"literal": literal_author(source)}],
                version=source.version,
                DOI=source.doi,
                URL=source.url,
                note=f"{source.citation} {note}",
            )
        ]
    return [
        {"id": source.source_id if n == 1 else f"{source.source_id}-{n}", **_work(work, note)}
        for n, work in enumerate(read, start=1)
    ]


def _work(work: Work, note: str) -> dict[str, Any]:
    return _filled(
        type=_TYPES[work.kind],
        title=work.title,
        author=[_name(each) for each in work.authors],
        editor=[_name(each) for each in work.editors],
        issued=_date(work.year),
        **{"container-title": work.container},
        volume=work.volume,
        issue=work.issue,
        page=work.pages,
        publisher=work.publisher,
        **{"publisher-place": work.place},
        # Styles put the word before it.
        version=work.version and work.version.removesuffix(" version"),
        DOI=work.doi,
        URL=work.url,
        note=note,
    )


def _name(name: Name) -> dict[str, str]:
    if name.given is None:
        return {"literal": name.family}
    return {"family": name.family, "given": name.given}


def _date(text: str) -> dict[str, list[list[int]]] | None:
    return {"date-parts": [[int(part) for part in text.split("-")]]} if text else None


def _filled(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}
