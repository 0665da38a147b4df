"""How far the curve and the plan's own estimates move when clusters are drawn anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.models.frame import Floats
from analysis.models.result import Z
from analysis.multiverses import chunks, kernel
from analysis.multiverses.choices import FAMILIES, main_specification
from analysis.multiverses.exchange import Kind, Units
from analysis.multiverses.frames import frame_choice, rows_of
from analysis.multiverses.preparation import (
    DEFAULT_LIMIT,
    Prepared,
    prepared,
    require_replicates,
    require_seed,
)
from analysis.multiverses.replicates import SEED, Replicates, replicates
from analysis.multiverses.resampling import RESAMPLED, resampled
from analysis.multiverses.terms import terms

PLAN, CURVE = "the plan's own", "median of the specifications"
HYPOTHESIS = {
    "power": "H1",
    "closeness": "H2 depth",
    "breadth": "H2 breadth",
    "aic_difference": "H3",
}


@dataclass(frozen=True, eq=False)
class ClusterBootstrap:
    """What a bootstrap found.

    Attributes:
        folder: where everything was written.
        table: one row per family, hypothesis and estimate.
        distribution: the estimates in each resample; 0 is what was observed.
        resumed: refits taken from an earlier run.
    """

    folder: Path
    table: pd.DataFrame
    distribution: pd.DataFrame
    resumed: int


def cluster_bootstrap(
    out: Path | str = "results/multiverse",
    *,
    bootstraps: int = 500,
    seed: int = SEED,
    families: Sequence[str] = FAMILIES,
    limit: int | None = DEFAULT_LIMIT,
    workers: int | None = None,
    backend: str | None = None,
    address: str | None = None,
    quiet: bool = True,
    tables: Mapping[str, pd.DataFrame] | None = None,
) -> ClusterBootstrap:
    """Bootstrap whole clusters: the plan's own specification, and the median of all.

    Each resample draws as many of a family's countries, wars or issue areas as there are, with
    replacement, with all their rows; one drawn twice counts as two. Samples are then made, and
    models fitted, as from the data, but for the scale of the measures, which stays. Rows are as if
    written out as often as they are drawn, under Efron's method, see `batched`.

    Estimates are log hazard ratios per standard deviation (H1, H2; with a square, the slope at the
    mean) and the AIC of power less that of interests (H3).

    Args:
        out: folder of the results; that of a multiverse may be used.
        bootstraps: B, the number of resamples, at least 2.
        seed: each resample has a seed of its own, spawned from it.
        families, limit, workers, backend, address, quiet, tables: as for `multiverse`. With a limit
            of one for each family only the plan's own is resampled.

    Writes `bootstrap.csv` and `bootstrap_distribution.parquet` (CSV without pyarrow). A run that
    was broken off goes on where it was, with the same results.

    The table's columns: family, hypothesis, of (the plan's own, or the median of the
    specifications), estimate; robust_low and robust_high (interval by cluster-robust errors, the
    plan's own only); boot_mean, boot_sd, percentile_low, percentile_high, normal_low, normal_high
    (95 per cent; normal: estimate and boot_sd), same_sign (share of resamples), bootstraps,
    not_estimated (share of fits without finite estimates, which have no part in the others),
    specifications, clusters, seed.

    Raises:
        UnknownNameError: an unknown family or backend.
        InvalidDataError: fewer than two resamples, a negative seed, or as `multiverse`.
        TargetExistsError, MissingExtraError: as `multiverse`.

    Source: Davison and Hinkley (1997), Bootstrap Methods and their Application, sections 3.8, 5.3;
    Field and Welsh (2007), JRSS B 69: 369-390 (whole clusters).
    """
    check(bootstraps, seed)
    ready = prepared(out, families, limit, workers, backend, address, quiet, tables)
    return bootstrapped_curve(ready, bootstraps, seed)


def check(bootstraps: int, seed: int) -> None:
    """Raise InvalidDataError for what cannot be done."""
    require_replicates("bootstraps", bootstraps, 2)
    require_seed(seed)


def bootstrapped_curve(ready: Prepared, bootstraps: int, seed: int) -> ClusterBootstrap:
    """The bootstrap of specifications that have been listed."""

    def kinds_of(_: Units) -> list[Kind]:
        return ["bootstrap"]

    found, resumed = replicates(
        ready, kinds_of, resampled, RESAMPLED, bootstraps, seed, intervals=True
    )
    rows, parts = [], []
    for each in found:
        robust = _robust(ready, each.units.family)
        for estimate in _estimates(each):
            rows.append(_row(each, estimate, robust, seed))
            parts.append(_distribution(each.units.family, estimate))
    table, distribution = pd.DataFrame(rows), pd.concat(parts, ignore_index=True)
    chunks.write(table, ready.folder / "bootstrap.csv")
    chunks.write(distribution, ready.folder / f"bootstrap_distribution.{chunks.suffix()}")
    return ClusterBootstrap(ready.folder, table, distribution, resumed)


@dataclass(frozen=True, eq=False)
class _Estimate:
    """An estimate in all resamples (B + 1), of S specifications."""

    part: str
    of: str
    drawn: Floats
    specifications: int
    not_estimated: float


def _estimates(each: Replicates) -> Iterator[_Estimate]:
    plan = each.specifications.index(main_specification(each.units.family))
    for part in RESAMPLED:
        values = each.estimates[part]
        for of, rows in ((PLAN, [plan]), (CURVE, range(len(values)))):
            chosen = values[list(rows)]
            chosen = chosen[np.isfinite(chosen[:, 0])]  # estimated from the data
            if not len(chosen):
                continue
            empty = np.isnan(chosen).all(axis=0)
            middle = np.nanmedian(np.where(empty, 0.0, chosen), axis=0)
            yield _Estimate(
                part=part,
                of=of,
                drawn=np.where(empty, np.nan, middle),
                specifications=len(chosen),
                not_estimated=float(np.isnan(chosen[:, 1:]).mean()),
            )


def _robust(ready: Prepared, family: str) -> dict[str, tuple[float, float]]:
    """Intervals of the plan's own specification by cluster-robust errors."""
    plan = main_specification(family)
    frame = next(
        batch.frame
        for batch in ready.plan.batches
        if frame_choice(batch.specifications[0]) == frame_choice(plan)
    )
    t, rows = terms(plan), rows_of(plan, frame)
    X = np.column_stack([frame.columns[name][rows] for name in t.full])
    own = kernel.fit(kernel.risk(frame, rows, stratified=plan.strata == "country"), X, t.full)
    if isinstance(own, kernel.Failure):
        return {}
    of = {"power": t.power, "closeness": t.closeness, "breadth": t.breadth}
    numbers = {part: own.of(name) for part, name in of.items() if name}
    return {
        part: (n["coefficient"] - Z * n["error"], n["coefficient"] + Z * n["error"])
        for part, n in numbers.items()
    }


def _row(
    each: Replicates, found: _Estimate, robust: dict[str, tuple[float, float]], seed: int
) -> dict[str, object]:
    estimate, drawn = float(found.drawn[0]), found.drawn[1:]
    known = drawn[np.isfinite(drawn)]
    sd = float(known.std(ddof=1)) if len(known) > 1 else float("nan")
    low, high = np.quantile(known, [0.025, 0.975]) if len(known) else (np.nan, np.nan)
    nothing = (float("nan"), float("nan"))
    robust_low, robust_high = robust.get(found.part, nothing) if found.of == PLAN else nothing
    return {
        "family": each.units.family,
        "hypothesis": HYPOTHESIS[found.part],
        "of": found.of,
        "estimate": estimate,
        "robust_low": robust_low,
        "robust_high": robust_high,
        "boot_mean": float(known.mean()) if len(known) else float("nan"),
        "boot_sd": sd,
        "percentile_low": float(low),
        "percentile_high": float(high),
        "normal_low": estimate - Z * sd,
        "normal_high": estimate + Z * sd,
        "same_sign": float((np.sign(known) == np.sign(estimate)).mean()),
        "bootstraps": len(drawn),
        "not_estimated": found.not_estimated,
        "specifications": found.specifications,
        "clusters": each.units.clusters,
        "seed": seed,
    }


def _distribution(family: str, found: _Estimate) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "family": family,
            "hypothesis": HYPOTHESIS[found.part],
            "of": found.of,
            "replicate": np.arange(len(found.drawn)),
            "value": found.drawn,
        }
    )
