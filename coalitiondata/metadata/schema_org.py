"""schema.org Dataset as JSON-LD, for the landing page and the search engines that read it."""

from __future__ import annotations

import json
from typing import Any

from coalitiondata import schema
from coalitiondata.loading import load
from coalitiondata.metadata import plain
from coalitiondata.metadata.record import Record
from coalitiondata.metadata.sources import Source
from coalitiondata.schema import Table


def content(record: Record, sources: list[Source], folder: str) -> dict[str, Any]:
    """The data set in schema.org's words; `folder` is where the tables lie, seen from the file."""
    tables = schema.tables()
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        **terms(record),
        "isAccessibleForFree": True,
        "temporalCoverage": _years(),
        "citation": plain.entries(record, [each for each in sources if not each.own])[1:],
        "isBasedOn": [each.url for each in sources if each.url],
        "variableMeasured": [
            {
                "@type": "PropertyValue",
                "name": f"{table.name}.{field.name}",
                "description": field.description,
                **({"unitText": field.unit} if field.unit else {}),
            }
            for table in tables.values()
            for field in table.fields
        ],
        "distribution": [_download(table, folder) for table in tables.values()],
    }


def text(record: Record, sources: list[Source], folder: str) -> str:
    """dataset.jsonld."""
    return json.dumps(content(record, sources, folder), indent=2, ensure_ascii=False) + "\n"


def terms(record: Record) -> dict[str, Any]:
    """What schema.org and Croissant say alike about the data set as a whole."""
    licences = [each.url for each in record.licences]
    return {
        "name": record.name,
        "alternateName": record.title,
        "description": record.description,
        "version": record.version,
        "license": licences[0] if len(licences) == 1 else licences,
        "creator": [{"@type": "Organization", "name": name} for name in record.authors],
        "publisher": [{"@type": "Organization", "name": name} for name in record.authors],
        "datePublished": record.created,
        "inLanguage": "en",
        "keywords": list(record.keywords),
        **({"identifier": record.address} if record.doi else {}),
        **({"url": record.homepage or record.address} if record.address else {}),
    }


def _years() -> str:
    """First start to last observation of any coalition, as schema.org writes an interval."""
    coalitions = load("coalitions")
    last = coalitions["observed_until"].dt.year.max()
    return f"{coalitions['start'].dt.year.min()}/{last}"


def _download(table: Table, folder: str) -> dict[str, Any]:
    return {
        "@type": "DataDownload",
        "name": table.path,
        "description": table.description,
        "contentUrl": f"{folder}/{table.path}",
        "encodingFormat": "text/csv",
        "contentSize": f"{table.bytes} B",
        "sha256": table.sha256,
    }
