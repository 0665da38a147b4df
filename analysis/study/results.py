"""The job's output folder: its manifest, and whether a folder is whole."""

from __future__ import annotations

import hashlib
import json
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pandas as pd

from coalitiondata.errors import CoalitionDataError, TargetExistsError
from coalitiondata.replacing import mend, settle

MANIFEST = "manifest.json"
# A job of its own with a folder of its own inside the results; this manifest does not speak of it.
APART = "multiverse"
LIBRARIES = (
    "comprisk",
    "formulaic",
    "lifelines",
    "matplotlib",
    "narwhals",
    "numpy",
    "pandas",
    "scipy",
    "seaborn",
    "statsmodels",
)


class IncompleteResultsError(CoalitionDataError, FileNotFoundError):
    """A results folder that is missing, incomplete or altered; the message names the files."""


def writable(folder: Path) -> Path:
    """The folder to write to; nothing in it is changed yet.

    Raises TargetExistsError if a file has that name, or the folder holds something else than
    results: the job would mix its files with others.
    """
    mend(folder)
    if folder.exists() and not folder.is_dir():
        raise TargetExistsError(f"{folder} is a file; choose a folder for the results.")
    others = folder.is_dir() and any(path.name != APART for path in folder.iterdir())
    if others and not (folder / MANIFEST).is_file():
        raise TargetExistsError(
            f"{folder} is not empty and holds no {MANIFEST}, so it is not a results folder. "
            "Choose another folder, or empty it."
        )
    return folder


def replace(staged: Path, folder: Path) -> None:
    """Put a finished run, with its manifest, in the place of the one before, in one step.

    Of the files before, those go that its manifest lists.
    """
    write_manifest(staged)
    settle(staged, folder, gone=_listed(folder))


def write_manifest(folder: Path) -> None:
    """`manifest.json`: versions, and sha256 of every input and output."""
    import coalitiondata
    from coalitiondata.paths import data_dir

    data = data_dir()
    inputs = sorted(path for path in data.iterdir() if path.suffix in (".csv", ".json"))
    outputs = sorted(_files(folder))
    content = {
        "data": coalitiondata.data_version,
        "coalitiondata": coalitiondata.__version__,
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in LIBRARIES},
        "inputs": {path.name: _sha256(path) for path in inputs},
        "outputs": {path.relative_to(folder).as_posix(): _sha256(path) for path in outputs},
    }
    text = json.dumps(content, indent=2) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8", newline="\n")


def check(folder: Path) -> int:
    """Compare a results folder with its manifest; returns the number of files that are whole.

    Raises IncompleteResultsError naming what is missing, altered or not listed.
    """
    if not (folder / MANIFEST).is_file():
        raise IncompleteResultsError(
            f"{folder / MANIFEST} does not exist. Run `python -m analysis --out {folder}`."
        )
    try:
        expected = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["outputs"]
    except (ValueError, KeyError, TypeError) as error:
        raise IncompleteResultsError(
            f"{folder / MANIFEST} is damaged. Run `python -m analysis --out {folder}` again."
        ) from error
    missing = [name for name in expected if not (folder / name).is_file()]
    altered = [
        name
        for name, digest in expected.items()
        if name not in missing and _sha256(folder / name) != digest
    ]
    present = {path.relative_to(folder).as_posix() for path in _files(folder)}
    unlisted = sorted(present - set(expected) - {MANIFEST})
    faults = {"missing": missing, "altered": altered, "not of this run": unlisted}
    if found := "; ".join(f"{k}: {', '.join(v)}" for k, v in faults.items() if v):
        raise IncompleteResultsError(
            f"{folder}: {found}. Run `python -m analysis --out {folder}` again."
        )
    return len(expected)


def read_estimates(folder: Path) -> pd.DataFrame:
    """`estimates.csv` of a results folder, once the folder has been checked.

    Raises IncompleteResultsError if the folder is not whole.
    """
    check(folder)
    return pd.read_csv(folder / "estimates.csv", keep_default_na=True)


def _files(folder: Path) -> list[Path]:
    """Every file of the folder but those of the job apart."""
    every = (path for path in folder.rglob("*") if path.is_file())
    return [path for path in every if path.relative_to(folder).parts[0] != APART]


def _listed(folder: Path) -> list[str]:
    """Files of an earlier run; nothing outside the folder, whatever its manifest says."""
    try:
        outputs = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["outputs"]
        root = folder.resolve()
        return [name for name in outputs if (folder / name).resolve().is_relative_to(root)]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
