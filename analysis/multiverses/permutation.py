"""What the specification curve would look like if measures had nothing to do with duration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import numpy as np
import pandas as pd

from analysis.models.frame import Floats
from analysis.models.result import Z
from analysis.multiverses import chunks
from analysis.multiverses.choices import FAMILIES
from analysis.multiverses.exchange import ENOUGH, Kind, Units
from analysis.multiverses.preparation import (
    DEFAULT_LIMIT,
    Prepared,
    prepared,
    require_replicates,
    require_seed,
)
from analysis.multiverses.replicates import SEED, Replicates, replicates
from analysis.multiverses.resampling import PERMUTED, permuted
from analysis.study.plan import AIC_MARGIN, LEVEL
from coalitiondata.errors import UnknownNameError

Within = Literal["family", "clusters"]
WITHIN: tuple[Within, ...] = get_args(Within)
SHARE, MEDIAN, SUM = "share significant", "median", "Stouffer's z"
# Equal statistics that were summed in another order differ by rounding.
ROUNDING = 1e-10


@dataclass(frozen=True, eq=False)
class PermutationTest:
    """What a permutation test found.

    Attributes:
        folder: where everything was written.
        table: one row per family, kind of shuffle, hypothesis, direction and statistic.
        distribution: the statistics in each replicate; 0 is what was observed.
        resumed: refits taken from an earlier run.
    """

    folder: Path
    table: pd.DataFrame
    distribution: pd.DataFrame
    resumed: int


def permutation_test(
    out: Path | str = "results/multiverse",
    *,
    permutations: int = 200,
    within: Sequence[Within] = WITHIN,
    seed: int = SEED,
    families: Sequence[str] = FAMILIES,
    limit: int | None = DEFAULT_LIMIT,
    workers: int | None = None,
    backend: str | None = None,
    address: str | None = None,
    quiet: bool = True,
    tables: Mapping[str, pd.DataFrame] | None = None,
) -> PermutationTest:
    """Test the whole specification curve against no relation of measures with duration.

    In each permutation the measures of power and interests change places among coalitions as one
    block, see `exchange`; duration, event, clusters and controls stay. All specifications are then
    refitted, but those on intervals, and the statistics of the curve are those of chance:

    - share significant: specifications with p < .05 in the direction, of those that were estimated
      from the data (H1: the Wald test of power with its square; H3: AICs that differ by over 2);
    - median: of the log hazard ratio per standard deviation (H1: its size; H3: of the difference in
      AIC), turned into the direction;
    - Stouffer's z: sum of z over the root of their number, turned (H1: its size; not for H3).

    p = (1 + permutations with a statistic at least as large) / (1 + permutations), for every
    direction by itself and not adjusted. Directions: H1 "either"; H2 "longer", which it expects,
    and "shorter"; H3 "interests", which it expects, and "power".

    Args:
        out: folder of the results; that of a multiverse may be used.
        permutations: R, the number of shuffles.
        within: "family", and "clusters" as well, where more than half of a family's coalitions have
            another one in their cluster to change places with.
        seed: each replicate has a seed of its own, spawned from it, so that results do not depend
            on workers or their order.
        families, limit, workers, backend, address, quiet, tables: as for `multiverse`.

    Writes `permutation.csv` and `permutation_distribution.parquet` (CSV without pyarrow). A run
    that was broken off goes on where it was, with the same results.

    The table's columns: family, within, hypothesis, direction, statistic, observed, permuted_mean,
    permuted_q025, permuted_q500, permuted_q975, p, permutations, specifications (that bear on the
    hypothesis), coalitions, moved (share of them with another one to change places with), seed.

    Raises:
        UnknownNameError: an unknown family, backend or kind of shuffle.
        InvalidDataError: fewer than one permutation, a negative seed, or as `multiverse`.
        TargetExistsError, MissingExtraError: as `multiverse`.

    Source: Simonsohn, Simmons and Nelson (2020), Nature Human Behaviour 4: 1208-1214; Phipson and
    Smyth (2010), Statistical Applications in Genetics and Molecular Biology 9: 39 (p-values).
    """
    check(permutations, within, seed)
    ready = prepared(out, families, limit, workers, backend, address, quiet, tables)
    return permuted_curve(ready, permutations, within, seed)


def check(permutations: int, within: Sequence[str], seed: int) -> None:
    """Raise InvalidDataError or UnknownNameError for what cannot be done."""
    require_replicates("permutations", permutations, 1)
    require_seed(seed)
    for kind in within:
        if kind not in WITHIN:
            known = " and ".join(map(repr, WITHIN))
            raise UnknownNameError(f"there is no shuffle within {kind!r}; there are {known}")
    if not within:
        raise UnknownNameError(f"within is empty; choose some of {', '.join(WITHIN)}")


def permuted_curve(
    ready: Prepared, permutations: int, within: Sequence[Within], seed: int
) -> PermutationTest:
    """The permutation test of specifications that have been listed."""

    def kinds_of(units: Units) -> list[Kind]:
        return [k for k in WITHIN if k in within and (k == "family" or units.moved(k) > ENOUGH)]

    found, resumed = replicates(
        ready, kinds_of, permuted, PERMUTED, permutations, seed, intervals=False
    )
    distribution = pd.concat([_distribution(each) for each in found], ignore_index=True)
    tested = [row | {"seed": seed} for each in found for row in _tests(each)]
    table = pd.DataFrame(tested)
    chunks.write(table, ready.folder / "permutation.csv")
    chunks.write(distribution, ready.folder / f"permutation_distribution.{chunks.suffix()}")
    return PermutationTest(ready.folder, table, distribution, resumed)


class Statistic(NamedTuple):
    """A statistic of the curve, larger the more it points in its direction.

    Attributes:
        hypothesis, direction, name: which.
        curves: in each replicate, R + 1; missing where no specification could be estimated.
        specifications: that bear on the hypothesis.
    """

    hypothesis: str
    direction: str
    name: str
    curves: Floats
    specifications: int


def statistics(values: Mapping[str, Floats]) -> Iterator[Statistic]:
    """Statistics of curves; `values` are those of `resampling.permuted`, S x (R + 1)."""
    power = _observed(values, "power")
    z, size = power["power_z"], len(power["power"])
    if size:
        yield Statistic("H1", "either", SHARE, _share(power["power_p"] < LEVEL), size)
        yield Statistic("H1", "either", MEDIAN, np.abs(_median(power["power"])), size)
        yield Statistic("H1", "either", SUM, np.abs(_stouffer(z)), size)
    for hypothesis, part in (("H2 depth", "closeness"), ("H2 breadth", "breadth")):
        interest = _observed(values, part)
        if not (size := len(interest[part])):
            continue
        for direction, sign in (("longer", -1.0), ("shorter", 1.0)):
            z = sign * interest[f"{part}_z"]
            yield Statistic(hypothesis, direction, SHARE, _share(z > Z), size)
            yield Statistic(hypothesis, direction, MEDIAN, sign * _median(interest[part]), size)
            yield Statistic(hypothesis, direction, SUM, _stouffer(z), size)
    gap = _observed(values, "aic_difference")["aic_difference"]
    if len(gap):
        for direction, sign in (("interests", 1.0), ("power", -1.0)):
            yield Statistic("H3", direction, SHARE, _share(sign * gap > AIC_MARGIN), len(gap))
            yield Statistic("H3", direction, MEDIAN, sign * _median(gap), len(gap))


def p_value(values: Floats) -> float:
    """Share of the statistics at least as large as the first, which counts itself.

    What could not be computed counts as larger.
    """
    observed, rest = values[0], values[1:]
    slack = ROUNDING * max(1.0, abs(observed))
    return float((1 + (~(rest < observed - slack)).sum()) / (1 + len(rest)))


def _observed(values: Mapping[str, Floats], part: str) -> dict[str, Floats]:
    """The specifications in which this part was estimated from the data."""
    rows = np.isfinite(values[part][:, 0])
    return {name: column[rows] for name, column in values.items()}


def _share(significant: np.ndarray) -> Floats:
    return np.asarray(significant.mean(axis=0))


def _median(values: Floats) -> Floats:
    empty = np.isnan(values).all(axis=0)
    return np.where(empty, np.nan, np.nanmedian(np.where(empty, 0.0, values), axis=0))


def _stouffer(z: Floats) -> Floats:
    number = np.isfinite(z).sum(axis=0)
    total = np.where(np.isfinite(z), z, 0.0).sum(axis=0)
    return np.where(number > 0, total / np.sqrt(np.maximum(number, 1)), np.nan)


def _distribution(each: Replicates) -> pd.DataFrame:
    return pd.concat(
        pd.DataFrame(
            {
                "family": each.units.family,
                "within": each.kind,
                "hypothesis": s.hypothesis,
                "direction": s.direction,
                "statistic": s.name,
                "replicate": np.arange(len(s.curves)),
                "value": s.curves,
            }
        )
        for s in statistics(each.estimates)
    )


def _tests(each: Replicates) -> Iterator[dict[str, object]]:
    for s in statistics(each.estimates):
        chance = s.curves[1:]
        low, middle, high = np.nanquantile(chance, [0.025, 0.5, 0.975])
        yield {
            "family": each.units.family,
            "within": each.kind,
            "hypothesis": s.hypothesis,
            "direction": s.direction,
            "statistic": s.name,
            "observed": s.curves[0],
            "permuted_mean": np.nanmean(chance),
            "permuted_q025": low,
            "permuted_q500": middle,
            "permuted_q975": high,
            "p": p_value(s.curves),
            "permutations": len(chance),
            "specifications": s.specifications,
            "coalitions": len(each.units.coalition),
            "moved": each.units.moved(each.kind),
        }
