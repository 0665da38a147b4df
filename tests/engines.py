"""A real local Dask cluster and a real local Spark session, one of each for all tests that ask.

Test modules use it by `pytest_plugins = ["engines"]`. Without Dask, pyspark or Java the tests that
ask are skipped and say so.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


def no_java() -> str | None:
    """Say what Spark lacks on this machine, or None."""
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java") or (home and (Path(home) / "bin" / "java").exists()):
        return None
    return "Spark runs on Java, and there is none on this machine"


@pytest.fixture(scope="session")
def dask_cluster() -> Iterator[Any]:
    """A client of two worker processes, which computes every Dask collection while it lasts."""
    distributed = pytest.importorskip("distributed", reason="dask[distributed] is not installed")
    pytest.importorskip("dask.dataframe", reason="dask[dataframe] is not installed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Spark session on two threads of this machine."""
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed")
    if reason := no_java():
        pytest.skip(reason)
    os.environ["PYSPARK_PYTHON"] = sys.executable
    folder = tmp_path_factory.mktemp("spark")
    session = (
        sql.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.warehouse.dir", str(folder))
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )
    yield session
    session.stop()
