"""The registry of pinned raw files, and how the build gets at them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd

from coalitiondata.errors import MissingExtraError, SourceFileError

RawFile = Callable[[str], Path]
"""Takes the name of a registered raw file, returns the path of its verified bytes."""


def registry() -> pd.DataFrame:
    """All pinned raw files: file, source_id, sha256, bytes, url."""
    with resources.files(__package__).joinpath("registry.csv").open(encoding="utf-8") as handle:
        return pd.read_csv(handle)


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def raw_folder(folder: Path) -> Path:
    """The folder that holds the raw files: `folder` itself or its subfolder `raw`."""
    if not folder.is_dir():
        raise SourceFileError(
            f"--sources: there is no folder {folder}. Name the folder with the raw files, "
            "or leave --sources out to download them."
        )
    return folder / "raw" if (folder / "raw").is_dir() else folder


def from_folder(folder: Path) -> RawFile:
    """Serve raw files from a local folder, each verified against its registered checksum.

    Every registered file is checked before the first is used, so that one message names all that
    are missing or changed and nothing has been built by then.
    """
    root = raw_folder(folder)
    pinned = _pinned()
    problems = [text for name, row in pinned.items() if (text := _problem(root / name, row))]
    if problems:
        raise SourceFileError(
            "The raw sources are not the pinned ones:\n  "
            + "\n  ".join(problems)
            + "\nNothing was written. Restore these files, or leave --sources out to download them."
        )
    return lambda name: root / _registered(pinned, name)


def from_download() -> RawFile:
    """Download raw files on demand into the user's cache with pooch, verified by checksum."""
    try:
        import pooch
    except ImportError as error:
        raise MissingExtraError(
            'Downloading raw sources needs pooch: pip install "coalitiondata[build]"'
        ) from error
    pinned = _pinned()
    cache = pooch.os_cache("coalitiondata")

    def path(name: str) -> Path:
        row = pinned[_registered(pinned, name)]
        try:
            found = pooch.retrieve(
                url=row["url"],
                known_hash=f"sha256:{row['sha256']}",
                fname=row["file"].replace("/", "-"),
                path=cache,
            )
        except Exception as error:
            raise SourceFileError(
                f"Could not get the raw file {name} from {row['url']}: {error}. Nothing was "
                "written. Try again later, or give a folder that holds it with --sources."
            ) from error
        return Path(found)

    return path


def _pinned() -> dict[str, dict[Hashable, Any]]:
    return {str(row["file"]): row for row in registry().to_dict("records")}


def _registered(pinned: dict[str, dict[Hashable, Any]], name: str) -> str:
    if name not in pinned:
        raise SourceFileError(f"The raw file {name} is not in the registry of pinned sources.")
    return name


def _problem(path: Path, row: dict[Hashable, Any]) -> str:
    if not path.is_file():
        return f"{row['file']}: missing"
    if path.stat().st_size != row["bytes"]:
        return f"{row['file']}: {path.stat().st_size} bytes, expected {row['bytes']}"
    if (found := sha256(path)) != row["sha256"]:
        return f"{row['file']}: sha256 {found}, expected {row['sha256']}"
    return ""
