"""Time voting power against the packages powerindex and powerindices, on the same games.

Run from the repository root:
``python -m pytest tests/benchmarks/bench_games.py --benchmark-group-by=group``.
It needs pytest-benchmark, powerindex and powerindices; no other test collects it. Each group is
one task, so that its rows compare. ``powerindex`` has no Deegan-Packel or Holler-Packel index,
``powerindices`` only the absolute Banzhaf and the Shapley-Shubik index; both take one game a call.
Where theirs would take minutes they get fewer games or smaller ones, as the group's name says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from coalitiondata.measures.games import banzhaf, shapley_shubik
from coalitiondata.measures.minimal_winning import deegan_packel, holler_packel
from coalitiondata.measures.voting import INDICES, voting_power

pytest.importorskip("pytest_benchmark")
powerindex = pytest.importorskip("powerindex.powerindex")
powerindices = pytest.importorskip("powerindices")

Game = tuple[list[int], int]


def game(members: int, heaviest: int, seed: int = 1788) -> Game:
    """Weights drawn evenly from 1 to `heaviest`, decided by majority."""
    weights = np.random.default_rng(seed).integers(1, heaviest + 1, members).tolist()
    return weights, sum(weights) // 2 + 1


COLLEGE = [54, 33, 32, 25, 23, 22, 21, 18, 15, 14, *[13] * 2, *[12] * 2, *[11] * 4, *[10] * 2]
COLLEGE += [*[9] * 2, *[8] * 6, *[7] * 3, *[6] * 2, *[5] * 4, *[4] * 6, *[3] * 8]
GAMES: dict[str, Game] = {
    "EEC 1958": ([4, 4, 4, 2, 2, 1], 12),
    "10 parties, 200 seats": game(10, 40),
    "20 parties, 600 seats": game(20, 60),
    "Electoral College 2000": (COLLEGE, 270),
    "60 members": game(60, 30),
    "100 members": game(100, 40),
    "200 members": game(200, 40),
    "500 members, quota 50,000": game(500, 400),
}
OURS: dict[str, Callable[..., Any]] = {
    "banzhaf": banzhaf,
    "shapley_shubik": shapley_shubik,
    "deegan_packel": deegan_packel,
    "holler_packel": holler_packel,
}


def by_powerindex(index: str) -> Callable[[list[int], int], Any]:
    kind = {"banzhaf": "b", "shapley_shubik": "ss"}[index]
    return lambda weights, quota: powerindex.calculate_power_index(weights, quota, kind)


def by_powerindices(index: str) -> Callable[[list[int], int], Any]:
    compute = {"banzhaf": powerindices.compute_pbi, "shapley_shubik": powerindices.compute_ssi}
    # It changes the list that it is given.
    return lambda weights, quota: compute[index](quota, list(weights))


LIBRARIES = {"coalitiondata": OURS.__getitem__}
THEIRS = {"powerindex": by_powerindex, "powerindices": by_powerindices}
TOO_SLOW = {("shapley_shubik", name) for name in list(GAMES)[-2:]}


@pytest.mark.parametrize("library", [*LIBRARIES, *THEIRS])
@pytest.mark.parametrize("name", GAMES)
@pytest.mark.parametrize("index", ["banzhaf", "shapley_shubik"])
def test_one_game(benchmark: Any, index: str, name: str, library: str) -> None:
    if library in THEIRS and (index, name) in TOO_SLOW:
        pytest.skip("takes the other packages from half a minute to hours")
    benchmark.group = f"{index}: {name}"
    weights, quota = GAMES[name]
    compute = (LIBRARIES | THEIRS)[library](index)
    slow = len(weights) > 40 and library in THEIRS
    rounds = {"rounds": 1 if slow else 5, "iterations": 1 if slow or len(weights) > 20 else 20}
    benchmark.pedantic(compute, args=(weights, quota), **rounds)


@pytest.mark.parametrize("name", GAMES)
@pytest.mark.parametrize("index", ["deegan_packel", "holler_packel"])
def test_one_game_by_minimal_coalitions(benchmark: Any, index: str, name: str) -> None:
    benchmark.group = f"{index}: {name}"
    benchmark.pedantic(OURS[index], args=GAMES[name], rounds=5)


@pytest.mark.parametrize("members", [125, 250, 500, 1000])
@pytest.mark.parametrize("index", OURS)
def test_growth_with_members(benchmark: Any, index: str, members: int) -> None:
    benchmark.group = f"{index}: growth with members of weight 1 to 400"
    benchmark.pedantic(OURS[index], args=game(members, 400), rounds=2)


@pytest.mark.parametrize("heaviest", [25, 100, 400, 1600])
@pytest.mark.parametrize("index", OURS)
def test_growth_with_quota(benchmark: Any, index: str, heaviest: int) -> None:
    benchmark.group = f"{index}: growth with weights of 250 members"
    benchmark.pedantic(OURS[index], args=game(250, heaviest), rounds=2)


def parliaments(number: int, parties: int) -> pd.DataFrame:
    """Draw parliaments of 200 seats or so."""
    rng = np.random.default_rng(1848)
    seats = rng.integers(1, 400 // parties, number * parties)
    return pd.DataFrame({"house": np.repeat(np.arange(number), parties), "seats": seats})


@pytest.mark.parametrize("parties", [5, 8, 12])
@pytest.mark.parametrize("indices", [("banzhaf", "shapley_shubik"), INDICES], ids=["two", "five"])
def test_ten_thousand_parliaments(benchmark: Any, indices: tuple[str, ...], parties: int) -> None:
    benchmark.group = f"batch: {parties} parties"
    frame = parliaments(10_000, parties)
    benchmark.pedantic(
        lambda: voting_power(frame, "house", "seats", indices=indices), rounds=3, warmup_rounds=1
    )
    benchmark.extra_info["parliaments"] = len(frame) // parties


@pytest.mark.parametrize("library", THEIRS)
@pytest.mark.parametrize("parties", [5, 8, 12])
def test_two_hundred_parliaments_one_by_one(benchmark: Any, parties: int, library: str) -> None:
    """A fiftieth of the batch above, with two indices: multiply by 50 to compare."""
    benchmark.group = f"batch: {parties} parties"
    houses = parliaments(10_000, parties).groupby("house")["seats"].agg(list).tolist()[:200]

    def compute() -> None:
        for seats in houses:
            quota = sum(seats) // 2 + 1
            if library == "powerindex":
                # Its functions for one index divide by zero where a party has a majority.
                powerindex.Game(quota, seats).calc()
            else:
                powerindices.compute_pbi(quota, list(seats))
                powerindices.compute_ssi(quota, list(seats))

    benchmark.pedantic(compute, rounds=1)
    benchmark.extra_info["parliaments"] = len(houses)
