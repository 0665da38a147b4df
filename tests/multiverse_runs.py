"""Runs of the multiverse that several modules look at."""

from __future__ import annotations

import pandas as pd
import pytest
import shipped

from analysis.multiverses import Multiverse, multiverse
from analysis.study import samples
from coalitiondata import schema


@pytest.fixture(scope="session")
def tables() -> dict[str, pd.DataFrame]:
    if not all((shipped.DATA / t.path).is_file() for t in schema.tables().values()):
        pytest.skip("the tables in data/ have not been built")
    return samples.load_tables()


@pytest.fixture(scope="session")
def result(tables: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Multiverse:
    """A small run over all families."""
    out = tmp_path_factory.mktemp("multiverse") / "out"
    return multiverse(out, limit=45, backend="sequential", tables=tables)


@pytest.fixture(scope="session")
def wars(tables: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Multiverse:
    """Every specification for wartime coalitions."""
    out = tmp_path_factory.mktemp("multiverse") / "out"
    return multiverse(
        out, families=["wartime"], limit=None, backend="sequential", figures=False, tables=tables
    )
