"""Entries that take own coalitions as data frames."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

import coalitiondata as cd
from fuzz.generators import cycle, hostile, minimal
from fuzz.invariants import frame_is_sound, holds, old_or_new, report_is_sound, same_tables
from fuzz.tiny_data import full
from fuzz.values import any_value, pick

Rng = np.random.Generator

FORMATS = ("csv", "parquet", "excel", "stata", "spss", "rds", "sqlite", "duckdb", "jsonl",
           "csv-excel")  # fmt: skip


def _options(rng: Rng) -> dict[str, Any]:
    options: dict[str, Any] = {"until": 1690, "strict": bool(rng.random() < 0.2)}
    if rng.random() < 0.3:
        options |= {"positions": "left_right", "position_scale": (0, 10)}
    if rng.random() < 0.25:
        name = pick(rng, ("until", "family", "kind", "states", "lag", "power", "power_unit",
                          "positions", "position_scale", "similarity_scale", "title", "author",
                          "citation", "coalition", "joined"))  # fmt: skip
        options[name] = any_value(rng)
    if rng.random() < 0.06:
        options["states"] = pick(rng, ("name", "cow", "gw", "iso3", "iso2"))
    return options


def _of_members(rng: Rng) -> cd.CoalitionData:
    frames = hostile(rng, minimal(rng))
    own = cd.CoalitionData.from_frames(frames, **_options(rng))
    if len(own.problems):
        report_is_sound(own.problems, frames)
    holds(len(own.frames["memberships"]) >= 2, "a coalition of one")
    return own


def own_members(rng: Rng, folder: Path) -> None:
    own = _of_members(rng)
    if rng.random() < 0.3:
        left = own.validate(raise_on_error=False)
        holds(left.empty, f"accepted tables break {left.to_dict('records')[:2]}")


def own_survival(rng: Rng, folder: Path) -> None:
    own = _of_members(rng)
    options: dict[str, Any] = {"unit": pick(rng, ("coalition", "coalition", "membership"))}
    if rng.random() < 0.3 and options["unit"] == "coalition":
        options["time_varying"] = True
    if rng.random() < 0.15:
        name = pick(rng, ("unit", "family", "founding_days", "transformation_years", "positions",
                          "scheduled_end", "primary", "tables"))  # fmt: skip
        options[name] = any_value(rng)
    frame_is_sound(cd.survival_frame(data=own, **options))


def own_export(rng: Rng, folder: Path) -> None:
    own = _of_members(rng)
    format = str(pick(rng, FORMATS))
    target = folder / "out"
    if rng.random() < 0.3:
        target.mkdir()
        (target / "mine.txt").write_text("mine")
    with old_or_new(target):
        own.export(target, format)
    if format == "csv":
        same_tables(dict(own.frames), dict(cd.CoalitionData.from_csv(target).frames))
    if format == "csv-excel":
        for path in target.glob("*.csv"):
            with path.open(encoding="utf-8-sig", newline="") as file:
                for row in csv.reader(file):
                    for cell in row:
                        bare = cell[:1] in "=+@\t\r＝" and cell[:1] != ""
                        holds(not bare, f"a formula in {path.name}: {cell!r}")


def full_frames(rng: Rng, folder: Path) -> None:
    names = pick(rng, (("coalitions",), ("memberships",), ("power",), ("actors",), ("sources",),
                       ("coalitions", "memberships"), ("coalitions", "transformations"),
                       ("dyads", "dyad_norms"), ("candidates",), ("positions",)))  # fmt: skip
    with_ngo = full()
    frames = hostile(rng, {name: with_ngo[name].copy() for name in names})
    if rng.random() < 0.7:
        report = cd.validate(frames, raise_on_error=False)
        report_is_sound(report, frames)
    elif {"coalitions", "memberships"} <= set(frames) or rng.random() < 0.2:
        own = cd.CoalitionData.from_frames(frames, strict=bool(rng.random() < 0.5))
        frame_is_sound(own.survival_frame())
    else:
        cd.validate(frames)


def cycles(rng: Rng, folder: Path) -> None:
    """Coalitions that come before themselves, in everything that follows predecessors."""
    frames = {name: frame.copy() for name, frame in full().items()}
    frames["coalitions"] = cycle(rng, frames["coalitions"])
    if rng.random() < 0.4:
        frames = hostile(rng, frames, most=1)
    report_is_sound(cd.validate(frames, raise_on_error=False), frames)
    kind = int(rng.integers(4))
    if kind == 0:
        own = cd.CoalitionData.from_frames(frames, strict=False)
        frame_is_sound(own.survival_frame(unit=pick(rng, ("coalition", "lineage", "membership"))))
    elif kind == 1:
        frame_is_sound(cd.survival_frame(unit="lineage", tables=frames))
    elif kind == 2:
        holds((cd.went_on(frames)["n_carried"].dropna() >= 1).all(), "carried over nobody")
    else:
        own = cd.CoalitionData.from_frames(frames, strict=False)
        with old_or_new(folder / "out"):
            own.export(folder / "out", "csv")
        same_tables(dict(own.frames), dict(cd.CoalitionData.from_csv(folder / "out").frames))


def minimal_frames(rng: Rng, folder: Path) -> None:
    frames = hostile(rng, minimal(rng))
    report = cd.validate(frames, raise_on_error=False, until=1690)
    report_is_sound(report, frames)
