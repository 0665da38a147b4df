"""Make the small multi-state frame on which the Aalen-Johansen estimates are compared with R.

Run from the repository root: ``python tests/reference/make_multistate_data.py``. The rows are
simulated (seeded) to be hard on software: whole days, so that transitions of all kinds tie;
illness and recovery, so that a unit is in a state more than once; late entry; units that begin
ill; stays that are cut into two rows when a covariate changes.
"""

from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
RATES = {"well": {"ill": 0.09, "dead": 0.02}, "ill": {"well": 0.05, "dead": 0.08}}


def stays(units: int = 150, seed: int = 1949) -> pd.DataFrame:
    """One row per stay in a state, or per part of it."""
    rng = np.random.default_rng(seed)
    rows = []
    for unit in range(units):
        g = "a" if rng.random() < 0.55 else "b"
        z = int(rng.integers(0, 2))
        late = int(rng.choice([0, 0, 0, 2, 5, 9]))
        begins = "ill" if rng.random() < 0.25 else "well"
        state, now, until = begins, late, late + int(rng.integers(3, 31))
        while state != "dead" and now < until:
            x = round(float(rng.normal()), 3)
            effect = np.exp(0.4 * x * (state == "well") - 0.5 * z * (state == "ill"))
            chances = {to: rate * effect for to, rate in RATES[state].items()}
            leaves = now + int(np.ceil(rng.exponential(1 / sum(chances.values()))))
            changes = now + int(rng.integers(3, 15))
            stop = min(leaves, changes, until)
            to = "censored"
            if stop == leaves:
                share = np.array([*chances.values()]) / sum(chances.values())
                to = str(rng.choice(list(chances), p=share))
            rows.append((unit, g, late, begins, state, to, now, stop, x, z))
            state, now = (to if to != "censored" else state), stop
    columns = ["unit", "g", "late", "begins", "from", "to", "entry", "stop", "x", "z"]
    return pd.DataFrame(rows, columns=columns)


if __name__ == "__main__":
    stays().to_csv(HERE / "multistate_stays.csv", index=False, lineterminator="\n")
