"""The tables of a comparison of blocks; `compare_blocks` says what their columns mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations

import numpy as np
import pandas as pd

from analysis.models.cox import CoxFit
from analysis.models.crossvalidation import CV_MEASURES, CrossValidated
from analysis.models.frame import Floats
from analysis.models.result import Z, likelihood_ratio_test, wald_test
from analysis.models.vuong import nonnested_test
from analysis.models.yardsticks import HIGHER_IS_BETTER
from coalitiondata.errors import InvalidDataError

# Resamples below which they give no error.
FEWEST = 20
Models = tuple[str, ...]  # the blocks that are in a model


def model_table(
    fits: Mapping[str, CoxFit],
    whole: Mapping[str, dict[str, float]],
    validated: CrossValidated | None,
    designs: Mapping[str, Floats],
) -> pd.DataFrame:
    """One row per model: its size, fit and accuracy, in the sample and cross-validated."""
    nothing = dict.fromkeys(CV_MEASURES, float("nan"))
    return pd.DataFrame(
        {
            "model": name,
            "formula": fits[name].formula if name in fits else "",
            "parameters": X.shape[1],
            **whole[name],
            **(nothing if validated is None else validated.models[name]),
        }
        for name, X in designs.items()
    )


def nested_table(fit: Callable[[Models], CoxFit], every: Models, has_base: bool) -> pd.DataFrame:
    """What each block adds to the base and to all the others; `fit` gives the model of blocks."""
    rows = []
    for name in every:
        others = tuple(n for n in every if n != name)
        for against, smaller in (("base", ()), ("others", others)):
            if against == "others" and not others:
                continue
            larger = fit(every if smaller else (name,))
            nested = fit(smaller) if smaller or has_base else None
            inside = set() if nested is None else set(nested.table["term"])
            added = [term for term in larger.table["term"] if term not in inside]
            if not added:
                raise InvalidDataError(f"block {name!r} adds nothing to the {against}")
            ratio, wald = likelihood_ratio_test(larger, nested), wald_test(larger, added)
            rows.append(
                {
                    "block": name,
                    "against": against,
                    "df": int(ratio["df"]),
                    "lr_statistic": ratio["statistic"],
                    "lr_p_value": ratio["p_value"],
                    "wald_statistic": wald["statistic"],
                    "wald_p_value": wald["p_value"],
                }
            )
    return pd.DataFrame(rows)


def nonnested_table(fit: Callable[[Models], CoxFit], every: Models) -> pd.DataFrame:
    """Pairs of blocks that are not nested."""
    rows = []
    for pair in combinations(every, 2):
        first, second = fit(pair[:1]), fit(pair[1:])
        both = fit(pair)
        shared = set(first.table["term"]) & set(second.table["term"])
        either = wald_test(both, [t for t in both.table["term"] if t not in shared])
        test = nonnested_test(first, second).rename({"difference": "loglik_difference"})
        rows.append(
            {
                "first": pair[0],
                "second": pair[1],
                "aic_difference": first.aic - second.aic,
                "bic_difference": first.bic - second.bic,
                **test.to_dict(),
                "either_p_value": either["p_value"],
            }
        )
    return pd.DataFrame(rows)


def difference_table(
    whole: Mapping[str, dict[str, float]], resampled: Mapping[tuple[str, str], Floats]
) -> pd.DataFrame:
    """Differences of all measures between all pairs of models, with errors from resamples.

    Intervals take the estimate as normal: in simulations of some 30 uneven clusters percentiles,
    also bias-corrected ones, covered the truth less often.
    """
    rows = []
    for first, second in combinations(whole, 2):
        for measure, higher in HIGHER_IS_BETTER.items():
            estimate = whole[second][measure] - whole[first][measure]
            values = resampled[second, measure] - resampled[first, measure]
            error = float(values.std(ddof=1)) if len(values) >= FEWEST else np.nan
            better = (
                float(((values > 0) if higher else (values < 0)).mean()) if error > 0 else np.nan
            )
            rows.append(
                {
                    "first": first,
                    "second": second,
                    "measure": measure,
                    "higher_is_better": higher,
                    "estimate": estimate,
                    "std_error": error,
                    "conf_low": estimate - Z * error,
                    "conf_high": estimate + Z * error,
                    "share_better": better,
                    "replicates": len(values),
                }
            )
    return pd.DataFrame(rows)
