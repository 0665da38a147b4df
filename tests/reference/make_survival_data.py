"""Make the small data frames on which the survival models are compared with R.

Run from the repository root: ``python tests/reference/make_survival_data.py``. The numbers are
simulated (seeded) to be hard on software: whole days, so that up to a dozen events tie; clusters;
strata; (start, stop] rows whose entries fall on event times; two causes; uneven case weights.
"""

from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent


def spells(rows: int = 240, seed: int = 1815) -> pd.DataFrame:
    """One row per spell."""
    rng = np.random.default_rng(seed)
    cluster = rng.integers(0, 40, rows)
    shared = rng.normal(0, 0.4, 40)[cluster]
    x = rng.normal(size=rows).round(3)
    z = rng.integers(0, 2, rows)
    g = rng.choice(["a", "b", "c"], rows, p=[0.5, 0.3, 0.2])
    s = rng.choice(["north", "south", "west"], rows)
    rate = np.exp(0.5 * x - 0.4 * z + 0.3 * (g == "b") + shared)
    end = np.ceil(12 * rng.weibull(1.3, rows) / rate)
    censoring = rng.integers(5, 31, rows)
    duration = np.minimum(end, censoring).astype(int)
    cause = np.where(end <= censoring, np.where(rng.random(rows) < 0.6, 1, 2), 0)
    return pd.DataFrame(
        {
            "duration": duration,
            "event": (cause > 0).astype(int),
            "cause": cause,
            "entry": np.floor(duration * rng.random(rows) * 0.7).astype(int),
            "x": x,
            "z": z,
            "g": g,
            "s": s,
            "c": cluster,
            "w": rng.choice([0.5, 1.0, 1.25, 2.0], rows),
        }
    )


def intervals(units: int = 90, seed: int = 1914) -> pd.DataFrame:
    """Up to five (start, stop] rows per unit, with a covariate that changes between them."""
    rng = np.random.default_rng(seed)
    rows = []
    for unit in range(units):
        stratum = rng.choice(["early", "late"])
        z = int(rng.integers(0, 2))
        start = int(rng.choice([0, 0, 0, 3, 6]))
        for _ in range(int(rng.integers(1, 6))):
            x = round(float(rng.normal()), 3)
            length = int(rng.integers(2, 8))
            until = int(np.ceil(rng.exponential(18 * np.exp(-0.6 * x + 0.3 * z))))
            event = int(until <= length)
            stop = start + min(until, length)
            rows.append((unit, stratum, start, stop, event, x, z))
            start = stop
            if event:
                break
    return pd.DataFrame(rows, columns=["unit", "s", "start", "stop", "event", "x", "z"])


if __name__ == "__main__":
    for name, frame in {"spells": spells(), "intervals": intervals()}.items():
        frame.to_csv(HERE / f"survival_{name}.csv", index=False, lineterminator="\n")
