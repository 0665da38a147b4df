"""What must hold of every valid result, however hostile the input was."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

TOLERANCE = 1e-9
REPORT = ["table", "row", "column", "value", "rule", "hint"]


class BrokenError(AssertionError):
    """A result that came without an error and is wrong."""


def holds(condition: Any, what: str) -> None:
    """Raise BrokenError unless the condition is true."""
    if not bool(condition):
        raise BrokenError(what)


def report_is_sound(report: pd.DataFrame, frames: dict[str, Any]) -> None:
    """A report has its columns, words in every row, and rows that are there."""
    holds(list(report.columns) == REPORT, f"columns of the report: {list(report.columns)}")
    for row in report.to_dict("records"):
        holds(isinstance(row["hint"], str) and row["hint"], "a problem without a hint")
        holds(isinstance(row["rule"], str) and row["rule"], "a problem without a rule")
        holds(row["table"] in frames, f"a problem of a table that was not given: {row['table']}")


def frame_is_sound(frame: pd.DataFrame) -> None:
    """Durations, events and measures of a survival frame are within their ranges."""
    holds((frame["duration"].dropna() >= 0).all(), "a negative duration")
    holds((frame["entry"] <= frame["duration"]).all(), "an entry after its exit")
    holds(frame["event"].isin([0, 1]).all(), "an event that is neither 0 nor 1")
    holds((frame["n_members"].dropna() >= 1).all(), "a coalition without members")
    holds(not frame["unit_id"].isna().any(), "a unit without id")
    for name in frame.select_dtypes("number").columns:
        values = frame[name].astype("Float64").dropna().to_numpy(dtype=float)
        holds(np.isfinite(values).all(), f"{name} is infinite")
    if "power_hhi" in frame:
        known = frame.dropna(subset=["power_hhi"])
        lowest = 1 / known["n_members"].astype(float)
        holds((known["power_hhi"] >= lowest - TOLERANCE).all(), "hhi below 1/n")
        holds((known["power_hhi"] <= 1 + TOLERANCE).all(), "hhi above 1")
    shares = ("interest_depth", "interest_breadth", "power_top_share", "power_share")
    for name in shares:
        if name in frame:
            values = frame[name].dropna().astype(float)
            holds(values.between(-TOLERANCE, 1 + TOLERANCE).all(), f"{name} outside [0, 1]")


def same_tables(first: dict[str, pd.DataFrame], second: dict[str, pd.DataFrame]) -> None:
    """What was exported comes back as it was."""
    for name, frame in first.items():
        if not len(frame):
            continue
        holds(name in second, f"{name} did not come back")
        key = [c for c in frame.columns if str(c).endswith("_id") or c in ("year", "spell",
               "dimension", "actor_a", "actor_b", "joined")]  # fmt: skip
        left, right = (
            each.astype("object").sort_values(key, ignore_index=True, key=lambda c: c.astype(str))
            for each in (frame, second[name])
        )
        holds(list(left.columns) == list(right.columns), f"{name}: other columns came back")
        holds(len(left) == len(right), f"{name}: {len(left)} rows became {len(right)}")
        for column in left.columns:
            one, two = left[column], right[column]
            same = (one == two).fillna(False).astype(bool) | (one.isna() & two.isna())
            holds(same.all(), f"{name}.{column}: {one[~same].head(1).tolist()!r} came back as "
                  f"{two[~same].head(1).tolist()!r}")  # fmt: skip


def state_of(folder: Path) -> dict[str, str]:
    """Every file below a folder with its fingerprint."""
    if not folder.is_dir():
        return {}
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


@contextmanager
def old_or_new(folder: Path, expected: list[str] | None = None) -> Iterator[None]:
    """After an error `folder` is as before; nowhere is anything left of an unfinished write."""
    before = state_of(folder)
    try:
        yield
    except BaseException:
        holds(_plain(state_of(folder)) == _plain(before), "an error left a changed folder")
        raise
    after = state_of(folder)
    holds(all(name in after for name in expected or ()), f"files are missing: {expected}")
    holds(not [name for name in after if "-staged-" in name], "something unfinished is left")


def _plain(state: dict[str, str]) -> dict[str, str]:
    # The lock of a folder may stay: it is empty and says so in its name.
    return {name: digest for name, digest in state.items() if not name.endswith(".lock")}
