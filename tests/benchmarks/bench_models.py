"""Time our models against R survival and comprisk, in one run on one machine.

Run from the repository root: ``python tests/benchmarks/bench_models.py [--rows 100000] [--large]``.
It needs Rscript with the package survival; no test collects it. Times are medians of five runs
within a process that has loaded everything; R reads the same CSV and reports ``system.time``.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import analysis

RUNS = 5
FORMULA = "x + z + v"
R_SCRIPT = """
library(survival)
arguments <- commandArgs(TRUE)
rows <- read.csv(arguments[1])
for (clustered in c(FALSE, TRUE)) {
  if (clustered && arguments[2] == "plain") next
  for (i in seq_len(as.integer(arguments[3]))) {
    seconds <- system.time(
      if (clustered) coxph(Surv(start, stop, event) ~ x + z + v, rows, cluster = unit)
      else coxph(Surv(start, stop, event) ~ x + z + v, rows)
    )[["elapsed"]]
    cat(clustered, seconds, "\\n")
  }
}
"""


def time_varying(rows: int, whole: bool, seed: int = 1648) -> pd.DataFrame:
    """(start, stop] rows, up to five a unit, on whole days (ties) or not; exactly `rows` rows."""
    rng = np.random.default_rng(seed)
    units, parts = rows // 2, 5
    unit = np.repeat(np.arange(units), parts)
    start = np.tile(np.arange(parts) * 10.0, units)
    x = rng.normal(size=len(unit)).round(3)
    z = rng.integers(0, 2, units)[unit]
    v = rng.normal(size=units).round(3)[unit]
    time_to_event = rng.exponential(np.exp(4 - 0.5 * x + 0.4 * z - 0.2 * v))
    event = (time_to_event < 10).astype(int)
    stop = start + np.minimum(time_to_event, 10)
    frame = pd.DataFrame(
        {
            "unit": unit,
            "start": start,
            "stop": np.ceil(stop) if whole else stop,
            "event": event,
            "x": x,
            "z": z,
            "v": v,
        }
    )
    before = frame.groupby("unit")["event"].cumsum() - frame["event"]
    return frame[before == 0].iloc[:rows].reset_index(drop=True)


def competing(rows: int, whole: bool, seed: int = 1815) -> pd.DataFrame:
    """Two causes and uniform censoring, on whole days (ties) or not."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 3))
    first = rng.exponential(10 * np.exp(-0.5 * x[:, 0]))
    second = rng.exponential(15 * np.exp(0.3 * x[:, 1]))
    censoring = rng.uniform(1, 30, rows)
    duration = np.minimum(np.minimum(first, second), censoring)
    cause = np.where(duration == censoring, 0, np.where(first < second, 1, 2))
    columns = dict(zip("xzv", x.T, strict=True))
    return pd.DataFrame(
        {"duration": np.ceil(duration * 5) if whole else duration, "cause": cause, **columns}
    )


def median_seconds(run: Callable[[], Any]) -> float:
    """Median of RUNS timed calls after one that is not timed."""
    run()
    taken = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        run()
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken)


def r_seconds(frame: pd.DataFrame, clustered: bool) -> dict[str, float]:
    """Medians of R coxph on the same rows: plain, and with clusters where asked."""
    with tempfile.TemporaryDirectory() as folder:
        table, script = Path(folder) / "rows.csv", Path(folder) / "time.R"
        frame.to_csv(table, index=False)
        script.write_text(R_SCRIPT)
        command = ["Rscript", str(script), str(table), "all" if clustered else "plain", str(RUNS)]
        out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    lines = [line.split() for line in out.splitlines()]
    return {flag: statistics.median(float(s) for f, s in lines if f == flag) for flag, _ in lines}


def cox_lines(rows: int, clustered: bool) -> list[tuple[str, int, float, float]]:
    """Our seconds and R's for time-varying Cox models."""
    out = []
    for whole in (True, False):
        frame = time_varying(rows, whole)
        kind = "whole days" if whole else "no ties"
        theirs = r_seconds(frame, clustered)
        for flag, options in {"FALSE": {}, "TRUE": {"cluster": "unit"}}.items():
            if flag not in theirs:
                continue

            def run(frame: pd.DataFrame = frame, options: dict[str, str] = options) -> Any:
                return analysis.cox(frame, FORMULA, duration="stop", entry="start", **options)

            name = f"Cox (start, stop], {kind}" + (", clusters" if options else "")
            out.append((name, len(frame), median_seconds(run), theirs[flag]))
    return out


def fine_gray_lines(rows: int) -> list[tuple[str, int, float, float]]:
    """Our seconds and those of comprisk alone, without and with its own robust errors."""
    import comprisk

    out = []
    for whole in (True, False):
        frame = competing(rows, whole)
        X = frame[list("xzv")].to_numpy()
        duration, cause = frame["duration"].to_numpy(), frame["cause"].to_numpy()

        def ours(frame: pd.DataFrame = frame) -> Any:
            return analysis.fine_gray(frame, FORMULA)

        kind = "whole days" if whole else "no ties"
        seconds = median_seconds(ours)
        for robust in (False, True):

            def theirs(X: Any = X, t: Any = duration, e: Any = cause, se: bool = robust) -> Any:
                return comprisk.FineGrayRegression(cause=1, robust_se=se).fit(X, time=t, event=e)

            name = f"Fine-Gray, {kind}, against comprisk" + (", robust" if robust else "")
            out.append((name, rows, seconds, median_seconds(theirs)))
    return out


def main() -> None:
    """Print a table of medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the Cox models")
    parser.add_argument("--large", action="store_true", help="also a million rows")
    chosen = parser.parse_args()
    lines = cox_lines(chosen.rows, clustered=True) + fine_gray_lines(chosen.rows // 2)
    if chosen.large:
        lines += cox_lines(1_000_000, clustered=False)
    table = pd.DataFrame(lines, columns=["model", "rows", "ours_s", "theirs_s"])
    table["ratio"] = table["ours_s"] / table["theirs_s"]
    print(table.round(3).to_string(index=False))


if __name__ == "__main__":
    main()
