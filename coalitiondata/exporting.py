"""Exporting the data set to the formats of other programs."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import get_args

import pandas as pd

from coalitiondata import databases, schema
from coalitiondata.canonical import write_csv, write_parquet
from coalitiondata.citing import cite
from coalitiondata.codebooks import codebook
from coalitiondata.errors import MissingExtraError, TargetExistsError
from coalitiondata.formats import Format
from coalitiondata.loading import load
from coalitiondata.names import known
from coalitiondata.schema import Table
from coalitiondata.stata import write_stata

_NEEDS = {"parquet": "pyarrow", "duckdb": "duckdb"}
_PER_TABLE: dict[str, tuple[str, Callable[[Table, pd.DataFrame, Path], None]]] = {
    "parquet": ("parquet", write_parquet),
    "csv": ("csv", write_csv),
    "stata": ("dta", write_stata),
}
_DATABASES: dict[str, Callable[[dict[str, pd.DataFrame], Path], None]] = {
    "sqlite": databases.write_sqlite,
    "duckdb": databases.write_duckdb,
}


def export(
    path: str | os.PathLike[str],
    format: Format = "parquet",
    tables: str | Iterable[str] | None = None,
    *,
    overwrite: bool = False,
) -> Path:
    """Write the tables, or some of them, for use elsewhere; returns the folder or database file.

    `parquet`, `csv` and `stata` make one file per table in the folder `path`; `sqlite` and
    `duckdb` make one database, `path` itself if it has a file extension, else
    `path/coalitiondata.sqlite` or `.duckdb`. Titles, units and labels of levels go where the
    format has a place for them: metadata of columns (Parquet), variable and value labels (Stata),
    comments (DuckDB), and a table `codebook` (SQLite, DuckDB); folders get `codebook.csv` and
    `CITATION.txt`. Databases have primary and foreign keys (those whose table is exported too).

    Everything is written beside the target first and moved there when complete. Files of the same
    name are replaced only with `overwrite=True`; other files are never touched.

    Raises UnknownNameError for a format or table that does not exist, TargetExistsError,
    MissingExtraError if the format's library is not installed.
    """
    known("format", format, get_args(Format))
    if format in _NEEDS and find_spec(_NEEDS[format]) is None:
        raise MissingExtraError(
            f'{format} needs {_NEEDS[format]}: pip install "coalitiondata[export]"'
        )
    names = [tables] if isinstance(tables, str) else list(tables or schema.tables())
    frames = {schema.table(name).name: load(name) for name in names}
    target = Path(path).expanduser()
    single = format in _DATABASES and target.suffix != ""
    folder = target.parent if single else target
    if folder.exists() and not folder.is_dir():
        raise TargetExistsError(f"{folder} is a file, not a folder; choose another path.")
    _make_way(folder, [target.name] if single else _file_names(format, names), overwrite)
    folder.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(prefix=".coalitiondata-", dir=folder))
    try:
        _write(format, frames, staged, target.name if single else f"coalitiondata.{format}")
        for file in sorted(staged.iterdir()):
            os.replace(file, folder / file.name)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return target if single or format not in _DATABASES else target / f"coalitiondata.{format}"


def _file_names(format: str, names: list[str]) -> list[str]:
    if format in _DATABASES:
        return [f"coalitiondata.{format}"]
    return [f"{name}.{_PER_TABLE[format][0]}" for name in names] + ["codebook.csv", "CITATION.txt"]


def _make_way(folder: Path, names: list[str], overwrite: bool) -> None:
    taken = [name for name in names if (folder / name).exists()]
    if taken and not overwrite:
        raise TargetExistsError(
            f"{folder / taken[0]} exists already. Choose another path, or replace it with "
            f"overwrite=True (--overwrite)."
        )


def _write(format: str, frames: dict[str, pd.DataFrame], staged: Path, database: str) -> None:
    if format in _DATABASES:
        _DATABASES[format](frames, staged / database)
        return
    extension, write = _PER_TABLE[format]
    for name, frame in frames.items():
        write(schema.table(name), frame, staged / f"{name}.{extension}")
    books = pd.concat([codebook(name) for name in frames], ignore_index=True)
    books.to_csv(staged / "codebook.csv", index=False, lineterminator="\n", encoding="utf-8")
    (staged / "CITATION.txt").write_text(cite(list(frames)), encoding="utf-8", newline="\n")
