"""Entries that compute: measures and models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import coalitiondata as cd
from fuzz.generators import hostile
from fuzz.invariants import holds
from fuzz.values import NUMBERS, TEXTS, any_value, pick

Rng = np.random.Generator

TOL = 1e-9

_POWER = ("hhi", "normalized_hhi", "effective_number", "top_share", "leader_margin", "gini",
          "entropy", "con")  # fmt: skip
_GAMES = ("banzhaf", "shapley_shubik", "deegan_packel", "holler_packel")


def _array(rng: Rng) -> Any:
    n = int(rng.integers(0, 9))
    kind = int(rng.integers(8))
    if kind == 0:
        return [any_value(rng) for _ in range(n)]
    if kind == 1:
        return [pick(rng, NUMBERS) for _ in range(n)]
    if kind == 2:
        return any_value(rng)
    if kind == 3:
        return rng.choice([0.0, 1.0, np.nan, 1e308, 5e-324, 3.0, 1e-300], n)
    if kind == 4:
        return rng.random((n, int(rng.integers(0, 4))))
    if kind == 5:
        return pd.Series([pick(rng, (1, 2, None, pd.NA, 0.5)) for _ in range(n)], dtype="object")
    if kind == 6:
        return 10.0 ** rng.uniform(-320, 308, n)
    return rng.integers(0, 10, n)


def scalar_measures(rng: Rng, folder: Path) -> None:
    group = int(rng.integers(3))
    if group == 0:
        name = str(pick(rng, _POWER))
        weights = _array(rng)
        value = getattr(cd.measures, name)(weights, skipna=bool(rng.random() < 0.5))
        holds(isinstance(value, float), f"{name} gave {type(value).__name__}")
        holds(not np.isinf(value), f"{name} is infinite")
        if name == "hhi" and not np.isnan(value):
            holds(1 / max(len(weights), 1) - TOL <= value <= 1 + TOL, f"hhi {value}")
        if name in _POWER and name not in ("effective_number", "entropy") and value == value:
            holds(-TOL <= value <= 1 + TOL, f"{name} {value}")
        if name == "effective_number" and value == value:
            holds(1 - TOL <= value <= len(weights) + TOL, f"effective number {value}")
    elif group == 1:
        name = str(pick(rng, _GAMES))
        quota = pick(rng, NUMBERS) if rng.random() < 0.4 else int(rng.integers(0, 40))
        shares = getattr(cd.measures, name)(_array(rng), quota)
        holds(np.isnan(shares).all() or abs(shares.sum() - 1) < 1e-6, f"{name} adds up to {shares}")
    else:
        name = str(pick(rng, ("depth", "breadth", "ideological_range", "ideological_variance",
                              "jaccard", "s_score", "cohen_kappa", "scott_pi")))  # fmt: skip
        measure = getattr(cd.measures, name)
        if name in ("jaccard", "s_score", "cohen_kappa", "scott_pi"):
            first = _array(rng)
            measure(first, first if rng.random() < 0.6 else _array(rng))
        elif name == "breadth":
            measure(_array(rng), _array(rng) if rng.random() < 0.5 else [0.5, 0.5])
        else:
            measure(_array(rng))


def grouped_measures(rng: Rng, folder: Path) -> None:
    frame = pd.DataFrame({"c": list("aaabbc"), "m": list("xyzxyx"), "w": [1, 2, 3, 4.0, None, 0],
                          "p": [0, 1.0, 5, 6, 7, None]})  # fmt: skip
    frame = hostile(rng, {"t": frame}, most=3)["t"]
    if rng.random() < 0.15 and isinstance(frame, pd.DataFrame):
        import polars as pl

        try:
            frame = pl.from_pandas(frame)
        except Exception:  # polars refuses many pandas frames before the package sees them
            return
    kind = int(rng.integers(3))
    by = "c" if rng.random() < 0.85 else any_value(rng)
    if kind == 0:
        wanted = (*_POWER,) if rng.random() < 0.9 else any_value(rng)
        result = cd.measures.concentration(frame, by, "w", wanted, skipna=bool(rng.random() < 0.5))
        if isinstance(result, pd.DataFrame) and "hhi" in result and by == "c":
            values = result.dropna(subset="hhi")
            holds((values["hhi"] <= 1 + TOL).all(), "hhi above 1")
            holds((values["hhi"] >= 1 / values["n_members"] - TOL).all(), "hhi below 1/n")
    elif kind == 1:
        scale = 10 if rng.random() < 0.8 else any_value(rng)
        cd.measures.overlap(frame, by, "m", ["p"], scale=scale)
    else:
        quota = "majority" if rng.random() < 0.7 else any_value(rng)
        cd.measures.voting_power(frame, by, "w", quota=quota)


def models(rng: Rng, folder: Path) -> None:
    import analysis

    n = 24
    t = rng.permutation(n) + 1.0
    frame = pd.DataFrame({"duration": t, "event": (rng.random(n) < 0.7).astype(int),
                          "x": rng.normal(size=n), "g": rng.choice(["a", "b"], n),
                          "cause": rng.choice(["censored", "fell", "joined"], n)})  # fmt: skip
    frame = hostile(rng, {"t": frame}, most=2)["t"]
    kind = int(rng.integers(6))
    odd = any_value(rng) if rng.random() < 0.08 else None
    if kind == 0:
        formula = "x" if rng.random() < 0.8 else pick(rng, ("x + g", "bs(x, df=3)", "x +", *TEXTS))
        fit = analysis.cox(frame, formula if odd is None else odd)
        holds(len(fit.table) >= 1 and fit.n > 0, "a fit of nothing")
    elif kind == 1:
        table = analysis.kaplan_meier(frame, by=odd if odd is not None else pick(rng, (None, "g")))
        column = next(c for c in ("survival", "estimate") if c in table)
        holds(table[column].dropna().between(0, 1).all(), "a survival outside [0, 1]")
    elif kind == 2:
        table = analysis.cumulative_incidence(frame, by=odd)
        holds(table["estimate"].dropna().between(-TOL, 1 + TOL).all(), "incidence outside [0, 1]")
    elif kind == 3:
        test = analysis.log_rank(frame, "g" if odd is None else odd)
        holds(0 <= test.p_value <= 1, "a p value outside [0, 1]")
    elif kind == 4:
        analysis.median_survival(frame, by=odd)
    else:
        analysis.restricted_mean(frame, 10.0 if odd is None else odd)
