"""The pinned raw files, for tests that build tables from them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from coalitiondata.build import sources, wartime

ROOT = Path(__file__).parents[1]
CURATED = ROOT / "data" / "curated"


@cache
def _raw(folder: Path) -> sources.RawFile:
    return sources.from_folder(folder)


def folder_or_skip() -> Path:
    """The folder with the raw files, or skip the test if this machine does not have them."""
    given = os.environ.get("COALITIONDATA_SOURCES")
    folder = Path(given) if given else ROOT.parent / "shared" / "sources"
    if not given and not folder.is_dir():
        pytest.skip("no raw sources: set COALITIONDATA_SOURCES to the folder that holds them")
    return folder


def raw_or_skip() -> sources.RawFile:
    """Serve the verified raw files, or skip the test if this machine does not have them."""
    return _raw(folder_or_skip())


@cache
def _tables(raw: sources.RawFile) -> Mapping[str, pd.DataFrame]:
    return wartime.build(raw, CURATED)


def wartime_or_skip() -> Mapping[str, pd.DataFrame]:
    """All tables of the wartime family, built once per test run."""
    return _tables(raw_or_skip())
