"""Print the records of an audit in docs/audit.md, one `stratum,key` a line.

Run from the repository root: ``python tests/reference/draw_audit.py``, with ``20261124 12`` for the
second audit: the seed, and how many transformations. One seeded generator draws from the sorted
keys of each stratum in turn, without replacement. Other data give another draw: those that were
audited are listed in docs/audit.md.
"""

import sys

import numpy as np
import pandas as pd

import coalitiondata as cd

STRATA: dict[str, tuple[int, list[str], bool | None]] = {
    "cabinets": (20, ["cabinet", "caretaker_cabinet"], None),
    "wars": (10, ["interstate_war"], None),
    "disputes": (10, ["militarized_dispute", "dispute_targets"], True),
    "interventions": (8, ["intervention"], True),
    "expeditions": (8, ["expedition", "historical_coalition"], None),
}


def draw(seed: int, transformations: int) -> pd.DataFrame:
    """The drawn keys: columns `stratum` and `key`, in the order of the draw."""
    rng = np.random.default_rng(seed)
    drawn = [
        (stratum, key)
        for stratum, (size, subtypes, primary) in STRATA.items()
        for key in _some(rng, cd.load("coalitions", None, subtypes, primary)["coalition_id"], size)
    ]
    keys = cd.load("transformations")["transformation_id"]
    drawn += [("transformations", key) for key in _some(rng, keys, transformations)]
    return pd.DataFrame(drawn, columns=["stratum", "key"])


def _some(rng: np.random.Generator, keys: "pd.Series[str]", size: int) -> list[str]:
    return [str(key) for key in rng.choice(sorted(keys.astype(str)), size=size, replace=False)]


if __name__ == "__main__":
    chosen = [int(each) for each in sys.argv[1:]] or [20261123, 4]
    print(draw(*chosen).to_csv(index=False), end="")
