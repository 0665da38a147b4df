"""One specification by itself, and a made-up family with known effects, listed as in a run."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.multiverses import evaluate, frames
from analysis.multiverses.choices import Specification, identity, main_specification
from analysis.multiverses.frames import Frame
from analysis.multiverses.listing import Batch, Listing
from analysis.multiverses.preparation import Prepared
from analysis.multiverses.resumption import Workers
from analysis.multiverses.terms import column, squared
from analysis.study.plan import BREADTH, DEPTH

POWERS = ("power_hhi", "power_gini")
MAIN = main_specification("wartime")
SEQUENTIAL = Workers("sequential", 1, None)


def frame(n: int = 60, *, depth: float = 0.0, seed: int = 1, clusters: int | None = None) -> Frame:
    """n coalitions of the wartime family; `depth` is its log hazard ratio, nothing else matters."""
    rng = np.random.default_rng(seed)
    measures = {name: rng.normal(size=n) for name in (*POWERS, DEPTH, BREADTH)}
    measures["power_gini"] = 0.8 * measures["power_hhi"] + 0.6 * measures["power_gini"]
    columns = {column(name): values for name, values in measures.items()}
    columns |= {squared(column(name)): measures[name] ** 2 for name in POWERS}
    columns["n_members"] = rng.integers(2, 6, n).astype(float)
    end = np.ceil(30 * rng.exponential(size=n) * np.exp(-depth * measures[DEPTH]))  # in ties
    last = np.ceil(rng.exponential(80, n))
    cluster = rng.permutation(np.arange(n) % (clusters or n))
    yes = np.ones(n, dtype=bool)
    return Frame(
        start=np.full(n, -np.inf),
        stop=np.minimum(end, last),
        event=end <= last,
        cluster=cluster.astype(np.int64),
        coalition=np.array([f"toy-{k:03d}" for k in range(n)], dtype=object),
        place=np.array([f"war-{k:03d}" for k in cluster], dtype=object),
        columns=columns,
        recent=yes,
        caretaker=~yes,
        coalition_form=yes,
        dated=yes,
        planned=yes,
    )


def specifications() -> tuple[Specification, ...]:
    """Two measures of power, two sets of interests, with the number of members or without."""
    return tuple(
        MAIN._replace(power=power, interests=interests, controls=controls, form=form)
        for power in POWERS
        for interests in ("depth + breadth", "depth")
        for controls in ("none", "n_members")
        for form in ("linear", "quadratic")
    )


def listed(made: Frame, chosen: tuple[Specification, ...] | None = None) -> Listing:
    """These specifications in two batches."""
    chosen = specifications() if chosen is None else chosen
    half = (len(chosen) + 1) // 2
    parts = [part for part in (chosen[:half], chosen[half:]) if part]
    return Listing(
        batches=[Batch(k, part, frozenset(), made) for k, part in enumerate(parts)],
        duplicates=pd.DataFrame(columns=["id", "same_as", *Specification._fields]),
        grid_size={"wartime": len(chosen)},
        digest="".join(map(identity, chosen)),
    )


def ready(
    folder: Path,
    made: Frame,
    chosen: tuple[Specification, ...] | None = None,
    workers: Workers = SEQUENTIAL,
) -> Prepared:
    """As `preparation.prepared` leaves it."""
    return Prepared(folder, listed(made, chosen), workers, quiet=True)


def without(made: Frame, name: str, rows: list[int]) -> Frame:
    """The frame with a column unknown in some rows."""
    values = made.columns[name].copy()
    values[rows] = np.nan
    return dataclasses.replace(made, columns={**made.columns, name: values})


def as_table(made: Frame) -> pd.DataFrame:
    """The frame as `analysis.cox` reads it."""
    return pd.DataFrame(dict(made.columns)).assign(
        duration=made.stop, event=made.event.astype(int), cluster=made.cluster
    )


def formula(names: tuple[str, ...]) -> str:
    """Covariates as a formula."""
    return " + ".join(names)


def row_of(specification: Specification, tables: dict[str, pd.DataFrame]) -> dict[str, object]:
    """What the multiverse says about one specification of the real data."""
    by = frames.scale(specification.family, tables)
    made = frames.frame(frames.frame_choice(specification), tables, by)
    return evaluate.evaluate(specification, made, evaluate.fitter(made))


def same(ours: object, theirs: object, tolerance: float = 1e-8) -> None:
    """Numbers are equal but for rounding."""
    np.testing.assert_allclose(
        np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float), rtol=tolerance, atol=1e-10
    )
