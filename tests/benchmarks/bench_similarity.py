"""Time the similarity of foreign policies for every dyad-year of the state system, on one core.

Run from the repository root, with the raw sources at hand:
``OMP_NUM_THREADS=1 COALITIONDATA_SOURCES=... python -m pytest tests/benchmarks/bench_similarity.py
--benchmark-group-by=group --benchmark-columns=min,median,rounds``.
It needs pytest-benchmark; no other test collects it. The group "956,175 dyad-years" goes from the
long tables of alliances (ATOP) and votes (UN) to one row per dyad-year; "from files" reads them as
well. "S" sets that against the same by a plain broadcast per year; "1,000 dyad-years" is one of its
parts against the functions for one pair. "growth" has a tenth of the years, all, and all ten times.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from raw_files import CURATED, raw_or_skip

from coalitiondata.build import matches, portfolios, states
from coalitiondata.measures import cohen_kappa, s_score, scott_pi
from coalitiondata.measures.portfolios import SIMILARITIES, dyadic_similarity

pytest.importorskip("pytest_benchmark")

DYAD_YEARS = 956_175
PAIR = {
    "s": lambda x, y: s_score(x, y, max_distance=3),
    "s_squared": lambda x, y: s_score(x, y, max_distance=3, distance="squared"),
    "scott_pi": scott_pi,
    "cohen_kappa": cohen_kappa,
}


@pytest.fixture(scope="module")
def commitments() -> pd.DataFrame:
    return portfolios.commitments(raw_or_skip())


@pytest.fixture(scope="module")
def votes() -> pd.DataFrame:
    return portfolios.votes(raw_or_skip(), CURATED)


@pytest.fixture(scope="module")
def system() -> pd.DataFrame:
    return states.system_years(raw_or_skip())


@pytest.fixture(scope="module")
def cinc() -> pd.DataFrame:
    return matches.national_capabilities(raw_or_skip()).rename(columns={"code": "ccode2"})


def of_alliances(commitments: pd.DataFrame, system: pd.DataFrame, **options: Any) -> pd.DataFrame:
    return dyadic_similarity(
        commitments,
        by="year",
        state="ccode1",
        target="ccode2",
        value="level",
        levels=portfolios.COMMITMENTS,
        states=system.rename(columns={"cow_code": "ccode1"}),
        targets="states",
        default=0,
        self_tie=3,
        **options,
    )


def of_votes(votes: pd.DataFrame, system: pd.DataFrame, **options: Any) -> pd.DataFrame:
    return dyadic_similarity(
        votes,
        by="year",
        state="cow_code",
        target="rcid",
        value="vote",
        levels=sorted(portfolios.VOTES.values()),
        states=system,
        **options,
    )


def plain_matrices(
    commitments: pd.DataFrame, system: pd.DataFrame
) -> Iterator[tuple[Any, pd.Index, Any]]:
    """The alliance portfolios of each year, filled year by year."""
    ties = dict(tuple(commitments.groupby("year")))
    for year, members in system.groupby("year"):
        codes = pd.Index(np.sort(members["cow_code"]))
        listed = ties.get(year, commitments[:0])
        holder, target = (codes.get_indexer(listed[name]) for name in ("ccode1", "ccode2"))
        inside = (holder >= 0) & (target >= 0)
        matrix = np.zeros((len(codes), len(codes)))
        matrix[holder[inside], target[inside]] = listed["level"][inside]
        np.fill_diagonal(matrix, 3)
        yield year, codes, matrix


def plain_s(commitments: pd.DataFrame, system: pd.DataFrame) -> pd.DataFrame:
    frames = []
    for year, codes, P in plain_matrices(commitments, system):
        apart = np.abs(P[:, None, :] - P).sum(axis=2)
        a, b = np.triu_indices(len(P), k=1)
        s = 1 - 2 * apart[a, b] / (3 * len(P))
        frames.append(pd.DataFrame({"year": year, "a": codes[a], "b": codes[b], "s": s}))
    return pd.concat(frames, ignore_index=True)


def repeated(table: pd.DataFrame, times: int) -> pd.DataFrame:
    """The table with all its years again in later centuries."""
    copies = [table.assign(year=table["year"] + 300 * k) for k in range(times)]
    return pd.concat(copies, ignore_index=True)


@pytest.mark.benchmark(group="956,175 dyad-years")
@pytest.mark.parametrize("measure", SIMILARITIES)
def test_alliances(benchmark: Any, commitments: Any, system: Any, measure: str) -> None:
    assert len(benchmark(of_alliances, commitments, system, measures=measure)) == DYAD_YEARS


@pytest.mark.benchmark(group="956,175 dyad-years")
@pytest.mark.parametrize("measure", ["s", "s_squared"])
def test_alliances_by_cinc(
    benchmark: Any, commitments: Any, system: Any, cinc: Any, measure: str
) -> None:
    options = {"measures": measure, "weights": cinc, "weight": "cinc"}
    result = benchmark(of_alliances, commitments, system, **options)
    assert len(result) == DYAD_YEARS


@pytest.mark.benchmark(group="956,175 dyad-years")
@pytest.mark.parametrize("measure", SIMILARITIES)
def test_votes(benchmark: Any, votes: Any, system: Any, measure: str) -> None:
    assert len(benchmark(of_votes, votes, system, measures=measure)) == DYAD_YEARS


@pytest.mark.benchmark(group="956,175 dyad-years")
@pytest.mark.parametrize("distance", ["absolute", "nominal"])
@pytest.mark.parametrize("measure", ["scott_pi", "cohen_kappa"])
def test_votes_by_other_distances(
    benchmark: Any, votes: Any, system: Any, measure: str, distance: str
) -> None:
    options = {"measures": measure, "distance": distance}
    assert len(benchmark(of_votes, votes, system, **options)) == DYAD_YEARS


@pytest.mark.benchmark(group="956,175 dyad-years, from files")
@pytest.mark.parametrize("source", ["alliances", "votes"])
def test_from_files(benchmark: Any, source: str) -> None:
    raw = raw_or_skip()

    def run() -> pd.DataFrame:
        system = states.system_years(raw)
        if source == "alliances":
            return of_alliances(portfolios.commitments(raw), system)
        return of_votes(portfolios.votes(raw, CURATED), system)

    assert len(benchmark.pedantic(run, rounds=3)) == DYAD_YEARS


@pytest.mark.benchmark(group="S of alliances, 956,175 dyad-years")
@pytest.mark.parametrize("way", ["dyadic_similarity", "broadcast per year"])
def test_against_plain(benchmark: Any, commitments: Any, system: Any, way: str) -> None:
    run = of_alliances if way == "dyadic_similarity" else plain_s
    result = benchmark.pedantic(run, args=(commitments, system), rounds=3, warmup_rounds=1)
    np.testing.assert_allclose(result["s"], of_alliances(commitments, system)["s"], atol=1e-12)


@pytest.mark.benchmark(group="1,000 dyad-years of alliances, pair by pair")
@pytest.mark.parametrize("measure", SIMILARITIES)
def test_pair_by_pair(benchmark: Any, commitments: Any, system: Any, measure: str) -> None:
    whole = of_alliances(commitments, system, measures=measure)
    sample = whole.sample(1000, random_state=1648)
    by_year = {
        year: dict(zip(codes, P, strict=True))
        for year, codes, P in plain_matrices(commitments, system)
    }
    pairs = [
        (by_year[row.year][row.ccode1_a], by_year[row.year][row.ccode1_b])
        for row in sample.itertuples()
    ]
    found = benchmark(lambda: [PAIR[measure](x, y) for x, y in pairs])
    np.testing.assert_allclose(found, sample[measure], rtol=0, atol=1e-12)


@pytest.mark.benchmark(group="growth")
@pytest.mark.parametrize("times", [0.1, 1, 10])
@pytest.mark.parametrize("measure", SIMILARITIES)
def test_growth(benchmark: Any, commitments: Any, system: Any, measure: str, times: float) -> None:
    tables = [commitments, system]
    if times < 1:
        tables = [table[table["year"] % 10 == 0] for table in tables]
    else:
        tables = [repeated(table, int(times)) for table in tables]
    result = benchmark.pedantic(
        of_alliances, args=tuple(tables), kwargs={"measures": measure}, rounds=3, warmup_rounds=1
    )
    benchmark.extra_info["dyad_years"] = len(result)
    assert len(result) == DYAD_YEARS * times or times < 1
