"""Croissant 1.0: the tables as record sets that machine-learning tools load, checksums included."""

from __future__ import annotations

import json
from typing import Any

from coalitiondata import schema
from coalitiondata.metadata import bibtex
from coalitiondata.metadata.record import Record
from coalitiondata.metadata.schema_org import terms
from coalitiondata.schema import Field, Table

_TYPES = {
    "string": "sc:Text",
    "integer": "sc:Integer",
    "number": "sc:Float",
    "boolean": "sc:Boolean",
    "date": "sc:Date",
}
# The context that the specification prescribes for version 1.0.
_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "equivalentProperty": "cr:equivalentProperty",
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def content(record: Record, folder: str) -> dict[str, Any]:
    """The data set in Croissant's JSON-LD; `folder` is where the tables lie, seen from the file."""
    tables = list(schema.tables().values())
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        **terms(record),
        "citeAs": bibtex.own(record),
        "distribution": [_file(table, folder) for table in tables],
        "recordSet": [_records(table) for table in tables],
    }


def text(record: Record, folder: str) -> str:
    """croissant.json."""
    return json.dumps(content(record, folder), indent=2, ensure_ascii=False) + "\n"


def _file(table: Table, folder: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": table.path,
        "name": table.path,
        "description": table.description,
        "contentUrl": f"{folder}/{table.path}",
        "contentSize": f"{table.bytes} B",
        "encodingFormat": "text/csv",
        "sha256": table.sha256,
    }


def _records(table: Table) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": table.name,
        "name": table.name,
        "description": table.description,
        "key": [{"@id": f"{table.name}/{name}"} for name in table.primary_key],
        "field": [_field(table, field) for field in table.fields],
    }


def _field(table: Table, field: Field) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"{table.name}/{field.name}",
        "name": field.name,
        "description": _words(table, field),
        "dataType": _TYPES[field.type],
        "source": {"fileObject": {"@id": table.path}, "extract": {"column": field.name}},
    }


def _words(table: Table, field: Field) -> str:
    parts = [field.description]
    # In words, not as `references`, for which mlcroissant 1.1 joins the tables and loses rows.
    for key in table.foreign_keys:
        if key.fields == (field.name,):
            parts.append(f"Refers to {key.table}.{key.references[0]}.")
    if field.unit:
        parts.append(f"Unit: {field.unit}.")
    if field.labels:
        levels = "; ".join(f"{level} = {label}" for level, label in field.labels.items())
        parts.append(f"Levels: {levels}.")
    if field.missing_reason:
        parts.append(f"Missing: {field.missing_reason}.")
    return " ".join(parts)
