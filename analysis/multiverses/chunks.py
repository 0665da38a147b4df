"""Finished batches on disk, so that a run that was killed goes on where it was."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.multiverses.choices import Specification
from analysis.multiverses.evaluate import ESTIMATES, PARTS, WORDS
from coalitiondata.errors import TargetExistsError
from coalitiondata.replacing import place, staging

FOLDER = "chunks"
_COUNTS = ("n", "events", "clusters", "coefficients")
_STATUS = ("status", "reason_kind", "reason")
_MODEL = ("loglik", "aic")
_COMPARED = ("p_power", "aic_power", "aic_interests", "aic_difference")
_AUDIT = ("refitted", "refit_coefficient", "refit_error")
_NUMBERS = (*_MODEL, *(f"{p}_{e}" for p in PARTS for e in ESTIMATES), *_COMPARED)
COLUMNS = (
    "id",
    *Specification._fields,
    *_STATUS,
    *_COUNTS,
    *_NUMBERS,
    *WORDS,
    "note",
    *_AUDIT,
)


def suffix() -> str:
    """Parquet where pyarrow is installed, else CSV."""
    return "parquet" if find_spec("pyarrow") else "csv"


def typed(rows: list[dict[str, object]] | pd.DataFrame) -> pd.DataFrame:
    """Rows of results with all their columns, each of its type."""
    table = pd.DataFrame(rows).reindex(columns=list(COLUMNS))
    numbers = [*_NUMBERS, "refit_coefficient", "refit_error"]
    words = [c for c in COLUMNS if c not in {*numbers, *_COUNTS, "refitted"}]
    types = dict.fromkeys(numbers, "float64") | dict.fromkeys(_COUNTS, "int64")
    table = table.astype({**types, "refitted": "bool"})
    table[words] = table[words].astype("object").replace({"": None, np.nan: None})
    return table


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table beside its place, then rename: a reader sees all of it or none.

    Raises NotWrittenError if the disk is full or the folder read-only.
    """
    with staging(path) as staged:
        if path.suffix == ".parquet":
            table.to_parquet(staged / path.name, index=False)
        else:
            table.to_csv(staged / path.name, index=False, lineterminator="\n")
        place(staged / path.name, path)


def read(path: Path) -> pd.DataFrame:
    """A table written by `write`, the numbers bit for bit."""
    if path.suffix == ".parquet":
        return typed(pd.read_parquet(path))
    text = pd.read_csv(path, dtype="object", keep_default_na=False)
    for column in (*_NUMBERS, "refit_coefficient", "refit_error"):
        text[column] = [float(value) if value else np.nan for value in text[column]]
    return typed(text.assign(refitted=text["refitted"] == "True"))


def folder_of(out: Path, digest: str) -> Path:
    """Where the batches of a run with that digest are kept."""
    return out / FOLDER / digest[:16]


def name_of(number: int) -> str:
    """The file of a batch."""
    return f"{number:05d}.{suffix()}"


def finished(path: Path, ids: list[str]) -> pd.DataFrame | None:
    """The rows of a batch, or None if it has not been finished, or its file is damaged."""
    try:
        table = read(path)
    except (OSError, ValueError, KeyError):  # pyarrow's errors are among these
        return None
    return table if list(table["id"]) == ids else None


def finished_numbers(path: Path, columns: list[str], size: int) -> pd.DataFrame | None:
    """A table of numbers with these columns and so many rows, bit for bit, or None as `finished`.

    Columns are whole numbers where the first value is written as one.
    """
    try:
        if path.suffix == ".parquet":
            table = pd.read_parquet(path)
        else:
            table = pd.read_csv(path, float_precision="round_trip")
    except (OSError, ValueError, KeyError):
        return None
    return table if list(table) == columns and len(table) == size else None


def writable(out: Path) -> Path:
    """The output folder, made if need be.

    Raises TargetExistsError if it is a file, or holds other things than a multiverse.
    """
    if out.exists() and not out.is_dir():
        raise TargetExistsError(f"{out} is a file; choose a folder for the results.")
    if out.is_dir() and any(out.iterdir()) and not (out / FOLDER).is_dir():
        raise TargetExistsError(
            f"{out} is not empty and holds no {FOLDER}/, so it is not a folder of this command. "
            "Choose another folder, or empty it."
        )
    (out / FOLDER).mkdir(parents=True, exist_ok=True)
    return out
