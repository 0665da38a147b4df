"""Time the fits of the multiverse: one by one, many at once, whole runs, and lifelines beside them.

Run from the repository root, which no test run does by itself:
``python -m pytest tests/benchmarks/bench_multiverse.py --benchmark-group-by=group``. It needs
pytest-benchmark. One round of a benchmark fits as many models as ``extra_info`` says.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import multiverse_toys as toys

from analysis.multiverses import audit, batched, kernel, multiverse, permutation
from analysis.multiverses.choices import main_specification
from analysis.multiverses.frames import frame, frame_choice, rows_of, scale
from analysis.multiverses.resumption import Workers
from analysis.multiverses.terms import terms
from analysis.study.samples import load_tables

AT_ONCE = 50


class Model:
    """The plan's own specification of a family as arrays."""

    def __init__(self, family: str, **changes: str) -> None:
        """Read the shipped tables."""
        specification = main_specification(family)._replace(**changes)
        tables = load_tables()
        made = frame(frame_choice(specification), tables, scale(family, tables))
        self.frame, self.rows = made, rows_of(specification, made)
        self.names = terms(specification).full
        self.stratified = specification.strata == "country"
        self.risk = kernel.risk(made, self.rows, stratified=self.stratified)
        self.X = np.column_stack([made.columns[name][self.rows] for name in self.names])

    def fit(self) -> kernel.Estimate:
        """With cluster-robust errors."""
        found = kernel.fit(self.risk, self.X, self.names)
        assert isinstance(found, kernel.Estimate)
        return found


@pytest.fixture(scope="module", params=["governing", "governing by country", "wartime"])
def model(request: pytest.FixtureRequest) -> Model:
    """Three designs: 404 cabinets, the same by country, 40 sides of wars."""
    family, _, strata = str(request.param).partition(" by ")
    return Model(family, strata=strata) if strata else Model(family)


@pytest.mark.benchmark(group="one model")
def test_one_fit(benchmark: Any, model: Model) -> None:
    found = benchmark(model.fit)
    benchmark.extra_info["models"] = 1
    assert np.isfinite(found.errors).all()


@pytest.mark.benchmark(group="one model")
def test_lifelines(benchmark: Any, model: Model) -> None:
    """The same coefficients, without robust errors."""
    table = audit.as_table(model.frame, model.rows, model.names)
    names = list(model.names)
    found = benchmark(audit.lifelines_coefficients, table, names, stratified=model.stratified)
    benchmark.extra_info["models"] = 1
    np.testing.assert_allclose(found, model.fit().coefficients, rtol=1e-6)


@pytest.mark.benchmark(group="fifty models")
@pytest.mark.parametrize("way", ["many at once", "one by one"])
def test_permuted_fits(benchmark: Any, model: Model, way: str) -> None:
    """Fifty models with shuffled covariates and cluster-robust errors."""
    rng = np.random.default_rng(1)
    X = np.stack([rng.permutation(model.X).T for _ in range(AT_ONCE)])
    layout, cluster = batched.Layout(model.risk.sets), np.eye(model.risk.clusters)
    cluster = cluster[model.risk.cluster]

    def at_once() -> Any:
        return batched.fit_many(layout, X, cluster)

    def one_by_one() -> Any:
        return [kernel.maximum(model.risk, x.T, model.names) for x in X]

    benchmark.extra_info["models"] = AT_ONCE
    assert benchmark(at_once if way == "many at once" else one_by_one)


@pytest.mark.benchmark(group="growth")
@pytest.mark.parametrize("times", [1, 10, 100])
def test_growth_with_rows(benchmark: Any, times: int) -> None:
    """One fit of n, 10 n and 100 n coalitions, a thousand to begin with."""
    made = toys.frame(1_000 * times, depth=0.5, clusters=100)
    names = terms(toys.MAIN).full
    X = np.column_stack([made.columns[name] for name in names])
    rows = np.ones(len(X), dtype=bool)

    def fit() -> kernel.Estimate | kernel.Failure:
        return kernel.fit(kernel.risk(made, rows, stratified=False), X, names)

    benchmark.extra_info["rows"] = len(X)
    assert isinstance(benchmark(fit), kernel.Estimate)


@pytest.mark.benchmark(group="runs")
def test_two_thousand_specifications(benchmark: Any, tmp_path: Path) -> None:
    """A whole run on two cores, with audit and without figures; the aim is below 60 s."""

    def run() -> Any:
        return multiverse(tmp_path, limit=2_000, workers=2, figures=False)

    found = benchmark.pedantic(run, rounds=1)
    benchmark.extra_info["specifications"] = len(found.specifications)
    assert found.resumed == 0


@pytest.mark.benchmark(group="runs")
@pytest.mark.parametrize("workers", [1, 2])
def test_permutations_of_a_curve(benchmark: Any, workers: int, tmp_path: Path) -> None:
    """Sixteen specifications of 400 made-up coalitions in 500 permutations."""
    who = Workers("loky", workers, None) if workers > 1 else toys.SEQUENTIAL
    ready = toys.ready(tmp_path, toys.frame(400, clusters=30), workers=who)

    def run() -> Any:
        return permutation.permuted_curve(ready, 500, ("family",), 1)

    found = benchmark.pedantic(run, rounds=1)
    benchmark.extra_info["specifications x replicates"] = 16 * 501
    assert found.resumed == 0
