"""The registry of pinned raw files, and how the build gets at them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Hashable
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd

from coalitiondata.errors import MissingExtraError, SourceFileError

STALLED, LONGEST = 30.0, 600.0  # seconds
CHUNK = 1 << 15

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


def from_download(cache: Path | None = None, pinned: pd.DataFrame | None = None) -> RawFile:
    """Download raw files on demand, verified by checksum before they get their names.

    They are kept in the folder `cache`, by default the user's cache folder, and downloaded again
    if they are damaged there. `pinned` is the registry, by default `registry()`. A transfer that is
    longer than the pinned file is broken off, and so is one that makes no progress for `STALLED`
    seconds or takes longer than `LONGEST`.

    Raises SourceFileError if a file cannot be had; nothing damaged is kept then.
    """
    try:
        import pooch
    except ImportError as error:
        raise MissingExtraError(
            'Downloading raw sources needs pooch: pip install "coalitiondata[build]"'
        ) from error
    rows = _pinned(pinned)
    folder = cache or pooch.os_cache("coalitiondata")

    def path(name: str) -> Path:
        row = rows[_registered(rows, name)]
        try:
            found = pooch.retrieve(
                url=row["url"],
                known_hash=f"sha256:{row['sha256']}",
                fname=row["file"].replace("/", "-"),
                path=folder,
                downloader=lambda url, target, _: _fetch(url, Path(target), int(row["bytes"])),
            )
        except Exception as error:
            raise SourceFileError(
                f"Could not get the raw file {name} from {row['url']}: {error}. Nothing was "
                "written. Try again later, or give a folder that holds it with --sources."
            ) from error
        return Path(found)

    return path


def _fetch(url: str, target: Path, expected: int) -> None:
    """Bytes of an address into a file, no more of them and no longer than makes sense."""
    import requests

    last = time.monotonic() + LONGEST
    plain = {"Accept-Encoding": "identity"}
    with (
        requests.get(url, headers=plain, stream=True, timeout=STALLED) as response,
        target.open("wb") as file,
    ):
        response.raise_for_status()
        received = 0
        # `read1` returns what has come: to wait for a full chunk would have no end on a line that
        # drips. What is packed all the same is not unpacked, so that it cannot swell.
        while part := response.raw.read1(CHUNK):
            received += len(part)
            if received > expected:
                raise ValueError(f"it is longer than the pinned {expected} bytes")
            if time.monotonic() > last:
                raise TimeoutError(f"{received} of {expected} bytes came in {LONGEST:.0f} seconds")
            file.write(part)
    if received < expected:
        raise ValueError(f"it ends after {received} of {expected} bytes")


def _pinned(pinned: pd.DataFrame | None = None) -> dict[str, dict[Hashable, Any]]:
    rows = registry() if pinned is None else pinned
    return {str(row["file"]): row for row in rows.to_dict("records")}


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
