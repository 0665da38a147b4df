"""Blocks of covariates against each other on one sample, such as power against interests."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analysis.models.accuracy import horizon
from analysis.models.comparison_tables import (
    difference_table,
    model_table,
    nested_table,
    nonnested_table,
)
from analysis.models.cox import CoxFit, cox
from analysis.models.crossvalidation import cross_validate
from analysis.models.design import formula_variables
from analysis.models.frame import (
    Floats,
    Ints,
    as_list,
    as_pandas,
    codes,
    complete_rows,
    observed_events,
    observed_times,
    require_columns,
)
from analysis.models.notices import ConvergenceWarning
from analysis.models.resampling import cluster_counts, grouped_folds
from analysis.models.yardsticks import HIGHER_IS_BETTER, Sample, yardsticks
from coalitiondata.errors import InvalidDataError

BASE, JOINT = "base", "joint"
# The horizon, unless it is given: the last event at which this share of the rows is at risk.
LEFT_AT_HORIZON = 0.1


@dataclass(frozen=True, eq=False, kw_only=True)
class BlockComparison:
    """Blocks of covariates compared; see `compare_blocks` for what the columns mean.

    Attributes:
        models: one row per model: `base`, each block added to it, `joint` with all of them.
        tests: what each block adds to the base, and to all the others.
        nonnested: pairs of blocks.
        differences: one row per pair of models and measure, with intervals.
        folds: one row per fold and model; empty without cross-validation.
        fits: the Cox fits by model, on the same rows.
        n, events, clusters: rows, events, and resampled units.
        tau: horizon; missing if rows enter late.
        replicates, failed: resamples, and by model those without a finite estimate.
        dropped: missing values by column among the rows that were left out.
    """

    models: pd.DataFrame
    tests: pd.DataFrame
    nonnested: pd.DataFrame
    differences: pd.DataFrame
    folds: pd.DataFrame
    fits: dict[str, CoxFit]
    n: int
    events: int
    clusters: int
    tau: float
    replicates: int
    failed: dict[str, int] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)


def compare_blocks(
    frame: Any,
    blocks: Mapping[str, str],
    base: str = "",
    duration: str = "duration",
    event: str = "event",
    entry: str | None = None,
    cluster: str | None = None,
    tau: float | None = None,
    group: str | None = None,
    folds: int | None = 5,
    replicates: int = 500,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> BlockComparison:
    """Compare blocks of covariates as predictors of duration, all on the same complete rows.

    The models are Cox's, with Efron ties: `base`, `base` with each block, and all together.

    Args:
        frame, duration, event, entry: as `cox`.
        blocks: name -> part of a formula, such as ``{"power": "hhi + con", "interests": "depth"}``.
        base: part of a formula that all models share; none by default.
        cluster: column of the units within which rows depend on each other: errors of tests are
            robust, and resamples draw them whole. Without, each row is drawn by itself.
        tau: horizon of Uno's concordance and the integrated Brier score, in the unit of the
            durations; by default the last event time at which a tenth of the rows is at risk.
        group: column of the groups that cross-validation leaves out whole, by default `cluster`.
        folds: into which groups are dealt without chance (`grouped_folds`), at most one per group;
            None leaves out one group at a time, 0 leaves cross-validation out.
        replicates: bootstrap resamples, 0 for none.
        seed: of numpy's Generator, from which all resamples follow.
        progress: called with (done, total) after each resample.

    Returns:
        Tables:

        - models: model, formula, parameters, then loglik, aic, bic (k log(events)), harrell_c,
          uno_c, ibs, ipa, r2_d, r2_randomness (see `accuracy`; here of the fitted rows) and the
          cross-validated cv_loglik, cv_harrell_c, cv_uno_c, cv_ibs, cv_ipa (`cross_validate`).
          r2_d rests on ranks and can fall when a covariate is added.
        - tests: block, against (`base` or `others`), df, lr_statistic, lr_p_value (working
          likelihood if there are clusters), wald_statistic, wald_p_value (robust then).
        - nonnested: first, second, aic_difference, bic_difference (first minus second, negative
          favours first), and of `nonnested_test` loglik_difference, std_error, statistic,
          p_value, aic_statistic, aic_p_value (positive favours first); either_p_value: joint
          Wald test that both blocks are void, without whose rejection the two are one model and
          the test between them means nothing.
        - differences: first, second, measure, higher_is_better, estimate (second minus first),
          std_error (standard deviation in the resamples), conf_low, conf_high (95 per cent,
          normal), share_better (of the resamples in which the second is better), replicates
          (that count; under 20 give no error). In-sample measures favour the model with more
          coefficients, by overfitting alone: hold nested models to `tests`, and any to the
          cross-validated measures.
        - folds: fold, groups, rows, events, model, cv_loglik, fitted.

    With late entry or intervals of a spell Uno's concordance and the Brier score are missing:
    their weights need rows that are observed from time zero. Resamples weigh rows by how often
    their cluster is drawn, so that copies make no ties. A resample in which some model has no
    finite estimate is left out for all, counted in `failed`, and announced by a ConvergenceWarning
    if there are more than one in twenty.

    Rows with a missing value in any column used are dropped with a DroppedRowsWarning.

    Raises:
        UnknownNameError: a column that the frame does not have.
        InvalidDataError: as `cox`; no block; a block called base or joint, or that adds nothing
            to the base or to the others; a model without finite estimates; a horizon beyond the
            data.
    """
    data = as_pandas(frame)
    _check_names(blocks, replicates)
    named = [duration, event, *as_list(entry), *as_list(cluster), *as_list(group)]
    require_columns(data, named, "compare_blocks")
    parts = [part for part in (base, *blocks.values()) if part]
    variables = [v for part in parts for v in formula_variables(part, data)]
    used, dropped = complete_rows(data, [*named, *variables])
    start, stop = observed_times(used, duration, entry)
    happened = observed_events(used, event)
    late = bool((start > 0).any())
    if tau is None and not late:
        at_risk = 1 - np.searchsorted(np.sort(stop), stop) / len(stop)
        enough = stop[happened & (at_risk >= LEFT_AT_HORIZON)]
        tau = float(enough.max()) if enough.size else None
    tau = None if late else horizon(stop, happened, tau)

    known: dict[tuple[str, ...], CoxFit] = {}

    def fit(names: tuple[str, ...]) -> CoxFit:
        if names not in known:
            formula = " + ".join(p for p in (base, *(blocks[n] for n in names)) if p)
            known[names] = cox(used, formula, duration, event, entry, cluster=cluster)
            if not known[names].converged:
                raise InvalidDataError(
                    f"the model {formula!r} has no finite estimates, so it cannot be compared"
                )
        return known[names]

    every = tuple(blocks)
    fits = {name: fit((name,)) for name in blocks}
    if base:
        fits = {BASE: fit(()), **fits}
    if len(blocks) > 1:
        fits[JOINT] = fit(every)
    # In units of their spread, so that units do not matter to the arithmetic.
    spread = {name: f.design.matrix.std(axis=0) for name, f in fits.items()}
    designs = {name: f.design.matrix / spread[name] for name, f in fits.items()}
    starts = {name: f.coefficients.to_numpy() * spread[name] for name, f in fits.items()}
    if not base:
        designs = {BASE: np.zeros((len(used), 0)), **designs}
        starts[BASE] = np.zeros(0)
    sample = Sample(start, stop, happened, designs, tau)
    whole = yardsticks(sample, np.ones(len(used)))

    grouping = group or cluster
    groups = codes(used, grouping) if grouping else np.arange(len(used))
    validated = None
    if folds != 0:
        fold = grouped_folds(groups, happened.astype(float), folds)
        validated = cross_validate(sample, fold, starts)
        labels = used[grouping] if grouping else pd.Series(used.index, used.index)
        of_fold = labels.groupby(fold).agg(lambda each: list(dict.fromkeys(each)))
        validated.folds.insert(1, "groups", validated.folds["fold"].map(of_fold))
    clusters = codes(used, cluster) if cluster else np.arange(len(used))
    resampled, failed = _bootstrap(sample, starts, clusters, replicates, seed, progress)
    return BlockComparison(
        models=model_table(fits, whole, validated, designs),
        tests=nested_table(fit, every, bool(base)),
        nonnested=nonnested_table(fit, every),
        differences=difference_table(whole, resampled),
        folds=pd.DataFrame() if validated is None else validated.folds,
        fits=fits,
        n=len(used),
        events=int(happened.sum()),
        clusters=len(np.unique(clusters)),
        tau=float("nan") if tau is None else tau,
        replicates=replicates,
        failed=failed,
        dropped=dropped,
    )


def _check_names(blocks: Mapping[str, str], replicates: int) -> None:
    if not blocks:
        raise InvalidDataError("compare_blocks: name at least one block, {'power': 'hhi'}")
    for name, part in blocks.items():
        if name in (BASE, JOINT):
            raise InvalidDataError(f"a block cannot be called {name!r}; that is a model's name")
        if not part.strip():
            raise InvalidDataError(f"block {name!r} is empty; give its covariates")
    if replicates < 0:
        raise InvalidDataError(f"replicates {replicates} must not be negative")


def _bootstrap(
    sample: Sample,
    starts: Mapping[str, Floats],
    clusters: Ints,
    replicates: int,
    seed: int,
    progress: Callable[[int, int], None] | None,
) -> tuple[dict[tuple[str, str], Floats], dict[str, int]]:
    """(model, measure) -> values in the resamples in which all models could be fitted."""
    kept: list[dict[str, dict[str, float]]] = []
    failed = dict.fromkeys(sample.designs, 0)
    for done, counts in enumerate(cluster_counts(clusters, replicates, seed), start=1):
        values = yardsticks(sample, counts.astype(float), starts)
        missing = [name for name in sample.designs if name not in values]
        for name in missing:
            failed[name] += 1
        if not missing:
            kept.append(values)
        if progress is not None:
            progress(done, replicates)
    lost = replicates - len(kept)
    if lost > replicates / 20:
        worst = ", ".join(f"{name} {count}" for name, count in failed.items() if count)
        warnings.warn(
            f"{lost} of {replicates} resamples left out, because a model had no finite estimate "
            f"there ({worst}); intervals rest on the others",
            ConvergenceWarning,
            stacklevel=3,
        )
    return {
        (name, measure): np.array([values[name][measure] for values in kept])
        for name in sample.designs
        for measure in HIGHER_IS_BETTER
    }, failed
