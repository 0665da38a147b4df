"""DataCite 4.5 metadata, as JSON for its REST service and as XML.

Without a DOI the JSON has no `doi`, which is how the service takes a draft. The XML must have an
identifier: until there is a DOI it is `:tba`, the schema's own word for "to be assigned or
announced later" (its appendix of standard values for unknown information).
"""

from __future__ import annotations

import json
from typing import Any

from coalitiondata import schema
from coalitiondata.errors import MissingExtraError
from coalitiondata.metadata.record import Record
from coalitiondata.metadata.sources import Source
from coalitiondata.metadata.works import works

_KERNEL = "http://datacite.org/schema/kernel-4"
_UNASSIGNED = ":tba"


def content(record: Record, sources: list[Source]) -> dict[str, Any]:
    """The record in DataCite's JSON.

    The publisher is who publishes today: the authors; a repository that takes the data set names
    itself instead. Pages and data sets that rows derive from are related by `IsDerivedFrom`,
    articles about them by `References`.
    """
    about = {
        "creators": [{"name": name, "nameType": "Organizational"} for name in record.authors],
        "titles": [{"title": record.title, "lang": "en"}],
        "publisher": {"name": " and ".join(record.authors), "lang": "en"},
        "publicationYear": record.year,
        "types": {"resourceTypeGeneral": "Dataset", "resourceType": "Data package of CSV tables"},
        "subjects": [{"subject": word, "lang": "en"} for word in record.keywords],
        "dates": [{"date": record.created, "dateType": "Issued"}],
        "language": "en",
        "relatedIdentifiers": _related(sources),
        "sizes": _sizes(),
        "formats": ["text/csv", "application/json"],
        "version": record.version,
        "rightsList": [
            {
                "rights": licence.title,
                "rightsUri": licence.url,
                "rightsIdentifier": licence.spdx,
                "rightsIdentifierScheme": "SPDX",
                "schemeUri": "https://spdx.org/licenses/",
            }
            for licence in record.licences
        ],
        "descriptions": [
            {"description": record.description, "descriptionType": "Abstract", "lang": "en"}
        ],
        "schemaVersion": _KERNEL,
    }
    doi = {"doi": record.doi} if record.doi else {}
    url = {"url": record.homepage} if record.homepage else {}
    return {**doi, **url, **about}


def json_text(record: Record, sources: list[Source]) -> str:
    """datacite.json."""
    return json.dumps(content(record, sources), indent=2, ensure_ascii=False) + "\n"


def xml_text(record: Record, sources: list[Source]) -> str:
    """datacite.xml. Raises MissingExtraError without the package datacite."""
    try:
        from datacite import schema45, xmlutils
    except ImportError as problem:
        raise MissingExtraError(
            "Writing DataCite XML needs the package datacite: "
            'pip install "coalitiondata[metadata]".'
        ) from problem
    root = schema45.dump_etree(content(record, sources))
    if not record.doi:
        identifier = root.makeelement(f"{{{_KERNEL}}}identifier", {"identifierType": "DOI"})
        identifier.text = _UNASSIGNED
        root.insert(0, identifier)
    body: str = xmlutils.etree_to_string(root)
    return body


def _related(sources: list[Source]) -> list[dict[str, str]]:
    found = []
    for source in sources:
        if source.url:
            found.append((source.url, "URL", "IsDerivedFrom"))
        for work in works(source):
            if work.doi:
                relation = "IsDerivedFrom" if work.kind == "dataset" else "References"
                found.append((work.doi, "DOI", relation))
    return [
        {"relatedIdentifier": name, "relatedIdentifierType": kind, "relationType": relation}
        for name, kind, relation in found
    ]


def _sizes() -> list[str]:
    tables = schema.tables().values()
    rows = sum(table.rows or 0 for table in tables)
    return [
        f"{len(tables)} tables",
        f"{rows} rows",
        f"{sum(table.bytes or 0 for table in tables)} bytes",
    ]
