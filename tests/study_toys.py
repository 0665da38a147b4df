"""Made-up samples with known effects, for tests of the study's modules."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.study import plan, samples
from analysis.study.plan import BREADTH, DEPTH, POWER, z
from analysis.study.settings import Setting

EFFECTS = {POWER: 0.0, DEPTH: 0.6, BREADTH: 0.0}


def rows(
    n: int = 300,
    seed: int = 1,
    effects: dict[str, float] | None = None,
    shape: float = 1.0,
    clusters: int = 30,
    frailty: float = 0.0,
    censoring: float = 900.0,
) -> pd.DataFrame:
    """Weibull durations in days with log hazard ratios per standard deviation, ends at random.

    `frailty` is the variance of a gamma factor that clusters share; `shape` 1 is the exponential.
    Measures are standard normal, so that they are their own standardised forms.
    """
    rng = np.random.default_rng(seed)
    effects = {**EFFECTS, **(effects or {})}
    measures = {name: rng.normal(size=n) for name in effects}
    arena = rng.integers(0, clusters, n)
    shared = np.ones(clusters)
    if frailty:
        shared = rng.gamma(1 / frailty, frailty, clusters)
    risk = shared[arena] * np.exp(sum(b * measures[name] for name, b in effects.items()))
    end = np.ceil(400 * (rng.exponential(size=n) / risk) ** (1 / shape)) + 1
    last = np.ceil(rng.exponential(censoring, n)) + 1
    event = (end <= last).astype(int)
    start = pd.Timestamp("1950-01-01") + pd.to_timedelta(rng.integers(0, 20_000, n), unit="D")
    return pd.DataFrame(
        {
            "unit_id": [f"toy-{k}" for k in range(n)],
            "name": [f"Toy {k}" for k in range(n)],
            "arena": [f"war-{k}" for k in arena],
            "start": start.astype("datetime64[s]"),
            "duration": np.minimum(end, last),
            "event": event,
            "cause": np.where(event == 1, rng.choice(["victory", "defeat"], n), "censored"),
            "n_members": rng.integers(2, 9, n).astype(float),
            **measures,
        }
    )


def setting(frame: pd.DataFrame) -> Setting:
    """The wartime study on made-up rows; complete cases are those with every measure."""
    names = [POWER, DEPTH, BREADTH]
    complete = frame.dropna(subset=names).reset_index(drop=True)
    scale = pd.DataFrame({"mean": 0.0, "std": 1.0}, index=names)
    drawn = samples.Drawn(
        family=plan.WARTIME,
        sample=plan.WARTIME.main,
        frame=frame,
        complete=complete.assign(
            **{z(name): complete[name] for name in names},
            **{plan.POWER_SQUARED: complete[POWER] ** 2},
        ),
        scale=scale,
        flow=pd.DataFrame(),
    )
    models = {model.id: model for model in plan.WARTIME.models()}
    return Setting(drawn, tuple(models.values()), models["M3"], POWER, z(POWER))
