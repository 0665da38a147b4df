"""Many fits at once: those of the kernel, of `analysis.cox`, and of rows written out."""

from __future__ import annotations

import dataclasses

import multiverse_toys as toys
import numpy as np
import pandas as pd
import pytest

from analysis.models.cox import cox
from analysis.models.efron import risk_sets
from analysis.multiverses import (
    batched,
    kernel,
    resampling,
)
from analysis.multiverses.terms import terms


@pytest.mark.parametrize("stratified", [False, True])
@pytest.mark.parametrize("late", [False, True])
def test_many_fits_at_once_are_those_of_one_by_one(stratified: bool, late: bool) -> None:
    made = toys.frame(80, depth=0.7, clusters=10)
    if late:
        entries = np.random.default_rng(5).uniform(-20, 0.9, 80) * made.stop
        made = dataclasses.replace(made, start=entries)
    names = terms(toys.MAIN._replace(controls="n_members", form="quadratic")).full
    risk = kernel.risk(made, np.ones(80, dtype=bool), stratified=stratified)
    rng = np.random.default_rng(2)
    once = np.stack([made.columns[name] for name in names])
    X = np.stack([once[:, rng.permutation(80)] for _ in range(30)])
    many = batched.fit_many(batched.Layout(risk.sets), X, np.eye(risk.clusters)[risk.cluster])
    assert many.usable.sum() > 25
    assert many.covariance is not None
    for m in np.flatnonzero(many.usable):
        one = kernel.maximum(risk, X[m].T, names)
        assert isinstance(one, kernel.Estimate)
        np.testing.assert_allclose(many.coefficients[m], one.coefficients, rtol=1e-8, atol=1e-10)
        np.testing.assert_allclose(many.covariance[m], one.covariance, rtol=1e-8, atol=1e-12)
        np.testing.assert_allclose(many.loglik[m], one.loglik, rtol=1e-12)


@pytest.mark.parametrize("stratified", [False, True])
def test_multiplicities_are_rows_written_out(stratified: bool) -> None:
    made = toys.frame(60, depth=0.7, clusters=12)
    names, rows = terms(toys.MAIN).full, np.ones(60, dtype=bool)
    assert len(np.unique(made.stop[made.event])) < made.event.sum()  # there are ties
    layout = batched.Layout(kernel.risk(made, rows, stratified=stratified).sets)
    draws = np.random.default_rng(3).multinomial(12, np.full(12, 1 / 12), size=20)
    times = draws[:, made.cluster]
    once = np.stack([made.columns[name] for name in names])
    X = np.broadcast_to(once, (20, *once.shape))
    many = batched.fit_many(layout, X, times=times, copies_apart=stratified)
    assert many.usable.sum() > 15
    for m in np.flatnonzero(many.usable):
        drawn = pd.concat(  # cluster by cluster, as one would write it by hand
            toys.as_table(made)[made.cluster == c].assign(cluster=f"{c} {copy}")
            for c, count in enumerate(draws[m])
            for copy in range(count)
        )
        slow = cox(drawn, toys.formula(names), strata="cluster" if stratified else None)
        np.testing.assert_allclose(many.coefficients[m], slow.coefficients, rtol=1e-7, atol=1e-9)
        np.testing.assert_allclose(many.loglik[m], slow.loglik, rtol=1e-11)
        again = resampling.written_out(made, rows, times[m], stratified=stratified)
        one = kernel.maximum(again, np.repeat(once, times[m], axis=1).T, names)
        assert isinstance(one, kernel.Estimate)
        np.testing.assert_allclose(many.coefficients[m], one.coefficients, rtol=1e-7, atol=1e-9)


def test_case_weights_would_be_another_likelihood() -> None:
    """Why resamples are not fitted by weighting: ties make the difference."""
    made = toys.frame(60, depth=0.7, clusters=12)
    names = terms(toys.MAIN).full
    times = np.random.default_rng(3).multinomial(12, np.full(12, 1 / 12))[made.cluster]
    drawn = toys.as_table(made).assign(times=times).query("times > 0")
    weighted = cox(drawn, toys.formula(names), weights="times")
    out = drawn.loc[drawn.index.repeat(drawn["times"])]
    written = cox(out, toys.formula(names))
    assert np.abs(weighted.coefficients - written.coefficients).max() > 1e-3


def test_what_has_no_maximum_is_told_apart_from_what_has() -> None:
    made = toys.frame(40)
    risk = kernel.risk(made, np.ones(40, dtype=bool), stratified=False)
    ordered = -made.stop  # orders the events perfectly
    X = np.stack([made.columns["n_members"], ordered, np.ones(40)])[:, None]
    many = batched.fit_many(batched.Layout(risk.sets), X)
    assert many.usable.tolist() == [True, False, False]
    names = ("x",)
    assert isinstance(kernel.maximum(risk, X[1].T, names), kernel.Failure)
    never = np.zeros((1, 40), dtype=np.int64)
    never[:, ~made.event] = 1  # only the censored are drawn
    nothing = batched.fit_many(batched.Layout(risk.sets), X[:1], times=never)
    assert not nothing.usable.any()
    assert not nothing.unclear.any()


# risk_sets is what kernel.risk and written_out share; a slip there would hide from both.
def test_written_out_rows_have_the_risk_sets_of_their_times() -> None:
    made = toys.frame(30, clusters=6)
    rows = np.arange(30) % 2 == 0
    times = np.array([2, 0, 1, 1, 3, 1])[made.cluster[rows]]
    out = resampling.written_out(made, rows, times, stratified=False)
    stop = np.repeat(made.stop[rows], times)
    event = np.repeat(made.event[rows], times)
    plain = risk_sets(np.full(len(stop), -np.inf), stop, event, np.zeros(len(stop), dtype=int))
    assert (out.sets.deaths == plain.deaths).all()
    assert out.n == times.sum()
    assert out.clusters == sum(
        int(np.array([2, 0, 1, 1, 3, 1])[c]) for c in np.unique(made.cluster[rows])
    )
