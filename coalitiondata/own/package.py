"""The schema of a user's own tables: that of the data set, opened where own words stand."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from coalitiondata import schema
from coalitiondata.canonical import write_csv
from coalitiondata.paths import DESCRIPTOR, reading_from, shipped_tables
from coalitiondata.schema import Table

TABLES = ("coalitions", "actors", "memberships", "power", "positions", "dyads", "dyad_norms",
          "transformations", "sources")  # fmt: skip

_UNBOUND = {"power": ("year",), "positions": ("value",), "dyads": ("year",)}
_OPTIONAL = {"power": ("unit",)}


def describe(
    names: Iterable[str],
    *,
    levels: Mapping[str, Iterable[str]],
    channels: Iterable[str] | None = None,
    pairs_by_year: bool = True,
    about: Mapping[str, Any],
) -> dict[str, Any]:
    """datapackage.json for own tables.

    `levels` are further levels by `table.column`. `channels` replace the channels of `dyads`, which
    has no year unless `pairs_by_year`; None leaves the table as it is. Bounds on years and
    positions fall away, as does the unit of power; positions belong to a coalition, because an
    actor can want different things in different ones. Keys of tables that are not among `names`
    are dropped. `about` replaces what the data set says about itself.
    """
    resources = _resources(list(names))
    for resource in resources:
        _open(resource, levels)
        if resource["name"] == "positions":
            _by_coalition(resource)
        if resource["name"] == "dyads" and channels is not None:
            _with_channels(resource, list(channels), pairs_by_year)
    return {**_head(about), "resources": resources}


def plain_package(names: Iterable[str], about: Mapping[str, Any]) -> dict[str, Any]:
    """datapackage.json for these tables in the data set's own schema, unopened."""
    return {**_head(about), "resources": _resources(list(names))}


def _head(about: Mapping[str, Any]) -> dict[str, Any]:
    with shipped_tables():
        package = schema.package()
    return {**{key: package[key] for key in ("$schema", "version", "created")}, **about}


def _resources(names: list[str]) -> list[dict[str, Any]]:
    """The tables of the data set's schema without fingerprints and without keys that dangle."""
    with shipped_tables():
        package = schema.package()
    resources = [copy.deepcopy(each) for each in package["resources"] if each["name"] in names]
    for resource in resources:
        for stamp in ("hash", "bytes", "rowCount"):
            resource.pop(stamp, None)
        rules = resource["schema"]
        rules["foreignKeys"] = [
            key
            for key in rules.get("foreignKeys", [])
            if (key["reference"]["resource"] or resource["name"]) in names
        ]
    return resources


def tables_of(descriptor: Mapping[str, Any]) -> dict[str, Table]:
    """The tables that the descriptor describes, by name."""
    return schema.parse(descriptor)


@contextmanager
def as_data_folder(
    descriptor: Mapping[str, Any], frames: Mapping[str, pd.DataFrame]
) -> Iterator[Path]:
    """Within this block every function of the package works on these tables."""
    with TemporaryDirectory(prefix="coalitiondata-") as place:
        folder = Path(place)
        (folder / DESCRIPTOR).write_text(
            json.dumps(descriptor, indent=2, ensure_ascii=False) + "\n",
            encoding="utf-8",
            newline="\n",
        )
        for name, table in tables_of(descriptor).items():
            if name in frames:
                write_csv(table, frames[name], folder / table.path)
        with reading_from(folder):
            yield folder


def _open(resource: dict[str, Any], levels: Mapping[str, Iterable[str]]) -> None:
    name = resource["name"]
    for field in resource["schema"]["fields"]:
        rules = field.get("constraints", {})
        if field["name"] in _UNBOUND.get(name, ()):
            rules.pop("minimum", None)
            rules.pop("maximum", None)
            field.pop("unit", None)
        if field["name"] in _OPTIONAL.get(name, ()):
            rules.pop("required", None)
        further = list(levels.get(f"{name}.{field['name']}", ()))
        if further:
            known = rules.get("enum", [])
            new = [each for each in dict.fromkeys(further) if each not in known]
            rules["enum"] = [*known, *new]
            if "categories" in field:
                field["categories"] += [{"value": each, "label": each} for each in new]


def _by_coalition(resource: dict[str, Any]) -> None:
    rules = resource["schema"]
    field = {
        "name": "coalition_id",
        "type": "string",
        "title": "Coalition",
        "description": "The coalition in which the actor had this position; key of `coalitions`.",
        "constraints": {"required": True},
    }
    rules["fields"] = [field, *rules["fields"]]
    rules["primaryKey"] = ["coalition_id", *rules["primaryKey"]]
    reference = {"resource": "coalitions", "fields": ["coalition_id"]}
    rules["foreignKeys"] = [
        {"fields": ["coalition_id"], "reference": reference},
        *rules.get("foreignKeys", []),
    ]


def _with_channels(resource: dict[str, Any], channels: list[str], by_year: bool) -> None:
    rules = resource["schema"]
    keys = ["actor_a", "actor_b", *(["year"] if by_year else [])]
    kept = {field["name"]: field for field in rules["fields"]}
    rules["fields"] = [
        *(kept[name] for name in keys),
        *(
            {
                "name": name,
                "type": "number",
                "title": name.replace("_", " ").capitalize(),
                "description": "How alike the two are on this channel, as their author gives it.",
            }
            for name in channels
        ),
        kept["source"],
    ]
    rules["primaryKey"] = keys
