"""Refitting a random sample of a run by lifelines and by `analysis.cox`."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.models.cox import cox
from analysis.models.frame import Floats
from analysis.models.notices import ConvergenceWarning, SeparationWarning
from analysis.multiverses.choices import Specification, identity
from analysis.multiverses.evaluate import Fitter
from analysis.multiverses.frames import Bools, Frame, rows_of
from analysis.multiverses.kernel import NOT_IDENTIFIED, Estimate, too_small
from analysis.multiverses.terms import terms
from coalitiondata.errors import CoalitionDataError, InvalidDataError

FrameOf = Callable[[Specification], Frame]
SEED = 20_160_702
SHARE, LEAST = 0.01, 20
TOLERANCE = 1e-6
# lifelines stops once half the squared Newton decrement is below `precision`; at its default of
# 1e-7 estimates are off by up to 5e-4 standard errors.
PRECISE = {"precision": 1e-16, "r_precision": 0.0, "max_steps": 100}


class MismatchError(CoalitionDataError, ArithmeticError):
    """The fast fit and a refit disagree; the message names the specification and the numbers."""


class Difference(NamedTuple):
    """How far a refit is off: coefficients in standard errors if these are larger, errors
    relatively; missing for a specification that all agree cannot be estimated."""

    coefficient: float
    error: float


def drawn(specifications: Sequence[Specification], frame_of: FrameOf) -> frozenset[str]:
    """Those to be refitted: one in a hundred and at least twenty, always the same.

    What has too few events or clusters to be fitted is passed over.
    """
    wanted = max(LEAST, math.ceil(SHARE * len(specifications)))
    chosen: set[str] = set()
    for k in np.random.default_rng(SEED).permutation(len(specifications)):
        if len(chosen) == wanted:
            break
        each = specifications[k]
        frame = frame_of(each)
        rows = rows_of(each, frame)
        clusters = len(np.unique(frame.cluster[rows]))
        if not too_small(int(frame.event[rows].sum()), clusters, len(terms(each).full)):
            chosen.add(identity(each))
    return frozenset(chosen)


def audit(specification: Specification, frame: Frame, fitted: Fitter) -> Difference | None:
    """Refit the specification's own model and compare.

    Coefficients are held against lifelines and against `analysis.cox`, cluster-robust errors
    against `analysis.cox`. Where the likelihood has no maximum, `analysis.cox` must say so too.
    Returns None where there was nothing to refit, as with too few events.

    Raises:
        MismatchError: a difference above one in a million.
    """
    rows, names = rows_of(specification, frame), terms(specification).full
    if not frame.event[rows].any():
        return None
    stratified = specification.strata == "country"
    own = fitted(rows, stratified, names)
    if not isinstance(own, Estimate) and own.kind not in NOT_IDENTIFIED:
        return None
    table = as_table(frame, rows, names)
    with warnings.catch_warnings():
        warnings.simplefilter("error", SeparationWarning)
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            slow = cox(
                table,
                " + ".join(names),
                entry="entry" if "entry" in table else None,
                strata="cluster" if stratified else None,
                cluster="cluster",
            )
        except (InvalidDataError, SeparationWarning, ConvergenceWarning) as refusal:
            if isinstance(own, Estimate):
                raise _mismatch(specification, f"analysis.cox refuses it: {refusal}") from refusal
            return Difference(math.nan, math.nan)
    if not isinstance(own, Estimate):
        raise _mismatch(specification, f"analysis.cox fits it, though {own.reason}")
    order = list(names)
    theirs = slow.table.set_index("term").loc[order]
    errors = theirs["std_error"].to_numpy(dtype=float)
    unit = np.maximum(np.abs(own.coefficients), own.errors)
    other = lifelines_coefficients(table, order, stratified=stratified)
    off = Difference(
        coefficient=max(
            _largest(own.coefficients - other, unit),
            _largest(own.coefficients - theirs["estimate"].to_numpy(dtype=float), unit),
        ),
        error=_largest(own.errors - errors, errors),
    )
    if not max(off) <= TOLERANCE:
        raise _mismatch(
            specification,
            f"coefficients differ by {off.coefficient:.2g} and robust errors by {off.error:.2g}, "
            f"more than {TOLERANCE:g}: {_listed(order, own.coefficients)} against "
            f"{_listed(order, other)}",
        )
    return off


def lifelines_coefficients(table: pd.DataFrame, names: list[str], *, stratified: bool) -> Floats:
    """Coefficients of the same Cox model by lifelines, in the order of `names`."""
    from lifelines import CoxPHFitter

    late = "entry" in table
    used = [*names, "duration", "event", *(["entry"] if late else [])]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of low variance where there is enough
        fit = CoxPHFitter().fit(
            table[[*used, *(["cluster"] if stratified else [])]],
            "duration",
            "event",
            entry_col="entry" if late else None,
            strata=["cluster"] if stratified else None,
            fit_options=PRECISE,
        )
    return np.asarray(fit.params_.loc[names], dtype=float)


def as_table(frame: Frame, rows: Bools, names: tuple[str, ...]) -> pd.DataFrame:
    """Rows of a frame as slower fits read them: covariates, times, event and cluster."""
    table = pd.DataFrame({name: frame.columns[name][rows] for name in names})
    table = table.assign(
        duration=frame.stop[rows],
        event=frame.event[rows].astype("int64"),
        cluster=frame.cluster[rows],
    )
    late = np.isfinite(frame.start[rows]).any()
    return table.assign(entry=frame.start[rows]) if late else table


def _largest(difference: Floats, unit: Floats) -> float:
    return float(np.max(np.abs(difference) / unit))


def _listed(names: list[str], values: Floats) -> str:
    return ", ".join(f"{name} {value:.9g}" for name, value in zip(names, values, strict=True))


def _mismatch(specification: Specification, what: str) -> MismatchError:
    chosen = ", ".join(f"{k}={v}" for k, v in specification._asdict().items() if v)
    return MismatchError(
        f"specification {identity(specification)} ({chosen}): {what}. The run stops; do not use "
        "its estimates, and report this with the versions of numpy and lifelines"
    )
