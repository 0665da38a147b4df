"""Entries that read the data folder, write from it or cite it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

import coalitiondata as cd
from fuzz import damages
from fuzz.generators import hostile
from fuzz.invariants import holds, old_or_new
from fuzz.tiny_data import bare_files, full, shipped_files, variable, whole_folder
from fuzz.values import OBJECTS, TEXTS, any_value, pick

Rng = np.random.Generator


def _folder(rng: Rng, folder: Path, *, damaged: bool = True) -> tuple[Path, str]:
    """A copy of the tiny data set with one damaged file, and the table that it belongs to."""
    place = folder / "data"
    place.mkdir()
    for name, content in shipped_files().items():
        (place / name).write_bytes(content)
    names = [name for name in shipped_files() if name != "datapackage.json"]
    name = pick(rng, names) if rng.random() < 0.75 else "datapackage.json"
    if damaged:
        damages.damage(rng, place / name)
    table = name.partition(".")[0]
    return place, table if table != "datapackage" else str(pick(rng, ("coalitions", "sources")))


def load_damaged(rng: Rng, folder: Path) -> None:
    place, table = _folder(rng, folder)
    sound = (place / "datapackage.json").is_file() and (
        place / "datapackage.json"
    ).read_bytes() == shipped_files()["datapackage.json"]
    with variable(str(place)):
        frame = cd.load(table)
        if sound:
            whole = full()[table]
            holds(
                frame.astype("object").equals(whole.astype("object")), f"{table} was read wrongly"
            )
        if rng.random() < 0.1:
            cd.tables()


def verify_damaged(rng: Rng, folder: Path) -> None:
    place, table = _folder(rng, folder)
    same = (place / f"{table}.csv").is_file() and (
        (place / f"{table}.csv").read_bytes().replace(b"\r\n", b"\n")
        == shipped_files()[f"{table}.csv"]
    )
    with variable(str(place)):
        report = cd.verify(table)
    holds({"file", "sha256", "ok", "fault", "repair"} == set(report.columns), "columns of verify")
    first = report.iloc[0]
    intact = (place / "datapackage.json").read_bytes() == shipped_files()["datapackage.json"]
    if intact:
        holds(bool(first["ok"]) == same, f"verify says ok={first['ok']} where same={same}")


def unstamped_folder(rng: Rng, folder: Path) -> None:
    """A folder that somebody edits by hand: without checksums, so damage can look like data."""
    place = folder / "data"
    place.mkdir()
    for name, content in bare_files().items():
        (place / name).write_bytes(content)
    name = pick(rng, [name for name in bare_files() if name.endswith("s.csv")])
    damages.damage(rng, place / name)
    with variable(str(place)):
        cd.load(name.removesuffix(".csv"))


def cite_rows(rng: Rng, folder: Path) -> None:
    rows = hostile(rng, {"t": full()[pick(rng, ("coalitions", "sources", "power"))].copy()})["t"]
    tables = None if rng.random() < 0.9 else any_value(rng)
    style = pick(rng, ("text", "bibtex", "apa", "csl-json", *TEXTS[:2]))
    with variable(whole_folder()):
        text = cd.cite(tables=tables, rows=rows, style=style)
    holds(isinstance(text, str) and text, "an empty citation")


def books(rng: Rng, folder: Path) -> None:
    with variable(whole_folder()):
        if rng.random() < 0.5:
            cd.codebook(any_value(rng) if rng.random() < 0.7 else "actors")
        else:
            name = any_value(rng) if rng.random() < 0.5 else "coalitions"
            given = {pick(rng, ("family", "subtype", "primary")): any_value(rng)}
            cd.load(name, **(given if rng.random() < 0.6 else {}))


def _target(rng: Rng, inside: Path) -> Any:
    """A file that is there, a link to itself, no name at all, or a name that is odd."""
    kind = rng.random()
    if kind < 0.15:
        (inside / "file").write_text("mine")
        return inside / "file"
    if kind < 0.3:
        os.symlink(inside / "loop", inside / "loop")
        return inside / "loop"
    if kind < 0.4:
        return pick(rng, [o for o in OBJECTS if not isinstance(o, (str, bytes, int))])
    parts = [t for t in TEXTS if ".." not in t and not t.startswith(("/", "C:"))]
    return f"{inside}/{pick(rng, parts)}"


def export_shipped(rng: Rng, folder: Path) -> None:
    format = str(pick(rng, ("csv", "jsonl", "csv-excel", "parquet", "sqlite", "stata")))
    table: Any = "sources" if rng.random() < 0.6 else any_value(rng)
    inside = folder / "inside"
    inside.mkdir()
    target = _target(rng, inside) if rng.random() < 0.7 else inside / "out"
    with variable(whole_folder()), old_or_new(inside):
        cd.export(target, format, table, overwrite=bool(rng.random() < 0.5))


def template(rng: Rng, folder: Path) -> None:
    inside = folder / "inside"
    inside.mkdir()
    target = _target(rng, inside)
    with old_or_new(inside):
        cd.write_template(target, "csv" if rng.random() < 0.9 else any_value(rng))
