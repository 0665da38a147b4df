"""How far two folders of results of `python -m analysis` are apart.

    python .ci/compare.py first second

Every CSV is compared cell by cell: text exactly, numbers by |a - b| / max(1, |a|, |b|). The exit
code is 1 if text differs, or a number by more than `TOLERANCE`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

# Estimates come from maxima, which solvers of other versions reach within their own tolerance.
TOLERANCE = 1e-6


def apart(first: Path, second: Path) -> tuple[float, int]:
    """Largest relative difference of the numbers, and how many texts differ."""
    one, two = (
        pd.read_csv(path, dtype="str", keep_default_na=False, na_values=[""])
        for path in (first, second)
    )
    if one.shape != two.shape or list(one.columns) != list(two.columns):
        return np.inf, one.size
    a, b = (frame.apply(pd.to_numeric, errors="coerce") for frame in (one, two))
    numbers = a.notna() & b.notna()
    text = (one != two) & ~(one.isna() & two.isna()) & ~numbers
    scale = np.maximum(1.0, np.maximum(a.abs(), b.abs()))
    gaps = ((a - b).abs() / scale).where(numbers).to_numpy(dtype=float)
    return float(np.nanmax(gaps, initial=0.0)), int(text.to_numpy().sum())


def main(first: Path, second: Path) -> int:
    """Print what differs; 1 if it is more than it may be."""
    names, others = (
        {path.relative_to(folder) for path in folder.rglob("*.csv")} for folder in (first, second)
    )
    bad = [f"{name}: only in one of them" for name in sorted(names ^ others)]
    largest, where = 0.0, Path()
    for name in sorted(names & others):
        gap, texts = apart(first / name, second / name)
        if gap > largest:
            largest, where = gap, name
        if gap > TOLERANCE or texts:
            bad.append(f"{name}: numbers apart by {gap:.1e}, {texts} texts differ")
    print(*bad, sep="\n")
    print(f"{len(names & others)} tables, numbers apart by at most {largest:.1e} ({where})")
    return 1 if bad or not names else 0


if __name__ == "__main__":
    raise SystemExit(main(*map(Path, sys.argv[1:3])))
