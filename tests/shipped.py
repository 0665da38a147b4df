"""The shipped data set, for tests that need it built."""

from __future__ import annotations

from pathlib import Path

import pytest

from coalitiondata import schema

DATA = Path(__file__).resolve().parents[1] / "data"

needed = pytest.mark.skipif(
    not all((DATA / table.path).is_file() for table in schema.tables().values()),
    reason="the tables in data/ have not been built",
)
