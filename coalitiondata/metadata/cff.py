"""CITATION.cff: the citation file format 1.2, for GitHub, Zenodo and reference managers."""

from __future__ import annotations

from typing import Any

from coalitiondata.errors import MissingExtraError
from coalitiondata.metadata.record import Record
from coalitiondata.metadata.rights import attribution
from coalitiondata.metadata.sources import Source
from coalitiondata.metadata.works import Name, Work, literal_author, works

_MESSAGE = (
    "Cite this data set as below, together with the sources of the rows you use: "
    "coalitiondata.cite() lists them."
)
# The format has no type for a chapter.
_TYPES = {"article": "article", "chapter": "generic", "book": "book", "dataset": "data"}


def text(record: Record, sources: list[Source]) -> str:
    """The file; its references are the works that the sources of others ask to be cited.

    Raises MissingExtraError without PyYAML.
    """
    try:
        import yaml
    except ImportError as problem:
        raise MissingExtraError(
            'Writing CITATION.cff needs PyYAML: pip install "coalitiondata[metadata]".'
        ) from problem
    licences = [each.spdx for each in record.licences]
    content = _filled(
        **{"cff-version": "1.2.0"},
        message=_MESSAGE,
        type="dataset",
        title=record.title,
        abstract=record.description,
        authors=[{"name": each} for each in record.authors],
        version=record.version,
        **{"date-released": record.created},
        doi=record.doi,
        url=record.homepage,
        license=licences[0] if len(licences) == 1 else licences,
        keywords=list(record.keywords),
        references=[each for source in sources if not source.own for each in _references(source)],
    )
    body: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
    return f"# Written by python -m coalitiondata.metadata; do not edit by hand.\n{body}"


def _references(source: Source) -> list[dict[str, Any]]:
    read = works(source)
    notes = f"{source.data} ({attribution(source)})"
    if not read:
        return [
            _filled(
                type="data",
                title=source.title,
                authors=[{"name": literal_author(source)}],
                version=source.version,
                doi=source.doi,
                url=source.url,
                license=source.spdx,
                notes=notes,
            )
        ]
    return [_reference(work, source, notes) for work in read]


def _reference(work: Work, source: Source, notes: str) -> dict[str, Any]:
    first, _, last = (work.pages or "").partition("-")
    publisher = _filled(name=work.publisher, city=work.place)
    return _filled(
        type=_TYPES[work.kind],
        title=work.title,
        authors=[_name(each) for each in work.authors],
        editors=[_name(each) for each in work.editors],
        year=int(work.year),
        journal=work.container if work.kind == "article" else None,
        **{"collection-title": work.container if work.kind == "chapter" else None},
        volume=work.volume and int(work.volume),
        issue=work.issue,
        start=first,
        end=last,
        publisher=publisher,
        version=work.version,
        doi=work.doi,
        url=work.url,
        license=source.spdx if work.kind == "dataset" else None,
        notes=notes,
    )


def _name(name: Name) -> dict[str, str]:
    if name.given is None:
        return {"name": name.family}
    return {"family-names": name.family, "given-names": name.given}


def _filled(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}
