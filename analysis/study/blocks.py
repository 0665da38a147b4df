"""Power against interests out of sample and with intervals (H3), beside the verdict's AIC."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.models.comparison import compare_blocks
from analysis.study import samples
from analysis.study.plan import INTEREST_BLOCK
from analysis.study.settings import Setting, all_settings, stacked

REPLICATES = 500
SEED = 20261123


@dataclass(frozen=True, eq=False)
class Blocks:
    """The blocks of H3 compared on the main samples; tables as `compare_blocks`, by family."""

    models: pd.DataFrame
    tests: pd.DataFrame
    differences: pd.DataFrame


def blocks(
    tables: samples.Tables,
    settings: list[Setting] | None = None,
    replicates: int = REPLICATES,
) -> Blocks:
    """Likelihood, concordance, Brier score and explained variation of power and of interests.

    Cross-validation leaves out whole clusters (countries, wars, issue areas), and resamples draw
    them whole, with a fixed seed. No verdict uses these numbers.
    """
    found: dict[str, list[pd.DataFrame]] = {"models": [], "tests": [], "differences": []}
    for setting in settings if settings is not None else all_settings(tables):
        compared = compare_blocks(
            setting.drawn.complete,
            {"power": setting.power_term, "interests": " + ".join(INTEREST_BLOCK)},
            base=" + ".join(setting.drawn.family.controls),
            cluster=setting.cluster,
            replicates=replicates,
            seed=SEED,
        )
        for name, parts in found.items():
            part: pd.DataFrame = getattr(compared, name)
            parts.append(part.assign(family=setting.id))
    return Blocks(**{name: stacked(parts) for name, parts in found.items()})
