"""Make the small data frame on which the conditional logit is compared with R.

Run from the repository root: ``python tests/reference/make_choice_data.py``. The numbers are
simulated (seeded): groups of 3 to 12 alternatives, of whom one to all but one were chosen, tied
covariates, clusters of groups; `first` marks one chosen alternative per group.
"""

from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent


def alternatives(groups: int = 60, seed: int = 1961) -> pd.DataFrame:
    """One row per alternative."""
    rng = np.random.default_rng(seed)
    frames = []
    for group in range(groups):
        n = int(rng.integers(3, 13))
        x = rng.normal(size=n).round(2)
        seats = rng.integers(0, 6, n)
        kind = rng.choice(["a", "b", "c"], n, p=[0.5, 0.3, 0.2])
        taste = 0.7 * x + 0.25 * seats - 0.6 * (kind == "b") + rng.gumbel(size=n)
        ranked = np.argsort(np.argsort(-taste))
        joined = (ranked < rng.integers(1, n)).astype(int)
        frames.append(
            pd.DataFrame(
                {
                    "group": group,
                    "cluster": group // 5,
                    "joined": joined,
                    "first": (ranked == 0).astype(int),
                    "x": x,
                    "seats": seats,
                    "kind": kind,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


if __name__ == "__main__":
    alternatives().to_csv(HERE / "choice_alternatives.csv", index=False, lineterminator="\n")
