"""The tiny data set that cases start from: as frames, as bytes, and as a folder to read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import pandas as pd
import tiny


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


@lru_cache
def full() -> dict[str, pd.DataFrame]:
    return tiny.frames(tiny.WITH_NGO)


@lru_cache
def shipped_files() -> dict[str, bytes]:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as place:
        tiny.write(Path(place), twins=True, rows=tiny.WITH_NGO)
        return {path.name: path.read_bytes() for path in Path(place).iterdir()}


@lru_cache
def bare_files() -> dict[str, bytes]:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as place:
        tiny.write(Path(place), stamp=False)
        return {path.name: path.read_bytes() for path in Path(place).iterdir()}


@lru_cache
def whole_folder() -> str:
    from tempfile import mkdtemp

    return str(tiny.write(Path(mkdtemp(prefix="fuzz-whole-")), rows=tiny.WITH_NGO))
