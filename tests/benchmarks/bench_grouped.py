"""Measure `concentration` and `overlap` against hand-written queries of the engines themselves.

``python tests/benchmarks/bench_grouped.py [--rows 10000000] [--engines duckdb spark]`` prints a
table: seconds (best of the runs after a first one), their ratio and the peak of memory of the
process and those it started. Every cell is a process of its own.

``pytest tests/benchmarks/bench_grouped.py`` reports the same pairs through pytest-benchmark, for
10,000 to a million memberships, and ten million if COALITIONDATA_LARGE is set.

Memberships are ten to a coalition on average, at least two, and in no order. Both sides begin and
end alike: pandas, polars and pyarrow with tables in memory, sorted in the end; DuckDB with a table
of the data base, into a temporary one; Dask and Spark with Parquet files, Dask into pandas on the
client and Spark into nothing. A hand-written query computes the same columns and checks nothing.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hand_written
import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from coalitiondata.measures import concentration, overlap  # noqa: E402

ENGINES = ("pandas", "polars", "pyarrow", "duckdb", "dask", "spark")
QUESTIONS = ("power", "overlap 1", "overlap 3", "all power")
SIZES = [10_000, 100_000, 1_000_000]
if os.environ.get("COALITIONDATA_LARGE"):
    SIZES.append(10_000_000)
POSITIONS = ["left_right", "state_market", "liberty_authority"]
POWER = ["hhi", "effective_number", "top_share"]
ALL_POWER = [*POWER, "normalized_hhi", "con", "leader_margin", "entropy", "gini"]
PARTS = 8


def memberships(rows: int, seed: int = 1648) -> pd.DataFrame:
    """A tenth as many coalitions as rows, the rows shuffled."""
    rng = np.random.default_rng(seed)
    groups = rows // 10
    coalition = np.concatenate(
        [np.repeat(np.arange(groups), 2), rng.integers(0, groups, rows - 2 * groups)]
    )
    columns: dict[str, Any] = {
        "coalition": rng.permutation(coalition),
        "actor": np.arange(rows),
        "seats": rng.gamma(1.5, 100, rows).round(2) + 0.01,
    }
    columns |= {name: rng.uniform(0, 10, rows).round(2) for name in POSITIONS}
    return pd.DataFrame(columns)


def parquet(rows: int, folder: Path) -> Path:
    """Folder of the table in equal files; made once."""
    target = folder / str(rows)
    if not target.exists():
        target.mkdir(parents=True)
        table = memberships(rows)
        step = -(-rows // PARTS)
        for part in range(PARTS):
            piece = table.iloc[part * step : (part + 1) * step]
            piece.to_parquet(target / f"{part}.parquet", index=False)
    return target


def ours(table: Any, question: str) -> Any:
    if question.endswith("power"):
        wanted = POWER if question == "power" else ALL_POWER
        return concentration(table, "coalition", "seats", wanted)
    return overlap(table, "coalition", "actor", POSITIONS[: int(question[-1])])


@contextmanager
def opened(engine: str, folder: Path) -> Iterator[tuple[Any, Callable[[Any], Any]]]:
    """The table of an engine, and what makes it compute a result to the end."""
    if engine == "pandas":
        yield pd.read_parquet(folder), lambda result: result
    elif engine == "polars":
        import polars as pl

        yield pl.read_parquet(folder / "*.parquet"), lambda result: result
    elif engine == "pyarrow":
        import pyarrow.parquet as pq

        yield pq.read_table(folder), lambda result: result
    elif engine == "duckdb":
        import duckdb

        with duckdb.connect() as base:
            base.execute(f"CREATE TABLE memberships AS FROM '{folder}/*.parquet'")

            def finish(result: Any) -> None:
                base.execute("DROP TABLE IF EXISTS answer")
                result.create("answer")

            yield base.table("memberships"), finish
    elif engine == "dask":
        import dask.dataframe as dd
        from distributed import Client, LocalCluster

        with (
            LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
            Client(cluster),
        ):
            yield dd.read_parquet(folder), lambda result: result.compute()
    else:
        from pyspark.sql import SparkSession

        session = (
            SparkSession.builder.master("local[2]")
            .config("spark.driver.memory", "8g")
            .config("spark.ui.enabled", "false")
            .config("spark.log.level", "ERROR")
            .config("spark.sql.shuffle.partitions", "16")
            .getOrCreate()
        )
        finish = lambda result: result.write.format("noop").mode("overwrite").save()  # noqa: E731
        yield session.read.parquet(str(folder)), finish
        session.stop()


def query(engine: str, question: str, who: str) -> Callable[[Any], Any]:
    if who == "ours":
        return functools.partial(ours, question=question)
    written: Callable[[Any, str, list[str]], Any] = getattr(hand_written, f"by_{engine}")
    return lambda table: written(table, question, POSITIONS)


def peak_mib() -> float:
    """Peak memory of this process and the living ones it started, each at its own worst."""
    total = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    processes = {}
    for path in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = dict(
                line.split(":", 1) for line in path.read_text().splitlines() if ":" in line
            )
        except OSError:
            continue
        processes[int(lines["Pid"])] = (int(lines["PPid"]), lines.get("VmHWM", "0 kB"))
    parents = {os.getpid()}
    while born := {pid for pid, (parent, _) in processes.items() if parent in parents} - parents:
        total += sum(int(processes[pid][1].split()[0]) for pid in born)
        parents |= born
    return total / 1024


def measure(engine: str, question: str, who: str, folder: Path, runs: int) -> dict[str, float]:
    with opened(engine, folder) as (table, finish):
        before = peak_mib()
        ask = query(engine, question, who)
        seconds = []
        for _ in range(runs + 1):
            begin = time.perf_counter()
            finish(ask(table))
            seconds.append(time.perf_counter() - begin)
        # The first run warms up the engine; the other ones count.
        best = min(seconds[1:] or seconds)
        return {"seconds": best, "mib": peak_mib(), "table_mib": before}


def apart(engine: str, question: str, who: str, folder: Path, runs: int) -> dict[str, float]:
    """`measure` in a process of its own, whose peak of memory is of this question alone."""
    arguments = [sys.executable, __file__, "--one", engine, question, who]
    arguments += ["--folder", str(folder), "--runs", str(runs)]
    done = subprocess.run(arguments, check=True, capture_output=True, text=True)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.mark.parametrize("who", ["ours", "hand"])
@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("rows", SIZES)
def test_grouped(
    benchmark: Any, rows: int, engine: str, question: str, who: str, folder: Path
) -> None:
    files = parquet(rows, folder)
    benchmark.group = f"{engine}, {question}, {rows:,} memberships"
    benchmark.extra_info.update(apart(engine, question, who, files, runs=0))
    with opened(engine, files) as (table, finish):
        ask = query(engine, question, who)
        benchmark.pedantic(lambda: finish(ask(table)), rounds=3, warmup_rounds=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--engines", nargs="+", default=ENGINES, choices=ENGINES)
    parser.add_argument("--questions", nargs="+", default=QUESTIONS, choices=QUESTIONS)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(*given.one, folder=given.folder, runs=given.runs)))
        return
    with tempfile.TemporaryDirectory() as name:
        files = parquet(given.rows, given.folder or Path(name))
        print(f"{given.rows:,} memberships in {given.rows // 10:,} coalitions\n")
        print("| engine | question | ours, s | by hand, s | ratio | ours, MiB | by hand, MiB |")
        print("|---|---|--:|--:|--:|--:|--:|", flush=True)
        for engine in given.engines:
            for question in given.questions:
                a, b = (apart(engine, question, w, files, given.runs) for w in ("ours", "hand"))
                print(
                    f"| {engine} | {question} | {a['seconds']:.2f} | {b['seconds']:.2f} "
                    f"| {a['seconds'] / b['seconds']:.2f} | {a['mib']:,.0f} | {b['mib']:,.0f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
