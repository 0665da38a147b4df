from __future__ import annotations

from pathlib import Path

import pytest
import tiny


@pytest.fixture
def tiny_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of the tiny data set, which the package reads for the length of a test."""
    folder = tiny.write(tmp_path / "data")
    monkeypatch.setenv("COALITIONDATA_DATA", str(folder))
    return folder


@pytest.fixture
def bare_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny data set without checksums, as while somebody edits the tables."""
    folder = tiny.write(tmp_path / "data", stamp=False)
    monkeypatch.setenv("COALITIONDATA_DATA", str(folder))
    return folder
