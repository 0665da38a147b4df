"""Refitting the specifications of a batch on permuted measures or on drawn clusters."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.models.efron import risk_sets
from analysis.models.frame import Floats, Ints
from analysis.multiverses import batched, kernel
from analysis.multiverses.choices import Specification
from analysis.multiverses.exchange import Kind, Units, cluster_draws, donors
from analysis.multiverses.frames import Bools, Frame, rows_of
from analysis.multiverses.terms import Terms, terms

AT_ONCE = 50  # models, so that their arrays stay in a processor's memory
KEYS = ("specification", "replicate")
PERMUTED = (
    "power", "power_z", "power_p", "closeness", "closeness_z", "breadth", "breadth_z",
    "aic_difference",
)  # fmt: skip
RESAMPLED = ("power", "closeness", "breadth", "aic_difference")


@dataclass(frozen=True, eq=False)
class Job:
    """Specifications on one frame and the replicates in which they are refitted.

    Attributes:
        number: of the job.
        numbers: of the specifications in the list of all.
        specifications, frame, units: what is refitted.
        kind: how chance enters.
        seed, replicates: which chance; replicate 0 is what was observed.
    """

    number: int
    numbers: tuple[int, ...]
    specifications: tuple[Specification, ...]
    frame: Frame
    units: Units
    kind: Kind
    seed: int
    replicates: tuple[int, ...]

    @property
    def size(self) -> int:
        """Rows of its result."""
        return len(self.numbers) * len(self.replicates)


@dataclass(frozen=True, eq=False)
class _Found:
    """Coefficients, robust z and covariance of M fits of one model; missing where there is none."""

    names: tuple[str, ...]
    coefficients: Floats
    loglik: Floats
    covariance: Floats | None

    @property
    def aic(self) -> Floats:
        return -2 * self.loglik + 2 * len(self.names)


Refit = Callable[[tuple[str, ...]], _Found]


def permuted(job: Job) -> pd.DataFrame:
    """Specification x replicate: coefficients, robust z, p of power as a whole, and AICs' gap.

    Measures move as `exchange.donors` says; rows, times, events, clusters and controls stay.
    """
    giving = donors(job.units, job.kind, job.seed, job.replicates)
    at = job.units.numbers(job.frame)
    row = np.full(len(job.units.coalition), -1)
    row[at] = np.arange(len(at))
    return _table(job, _Permuted(job.frame, row[giving[:, at]]).refits, PERMUTED)


def resampled(job: Job) -> pd.DataFrame:
    """Specification x replicate: coefficients and AICs' gap in draws of whole clusters."""
    draws = cluster_draws(job.units, job.seed, job.replicates)
    times = draws[:, job.units.cluster[job.units.numbers(job.frame)]]
    return _table(job, _Resampled(job.frame, times).refits, RESAMPLED)


def _table(
    job: Job, refits: Callable[[Bools, bool, Terms], Refit], columns: Sequence[str]
) -> pd.DataFrame:
    """Everything is missing for specifications whose rows do not allow their own model."""
    M = len(job.replicates)
    memory: dict[tuple[bytes, bool, tuple[str, ...]], _Found] = {}
    parts = []
    for each in job.specifications:
        t, rows = terms(each), rows_of(each, job.frame)
        stratified = each.strata == "country"
        clusters = len(np.unique(job.frame.cluster[rows]))
        if kernel.too_small(int(job.frame.event[rows].sum()), clusters, len(t.full)):
            parts.append(np.full((M, len(columns)), np.nan))
            continue
        refit = refits(rows, stratified, t)

        def remembered(
            names: tuple[str, ...],
            about: tuple[bytes, bool] = (rows.tobytes(), stratified),
            refit: Refit = refit,
        ) -> _Found:
            if (*about, names) not in memory:
                memory[*about, names] = refit(names)
            return memory[*about, names]

        values = _values(t, remembered)
        parts.append(np.column_stack([values.get(name, np.full(M, np.nan)) for name in columns]))
    table = pd.DataFrame(np.concatenate(parts), columns=list(columns))
    table.insert(0, "specification", np.repeat(np.array(job.numbers, dtype=np.int64), M))
    table.insert(1, "replicate", np.tile(np.array(job.replicates, dtype=np.int64), len(parts)))
    return table


def _values(t: Terms, refit: Refit) -> dict[str, Floats]:
    own = refit(t.full)
    gap = refit((*t.power_block, *t.controls)).aic - refit((*t.interest_block, *t.controls)).aic
    values = {"aic_difference": gap}
    for part, name in (("power", t.power), ("closeness", t.closeness), ("breadth", t.breadth)):
        if name:
            at = own.names.index(name)
            values[part] = own.coefficients[:, at]
            if own.covariance is not None:
                values[f"{part}_z"] = values[part] / np.sqrt(own.covariance[:, at, at])
    if own.covariance is not None:
        block = [own.names.index(name) for name in t.power_block]
        values["power_p"] = _p_jointly(own, block)
    return values


def _p_jointly(own: _Found, block: list[int]) -> Floats:
    assert own.covariance is not None
    b = own.coefficients[:, block, None]
    covariance = own.covariance[:, block][:, :, block]
    known = np.isfinite(covariance).all(axis=(1, 2))
    covariance[~known] = np.eye(len(block))
    statistic = (b * np.linalg.solve(covariance, b)).sum(axis=(1, 2))
    tail = [math.erfc(math.sqrt(s / 2)) if len(block) == 1 else math.exp(-s / 2) for s in statistic]
    return np.where(known, tail, np.nan)


@dataclass(frozen=True, eq=False)
class _Permuted:
    """A frame and whose row each row takes its measures from, M x n."""

    frame: Frame
    source: Ints

    def refits(self, rows: Bools, stratified: bool, t: Terms) -> Refit:
        risk = kernel.risk(self.frame, rows, stratified=stratified)
        layout = batched.Layout(risk.sets)
        cluster = np.eye(risk.clusters)[risk.cluster]
        source, stay = self.source[:, rows], np.broadcast_to(np.flatnonzero(rows), (1, risk.n))

        def covariates(names: tuple[str, ...], block: slice) -> Floats:
            M = len(source[block])
            X = np.empty((M, len(names), risk.n))
            for k, name in enumerate(names):
                X[:, k] = self.frame.columns[name][stay if name in t.controls else source[block]]
            return X

        def refit(names: tuple[str, ...]) -> _Found:
            robust = cluster if names == t.full else None
            found = _nothing(names, len(source), robust=robust is not None)
            for begin in range(0, len(source), AT_ONCE):
                block = slice(begin, begin + AT_ONCE)
                X = covariates(names, block)
                many = batched.fit_many(layout, X, robust)
                _fill(found, block, many)
                for m in np.flatnonzero(many.unclear):
                    one = kernel.maximum(risk, np.ascontiguousarray(X[m].T), names)
                    _fill_one(found, begin + int(m), one)
            return found

        return refit


@dataclass(frozen=True, eq=False)
class _Resampled:
    """A frame and how often each row is drawn, M x n."""

    frame: Frame
    times: Ints

    def refits(self, rows: Bools, stratified: bool, t: Terms) -> Refit:
        risk = kernel.risk(self.frame, rows, stratified=stratified)
        layout = batched.Layout(risk.sets)
        times = self.times[:, rows]

        def refit(names: tuple[str, ...]) -> _Found:
            found = _nothing(names, len(times), robust=False)
            once = np.stack([self.frame.columns[name][rows] for name in names])
            for begin in range(0, len(times), AT_ONCE):
                drawn = times[begin : begin + AT_ONCE]
                X = np.broadcast_to(once, (len(drawn), *once.shape))
                many = batched.fit_many(layout, X, times=drawn, copies_apart=stratified)
                _fill(found, slice(begin, begin + AT_ONCE), many)
                for m in np.flatnonzero(many.unclear):
                    again = written_out(self.frame, rows, drawn[m], stratified=stratified)
                    X_again = np.repeat(once, drawn[m], axis=1).T
                    _fill_one(found, begin + int(m), kernel.maximum(again, X_again, names))
            return found

        return refit


def written_out(frame: Frame, rows: Bools, times: Ints, *, stratified: bool) -> kernel.Risk:
    """Risk sets of rows written out as often as they are drawn; copies of clusters are apart.

    Args:
        frame: the frame.
        rows: which of its rows, of which n are used.
        times: how often each of these is drawn, n; the same for all of a cluster.
        stratified: whether each copy of a cluster has a baseline of its own.
    """
    used = np.repeat(np.flatnonzero(rows), times)
    copy = np.concatenate([np.arange(k) for k in times])
    apart = frame.cluster[used] * (int(times.max()) + 1) + copy
    cluster = np.unique(apart, return_inverse=True)[1].astype(np.int64)
    strata = cluster if stratified else np.zeros(len(used), dtype=np.int64)
    return kernel.Risk(
        sets=risk_sets(frame.start[used], frame.stop[used], frame.event[used], strata),
        weights=np.ones(len(used)),
        cluster=cluster,
        clusters=int(cluster.max()) + 1,
    )


def _nothing(names: tuple[str, ...], M: int, *, robust: bool) -> _Found:
    p = len(names)
    return _Found(
        names=names,
        coefficients=np.full((M, p), np.nan),
        loglik=np.full(M, np.nan),
        covariance=np.full((M, p, p), np.nan) if robust else None,
    )


def _fill(found: _Found, block: slice, many: batched.Batch) -> None:
    found.coefficients[block][many.usable] = many.coefficients[many.usable]
    found.loglik[block][many.usable] = many.loglik[many.usable]
    if found.covariance is not None and many.covariance is not None:
        found.covariance[block][many.usable] = many.covariance[many.usable]


def _fill_one(found: _Found, m: int, one: kernel.Estimate | kernel.Failure) -> None:
    if isinstance(one, kernel.Failure):
        return
    found.coefficients[m], found.loglik[m] = one.coefficients, one.loglik
    if found.covariance is not None:
        found.covariance[m] = one.covariance
