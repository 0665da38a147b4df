"""The entry points of the package, each called with hostile input of one random case.

An entry returns if the outcome is a valid result, whose invariants it has checked, and lets every
error pass: the caller judges whether it is one that the package promises.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tiny

import coalitiondata as cd
from coalitiondata.errors import CoalitionDataError
from fuzz import damages
from fuzz.generators import MUTATIONS, hostile, minimal
from fuzz.invariants import (
    BrokenError,
    frame_is_sound,
    holds,
    old_or_new,
    report_is_sound,
    same_tables,
)
from fuzz.values import DATES, NAMES, NUMBERS, OBJECTS, TEXTS, any_value, pick

Rng = np.random.Generator
Entry = Callable[[Rng, Path], None]

FORMATS = ("csv", "parquet", "excel", "stata", "spss", "rds", "sqlite", "duckdb", "jsonl",
           "csv-excel")  # fmt: skip


@contextmanager
def variable(value: str | None) -> Iterator[None]:
    """The package reads its data from this folder."""
    before = os.environ.get("COALITIONDATA_DATA")
    try:
        if value is not None:
            os.environ["COALITIONDATA_DATA"] = value
        yield
    finally:
        os.environ.pop("COALITIONDATA_DATA", None)
        if before is not None:
            os.environ["COALITIONDATA_DATA"] = before


# Own tables -------------------------------------------------------------------------------------


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
    with_ngo = _full()
    frames = hostile(rng, {name: with_ngo[name].copy() for name in names})
    if rng.random() < 0.7:
        report = cd.validate(frames, raise_on_error=False)
        report_is_sound(report, frames)
    elif {"coalitions", "memberships"} <= set(frames) or rng.random() < 0.2:
        own = cd.CoalitionData.from_frames(frames, strict=bool(rng.random() < 0.5))
        frame_is_sound(own.survival_frame())
    else:
        cd.validate(frames)


@lru_cache
def _full() -> dict[str, pd.DataFrame]:
    return tiny.frames(tiny.WITH_NGO)


def minimal_frames(rng: Rng, folder: Path) -> None:
    frames = hostile(rng, minimal(rng))
    report = cd.validate(frames, raise_on_error=False, until=1690)
    report_is_sound(report, frames)


def _written(rng: Rng, folder: Path, extension: str) -> Path:
    frames = hostile(rng, minimal(rng), most=2) if rng.random() < 0.3 else minimal(rng)
    frames = {k: v for k, v in frames.items() if isinstance(v, pd.DataFrame)}
    single = rng.random() < 0.5
    place = folder if single else folder / "tables"
    place.mkdir(exist_ok=True)
    for name, frame in list(frames.items())[: 1 if single else None]:
        path = place / f"{name}.{extension}"
        try:
            if extension == "csv":
                frame.to_csv(path, index=False)
            else:
                frame.astype("str").to_parquet(path)
        except (ArithmeticError, ValueError, TypeError, AttributeError):
            path.write_text("coalition,member\nA,x\nA,y\n")
    if not (place / f"members.{extension}").is_file():
        (place / f"members.{extension}").write_text("coalition,member\nA,x\nA,y\n")
    damages.damage(rng, place / f"members.{extension}")
    return place / f"members.{extension}" if single else place


def own_csv(rng: Rng, folder: Path) -> None:
    path = _written(rng, folder, "csv")
    cd.CoalitionData.from_csv(path, strict=False, until=1690)


def own_parquet(rng: Rng, folder: Path) -> None:
    path = _written(rng, folder, "parquet")
    cd.CoalitionData.from_parquet(path, strict=False, until=1690)


def own_excel(rng: Rng, folder: Path) -> None:
    path = folder / "members.xlsx"
    frame = minimal(rng)["members"]
    if rng.random() < 0.3:
        frame.iloc[0, int(rng.integers(8))] = pick(rng, ("=1+1", "44197", 44197, 1e300, "#REF!"))
    frame.to_excel(path, index=False, sheet_name=pick(rng, ("members", "Sheet1", "other")))
    if rng.random() < 0.03:
        path.write_bytes(damages.bomb(rng, path.read_bytes()))
    else:
        damages.damage(rng, path)
    cd.CoalitionData.from_excel(path, strict=False, until=1690)


# The data folder --------------------------------------------------------------------------------


@lru_cache
def _shipped() -> dict[str, bytes]:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as place:
        tiny.write(Path(place), twins=True, rows=tiny.WITH_NGO)
        return {path.name: path.read_bytes() for path in Path(place).iterdir()}


def _folder(rng: Rng, folder: Path, *, damaged: bool = True) -> tuple[Path, str]:
    """A copy of the tiny data set with one damaged file, and the table that it belongs to."""
    place = folder / "data"
    place.mkdir()
    for name, content in _shipped().items():
        (place / name).write_bytes(content)
    names = [name for name in _shipped() if name != "datapackage.json"]
    name = pick(rng, names) if rng.random() < 0.75 else "datapackage.json"
    if damaged:
        damages.damage(rng, place / name)
    table = name.partition(".")[0]
    return place, table if table != "datapackage" else str(pick(rng, ("coalitions", "sources")))


def load_damaged(rng: Rng, folder: Path) -> None:
    place, table = _folder(rng, folder)
    sound = (place / "datapackage.json").is_file() and (
        place / "datapackage.json"
    ).read_bytes() == _shipped()["datapackage.json"]
    with variable(str(place)):
        frame = cd.load(table)
        if sound:
            whole = _full()[table]
            holds(
                frame.astype("object").equals(whole.astype("object")), f"{table} was read wrongly"
            )
        if rng.random() < 0.1:
            cd.tables()


def verify_damaged(rng: Rng, folder: Path) -> None:
    place, table = _folder(rng, folder)
    same = (place / f"{table}.csv").is_file() and (
        (place / f"{table}.csv").read_bytes().replace(b"\r\n", b"\n") == _shipped()[f"{table}.csv"]
    )
    with variable(str(place)):
        report = cd.verify(table)
    holds({"file", "sha256", "ok", "fault", "repair"} == set(report.columns), "columns of verify")
    first = report.iloc[0]
    intact = (place / "datapackage.json").read_bytes() == _shipped()["datapackage.json"]
    if intact:
        holds(bool(first["ok"]) == same, f"verify says ok={first['ok']} where same={same}")


def unstamped_folder(rng: Rng, folder: Path) -> None:
    """A folder that somebody edits by hand: without checksums, so damage can look like data."""
    place = folder / "data"
    place.mkdir()
    for name, content in _bare().items():
        (place / name).write_bytes(content)
    name = pick(rng, [name for name in _bare() if name.endswith("s.csv")])
    damages.damage(rng, place / name)
    with variable(str(place)):
        cd.load(name.removesuffix(".csv"))


@lru_cache
def _bare() -> dict[str, bytes]:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as place:
        tiny.write(Path(place), stamp=False)
        return {path.name: path.read_bytes() for path in Path(place).iterdir()}


def cite_rows(rng: Rng, folder: Path) -> None:
    rows = hostile(rng, {"t": _full()[pick(rng, ("coalitions", "sources", "power"))].copy()})["t"]
    tables = None if rng.random() < 0.9 else any_value(rng)
    style = pick(rng, ("text", "bibtex", "apa", "csl-json", *TEXTS[:2]))
    with variable(_whole()):
        text = cd.cite(tables=tables, rows=rows, style=style)
    holds(isinstance(text, str) and text, "an empty citation")


@lru_cache
def _whole() -> str:
    from tempfile import mkdtemp

    return str(tiny.write(Path(mkdtemp(prefix="fuzz-whole-")), rows=tiny.WITH_NGO))


def books(rng: Rng, folder: Path) -> None:
    with variable(_whole()):
        if rng.random() < 0.5:
            cd.codebook(any_value(rng) if rng.random() < 0.7 else "actors")
        else:
            name = any_value(rng) if rng.random() < 0.5 else "coalitions"
            given = {pick(rng, ("family", "subtype", "primary")): any_value(rng)}
            cd.load(name, **(given if rng.random() < 0.6 else {}))


def export_shipped(rng: Rng, folder: Path) -> None:
    format = str(pick(rng, ("csv", "jsonl", "csv-excel", "parquet", "sqlite", "stata")))
    table: Any = "sources" if rng.random() < 0.6 else any_value(rng)
    inside = folder / "inside"
    inside.mkdir()
    kind = rng.random()
    target: Any = inside / "out"
    if kind < 0.4:
        part = str(pick(rng, [t for t in TEXTS if ".." not in t and not t.startswith(("/", "C:"))]))
        target = f"{inside}/{part}"
    elif kind < 0.5:
        target = pick(rng, [o for o in OBJECTS if not isinstance(o, (str, bytes, int))])
    elif kind < 0.6:
        target = inside / "file"
        target.write_text("mine")
    elif kind < 0.7:
        target = inside / "loop"
        os.symlink(target, target)
    with variable(_whole()), old_or_new(inside):
        cd.export(target, format, table, overwrite=bool(rng.random() < 0.5))


def template(rng: Rng, folder: Path) -> None:
    inside = folder / "inside"
    inside.mkdir()
    parts = [t for t in TEXTS if ".." not in t and not t.startswith(("/", "C:"))]
    kind = rng.random()
    target: Any = f"{inside}/{pick(rng, parts)}"
    if kind < 0.15:
        target = inside / "file"
        target.write_text("mine")
    elif kind < 0.3:
        target = inside / "loop"
        os.symlink(target, target)
    elif kind < 0.4:
        target = pick(rng, [o for o in OBJECTS if not isinstance(o, (str, bytes, int))])
    with old_or_new(inside):
        cd.write_template(target, "csv" if rng.random() < 0.9 else any_value(rng))


# Measures ---------------------------------------------------------------------------------------

_POWER = ("hhi", "normalized_hhi", "effective_number", "top_share", "leader_margin", "gini",
          "entropy", "con")  # fmt: skip
_GAMES = ("banzhaf", "shapley_shubik", "deegan_packel", "holler_packel")


def _array(rng: Rng) -> Any:
    n = int(rng.integers(0, 9))
    kind = int(rng.integers(8))
    if kind == 0:
        return [any_value(rng) for _ in range(n)]
    if kind == 1:
        return [pick(rng, NUMBERS) for _ in range(n)]
    if kind == 2:
        return any_value(rng)
    if kind == 3:
        return rng.choice([0.0, 1.0, np.nan, 1e308, 5e-324, 3.0, 1e-300], n)
    if kind == 4:
        return rng.random((n, int(rng.integers(0, 4))))
    if kind == 5:
        return pd.Series([pick(rng, (1, 2, None, pd.NA, 0.5)) for _ in range(n)], dtype="object")
    if kind == 6:
        return 10.0 ** rng.uniform(-320, 308, n)
    return rng.integers(0, 10, n)


def scalar_measures(rng: Rng, folder: Path) -> None:
    group = int(rng.integers(3))
    if group == 0:
        name = str(pick(rng, _POWER))
        weights = _array(rng)
        value = getattr(cd.measures, name)(weights, skipna=bool(rng.random() < 0.5))
        holds(isinstance(value, float), f"{name} gave {type(value).__name__}")
        holds(not np.isinf(value), f"{name} is infinite")
        if name == "hhi" and not np.isnan(value):
            holds(1 / max(len(weights), 1) - TOL <= value <= 1 + TOL, f"hhi {value}")
        if name in _POWER and name not in ("effective_number", "entropy") and value == value:
            holds(-TOL <= value <= 1 + TOL, f"{name} {value}")
        if name == "effective_number" and value == value:
            holds(1 - TOL <= value <= len(weights) + TOL, f"effective number {value}")
    elif group == 1:
        name = str(pick(rng, _GAMES))
        quota = pick(rng, NUMBERS) if rng.random() < 0.4 else int(rng.integers(0, 40))
        shares = getattr(cd.measures, name)(_array(rng), quota)
        holds(np.isnan(shares).all() or abs(shares.sum() - 1) < 1e-6, f"{name} adds up to {shares}")
    else:
        name = str(pick(rng, ("depth", "breadth", "ideological_range", "ideological_variance",
                              "jaccard", "s_score", "cohen_kappa", "scott_pi")))  # fmt: skip
        measure = getattr(cd.measures, name)
        if name in ("jaccard", "s_score", "cohen_kappa", "scott_pi"):
            first = _array(rng)
            measure(first, first if rng.random() < 0.6 else _array(rng))
        elif name == "breadth":
            measure(_array(rng), _array(rng) if rng.random() < 0.5 else [0.5, 0.5])
        else:
            measure(_array(rng))


TOL = 1e-9


def grouped_measures(rng: Rng, folder: Path) -> None:
    frame = pd.DataFrame({"c": list("aaabbc"), "m": list("xyzxyx"), "w": [1, 2, 3, 4.0, None, 0],
                          "p": [0, 1.0, 5, 6, 7, None]})  # fmt: skip
    frame = hostile(rng, {"t": frame}, most=3)["t"]
    if rng.random() < 0.15 and isinstance(frame, pd.DataFrame):
        import polars as pl

        try:
            frame = pl.from_pandas(frame)
        except Exception:  # polars refuses many pandas frames before the package sees them
            return
    kind = int(rng.integers(3))
    by = "c" if rng.random() < 0.85 else any_value(rng)
    if kind == 0:
        wanted = (*_POWER,) if rng.random() < 0.9 else any_value(rng)
        result = cd.measures.concentration(frame, by, "w", wanted, skipna=bool(rng.random() < 0.5))
        if isinstance(result, pd.DataFrame) and "hhi" in result and by == "c":
            values = result.dropna(subset="hhi")
            holds((values["hhi"] <= 1 + TOL).all(), "hhi above 1")
            holds((values["hhi"] >= 1 / values["n_members"] - TOL).all(), "hhi below 1/n")
    elif kind == 1:
        scale = 10 if rng.random() < 0.8 else any_value(rng)
        cd.measures.overlap(frame, by, "m", ["p"], scale=scale)
    else:
        quota = "majority" if rng.random() < 0.7 else any_value(rng)
        cd.measures.voting_power(frame, by, "w", quota=quota)


# Analysis ---------------------------------------------------------------------------------------


def models(rng: Rng, folder: Path) -> None:
    import analysis

    n = 24
    t = rng.permutation(n) + 1.0
    frame = pd.DataFrame({"duration": t, "event": (rng.random(n) < 0.7).astype(int),
                          "x": rng.normal(size=n), "g": rng.choice(["a", "b"], n),
                          "cause": rng.choice(["censored", "fell", "joined"], n)})  # fmt: skip
    frame = hostile(rng, {"t": frame}, most=2)["t"]
    kind = int(rng.integers(6))
    odd = any_value(rng) if rng.random() < 0.08 else None
    if kind == 0:
        formula = "x" if rng.random() < 0.8 else pick(rng, ("x + g", "bs(x, df=3)", "x +", *TEXTS))
        fit = analysis.cox(frame, formula if odd is None else odd)
        holds(len(fit.table) >= 1 and fit.n > 0, "a fit of nothing")
    elif kind == 1:
        table = analysis.kaplan_meier(frame, by=odd if odd is not None else pick(rng, (None, "g")))
        column = next(c for c in ("survival", "estimate") if c in table)
        holds(table[column].dropna().between(0, 1).all(), "a survival outside [0, 1]")
    elif kind == 2:
        table = analysis.cumulative_incidence(frame, by=odd)
        holds(table["estimate"].dropna().between(-TOL, 1 + TOL).all(), "incidence outside [0, 1]")
    elif kind == 3:
        test = analysis.log_rank(frame, "g" if odd is None else odd)
        holds(0 <= test.p_value <= 1, "a p value outside [0, 1]")
    elif kind == 4:
        analysis.median_survival(frame, by=odd)
    else:
        analysis.restricted_mean(frame, 10.0 if odd is None else odd)


# The command line -------------------------------------------------------------------------------


def command_line(rng: Rng, folder: Path) -> None:
    from coalitiondata.cli import main

    verb = str(pick(rng, ("tables", "show", "head", "codebook", "cite", "validate", "export",
                          "template", "check", "check", "verify", "versions", "show",
                          "head")))  # fmt: skip
    flags = ("--family", "--subtype", "--columns", "--rows", "-n", "--format", "--style", "--until",
             "--states", "--power", "--positions", "--scale", "--overwrite", "--primary", "--sums",
             "--help", "--", "-x")  # fmt: skip
    words = [t for t in TEXTS if "\0" not in t and ".." not in t and not t.startswith(("/", "C:"))]
    arguments = [verb]
    if verb == "check":
        (folder / "members.csv").write_text(
            "coalition,member,joined,left\nA,x,1900,1901\nA,y,1900,1901\n"
        )
        if rng.random() < 0.8:
            damages.damage(rng, folder / "members.csv")
        arguments.append(str(folder / "members.csv"))
    elif verb == "validate":
        (folder / "sources.csv").write_bytes(_bare()["sources.csv"])
        damages.damage(rng, folder / "sources.csv")
        arguments.append(str(folder))
    elif verb in ("show", "head", "codebook", "cite", "verify") and rng.random() < 0.6:
        arguments.append("sources")
    elif verb in ("export", "template"):
        arguments.append(str(folder / "out"))
    for _ in range(int(rng.integers(0, 4))):
        arguments.append(str(pick(rng, flags)) if rng.random() < 0.5 else str(pick(rng, words)))
    said, told = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    here = Path.cwd()
    os.chdir(folder)
    try:
        with variable(_whole()), redirect_stdout(said), redirect_stderr(told):
            code = main(arguments)
    except SystemExit as stop:
        code = 0 if stop.code is None else stop.code
    finally:
        os.chdir(here)
    holds(code in (0, 1, 2), f"exit code {code!r} of {arguments}")
    holds("Traceback" not in told.getvalue(), f"a traceback of {arguments}")
    if code:
        holds(told.getvalue().strip(), f"exit code {code} without a word: {arguments}")
        raise RefusedError(told.getvalue().strip()[-300:])


class RefusedError(CoalitionDataError):
    """The command line said what is wrong and returned 1 or 2."""


# Single cells -----------------------------------------------------------------------------------


def dates(rng: Rng, folder: Path) -> None:
    from coalitiondata.own.dates import read_dates

    cells = [pick(rng, DATES) if rng.random() < 0.7 else any_value(rng) for _ in range(20)]
    read = read_dates(pd.Series(cells, dtype="object"))
    holds((read["date"].notna() == read["precision"].notna()).all(), "a date without precision")
    holds(not (read["date"].notna() & read["hint"].notna()).any(), "a refused date")


def states(rng: Rng, folder: Path) -> None:
    labels = pd.Series([any_value(rng) for _ in range(4)], dtype="object")
    when = pd.Series(pd.to_datetime(["1914-08-01"] * 4).astype("datetime64[s]"))
    if rng.random() < 0.3:
        when = pd.Series([any_value(rng) for _ in range(4)], dtype="object")
    kind = pick(rng, ("cow", "gw", "iso3", "iso2", "name", *TEXTS[:3]))
    found = cd.match_states(labels, when, states=kind)
    holds(len(found) == len(labels), "labels were lost")


def persistence(rng: Rng, folder: Path) -> None:
    years = 10.0 if rng.random() < 0.4 else any_value(rng)
    members = 2 if rng.random() < 0.5 else any_value(rng)
    with variable(_whole()):
        frame = cd.went_on(within_years=years, min_members=members)
    holds((frame["n_carried"].dropna() >= 1).all(), "carried over nobody")


ENTRIES: dict[str, tuple[Entry, float]] = {
    "validate, full schema": (full_frames, 6),
    "validate, minimal tables": (minimal_frames, 3),
    "CoalitionData.from_members, from_frames": (own_members, 3),
    "survival_frame(data=own)": (own_survival, 3),
    "own.export, ten formats": (own_export, 3),
    "CoalitionData.from_csv": (own_csv, 5),
    "CoalitionData.from_parquet": (own_parquet, 4),
    "CoalitionData.from_excel": (own_excel, 4),
    "load, damaged folder": (load_damaged, 26),
    "load, hand-edited folder": (unstamped_folder, 20),
    "verify, damaged folder": (verify_damaged, 14),
    "cite(rows=...)": (cite_rows, 10),
    "load, codebook: arguments": (books, 8),
    "export: paths, tables, formats": (export_shipped, 4),
    "write_template": (template, 5),
    "measures, one coalition": (scalar_measures, 55),
    "measures, grouped": (grouped_measures, 8),
    "analysis: cox, curves, tests": (models, 8),
    "command line": (command_line, 10),
    "dates of cells": (dates, 35),
    "match_states": (states, 5),
    "went_on": (persistence, 4),
}
"""Each entry point with its share of the cases: those that cost more come less often."""

__all__ = ["ENTRIES", "MUTATIONS", "NAMES", "BrokenError", "RefusedError"]
