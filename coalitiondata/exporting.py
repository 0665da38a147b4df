"""Exporting the data set to the formats of other programs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import get_args

import pandas as pd

from coalitiondata import databases, schema
from coalitiondata.about import books
from coalitiondata.canonical import write_csv, write_parquet
from coalitiondata.citing import cite
from coalitiondata.errors import MissingExtraError, TargetExistsError
from coalitiondata.excel import write_excel
from coalitiondata.formats import Format
from coalitiondata.given import names_given, path_given
from coalitiondata.jsonlines import write_jsonl
from coalitiondata.loading import load
from coalitiondata.names import known
from coalitiondata.rds import write_rds
from coalitiondata.replacing import make_way, mend, place, settle, staging
from coalitiondata.schema import Table
from coalitiondata.spreadsheets import ENCODING, guarded, write_spreadsheet_csv
from coalitiondata.spss import write_spss
from coalitiondata.stata import RENAMED, write_stata

_NEEDS = {
    "parquet": "pyarrow",
    "spss": "pyreadstat",
    "rds": "rdata",
    "excel": "openpyxl",
    "duckdb": "duckdb",
}
_PER_TABLE: dict[str, tuple[str, Callable[[Table, pd.DataFrame, Path], None]]] = {
    "parquet": ("parquet", write_parquet),
    "csv": ("csv", write_csv),
    "csv-excel": ("csv", write_spreadsheet_csv),
    "jsonl": ("jsonl", write_jsonl),
    "stata": ("dta", write_stata),
    "spss": ("sav", write_spss),
    "rds": ("rds", write_rds),
}
_IN_ONE: dict[str, tuple[str, Callable[[dict[str, pd.DataFrame], Path], None]]] = {
    "excel": ("xlsx", write_excel),
    "sqlite": ("sqlite", databases.write_sqlite),
    "duckdb": ("duckdb", databases.write_duckdb),
}


def export(
    path: str | os.PathLike[str],
    format: Format = "parquet",
    tables: str | Iterable[str] | None = None,
    *,
    overwrite: bool = False,
) -> Path:
    """Write the tables, or some of them, for use elsewhere; returns the folder or the one file.

    One file per table in the folder `path`, with `codebook.csv`, `levels.csv` and `CITATION.txt`:

    - `parquet`: dates, dictionaries for levels, titles and labels as metadata of columns;
    - `csv`: the canonical form, with `datapackage.json` for the exported tables;
    - `csv-excel`: CSV to open in a spreadsheet; text like a formula gets an apostrophe before it;
    - `jsonl`: JSON Lines, dates as ISO text;
    - `stata` (.dta, version 14 and later), `spss` (.sav): titles as variable labels, levels as
      numbers with value labels (`levels.csv` has numbers, names and meanings), dates as dates;
    - `rds`: data frames for base R, levels as factors, dates as `Date`, words as attributes.

    One file, `path` itself if it has a file extension, else `path/coalitiondata.*`:

    - `excel`: a workbook with the sheets `about`, `codebook` and `levels`, dates as ISO text;
    - `sqlite`, `duckdb`: primary and foreign keys (those whose table is exported too), the tables
      `about`, `codebook` and `levels`, and a view `<table>_labelled` of each table with the
      meanings of levels and the names of what keys refer to.

    Missing values are missing in all of them; Stata and SPSS, which have no missing text, hold it
    as empty text. Everything is written beside the target first and takes its place in one step:
    who breaks the export off at any moment keeps all of the old files or has all of the new ones.
    Files of the same name are replaced only with `overwrite=True`; other files are never touched.

    Raises UnknownNameError for a format or table that does not exist, TargetExistsError,
    MissingExtraError if the format's library is not installed, InvalidDataError for a value that
    the format cannot hold, NotWrittenError if the disk is full or the folder read-only.
    """
    known("format", format, get_args(Format))
    if format in _NEEDS and find_spec(_NEEDS[format]) is None:
        raise MissingExtraError(
            f'{format} needs {_NEEDS[format]}: pip install "coalitiondata[export]"'
        )
    names = names_given(tables, schema.tables(), "tables")
    for name in names:
        known("table", name, schema.tables())
    target = path_given(path)
    if format in _IN_ONE and target.suffix == "":
        target /= f"coalitiondata.{_IN_ONE[format][0]}"
    folder = target.parent if format in _IN_ONE else target
    if folder.exists() and not folder.is_dir():
        raise TargetExistsError(f"{folder} is a file, not a folder; choose another path.")
    files = [target.name] if format in _IN_ONE else _file_names(format, names)
    mend(folder)
    make_way([folder / name for name in files], overwrite)
    frames = {name: load(name) for name in names}
    with staging(target) as staged, _library_errors():
        if format in _IN_ONE:
            _IN_ONE[format][1](frames, staged / target.name)
            place(staged / target.name, target, overwrite=overwrite)
        else:
            _write_folder(format, frames, staged)
            settle(staged, target, overwrite=overwrite)
    return target


@contextmanager
def _library_errors() -> Iterator[None]:
    """Libraries that write files have errors of their own for a disk that is full."""
    try:
        yield
    except Exception as error:
        library = type(error).__module__.partition(".")[0].removeprefix("_")
        if library not in ("duckdb", "lxml", "pyreadstat", "sqlite3"):
            raise
        said = f"{error}".splitlines()[0]
        raise OSError(f"{library} says: {said}; the disk or quota may be full") from error


def _file_names(format: str, names: list[str]) -> list[str]:
    described = ["datapackage.json"] if format == "csv" else []
    files = [f"{name}.{_PER_TABLE[format][0]}" for name in names]
    return [*files, "codebook.csv", "levels.csv", *described, "CITATION.txt"]


def _write_folder(format: str, frames: dict[str, pd.DataFrame], staged: Path) -> None:
    extension, write = _PER_TABLE[format]
    for name, frame in frames.items():
        write(schema.table(name), frame, staged / f"{name}.{extension}")
    for name, book in zip(("codebook", "levels"), books(frames), strict=True):
        content = guarded(book) if format == "csv-excel" else book
        if format == "stata":
            content = content.replace({"variable": RENAMED})
        encoding = ENCODING if format == "csv-excel" else "utf-8"
        content.to_csv(staged / f"{name}.csv", index=False, lineterminator="\n", encoding=encoding)
    if format == "csv":
        described = json.dumps(_descriptor(set(frames)), indent=2, ensure_ascii=False) + "\n"
        (staged / "datapackage.json").write_text(described, encoding="utf-8", newline="\n")
    (staged / "CITATION.txt").write_text(cite(list(frames)), encoding="utf-8", newline="\n")


def _descriptor(names: set[str]) -> dict[str, object]:
    """datapackage.json for these tables, without the keys to tables that are left out."""
    resources = []
    for resource in schema.package()["resources"]:
        if resource["name"] in names:
            keys = [
                key
                for key in resource["schema"].get("foreignKeys", [])
                if (key["reference"]["resource"] or resource["name"]) in names
            ]
            resources.append({**resource, "schema": {**resource["schema"], "foreignKeys": keys}})
    return {**schema.package(), "resources": resources}
