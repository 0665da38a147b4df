"""Permutations and bootstraps of the curve, held against plain loops, chance and kills."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import multiverse_toys as toys
import numpy as np
import pandas as pd
import pytest

from analysis.__main__ import main
from analysis.models.cox import cox
from analysis.models.result import wald_test
from analysis.multiverses import (
    chunks,
    cluster_bootstrap,
    exchange,
    multiverse,
    page,
    permutation,
    permutation_test,
)
from analysis.multiverses.bootstrap import CURVE, PLAN, bootstrapped_curve
from analysis.multiverses.frames import Frame, frame_choice, rows_of
from analysis.multiverses.permutation import MEDIAN, SHARE, SUM, permuted_curve
from analysis.multiverses.resumption import Workers
from analysis.multiverses.terms import terms
from coalitiondata.errors import InvalidDataError, UnknownNameError

CHOICE = frame_choice(toys.MAIN)
KEYS = ["hypothesis", "direction", "statistic"]


def of(table: pd.DataFrame, *keys: str, within: str = "family") -> Any:
    chosen = table[table["within"] == within].set_index(KEYS)
    return chosen.loc[keys]


# --- who changes places


def test_measures_change_places_among_those_of_whom_the_same_is_known() -> None:
    made = toys.without(toys.frame(30, clusters=6), "interest_depth_z", [0, 1, 2, 3])
    made = dataclasses.replace(made, recent=np.arange(30) % 2 == 0)
    units = exchange.units("wartime", {CHOICE: made})
    drawn = exchange.donors(units, "family", 7, range(200))
    assert (drawn[0] == np.arange(30)).all()
    assert (np.sort(drawn, axis=1) == np.arange(30)).all()
    unknown = np.arange(30) < 4
    assert (unknown[drawn] == unknown).all()
    assert (made.recent[drawn] == made.recent).all()
    inside = exchange.donors(units, "clusters", 7, range(50))
    cluster = units.cluster
    assert (cluster[inside] == cluster).all()
    assert (cluster[drawn] != cluster).any()
    assert units.moved("clusters") < units.moved("family") == 1
    # Everybody comes to everybody's place who may.
    come = {(int(a), int(b)) for row in drawn for a, b in enumerate(row)}
    assert {b for a, b in come if a == 0} == {0, 2}
    assert {b for a, b in come if a == 5} == set(range(5, 30, 2))


def test_every_specification_keeps_its_rows() -> None:
    made = toys.without(toys.frame(30), "interest_depth_z", [0, 1, 2, 3])
    units = exchange.units("wartime", {CHOICE: made})
    for giving in exchange.donors(units, "family", 7, range(1, 6)):
        moved = {
            name: values if name == "n_members" else values[giving]
            for name, values in made.columns.items()
        }
        after = dataclasses.replace(made, columns=moved)
        for each in toys.specifications():
            assert (rows_of(each, after) == rows_of(each, made)).all()


def test_a_lineage_follows_its_first_cabinet() -> None:
    """A frame with fewer coalitions keeps its own among themselves."""
    cabinets = toys.frame(40)
    first = np.arange(40) % 3 == 0
    names = ("start", "stop", "event", "cluster", "coalition", "place")
    names += ("recent", "caretaker", "coalition_form", "dated", "planned")
    lineages = dataclasses.replace(
        cabinets,
        **{name: getattr(cabinets, name)[first] for name in names},
        columns={name: values[first] for name, values in cabinets.columns.items()},
    )
    other = CHOICE._replace(unit="lineage")
    units = exchange.units("wartime", {CHOICE: cabinets, other: lineages})
    drawn = exchange.donors(units, "family", 1, range(1, 30))
    assert (first[drawn] == first).all()
    assert (units.numbers(lineages) == np.flatnonzero(first)).all()


def test_chance_is_the_seed_s_and_the_replicate_s() -> None:
    units = exchange.units("wartime", {CHOICE: toys.frame(30, clusters=6)})
    whole = exchange.donors(units, "family", 7, range(1, 9))
    parts = [exchange.donors(units, "family", 7, [k]) for k in (8, 3, 1)]
    assert (np.concatenate(parts) == whole[[7, 2, 0]]).all()
    assert (exchange.donors(units, "family", 8, range(1, 9)) != whole).any()
    spawned = np.random.SeedSequence(7).spawn(3)[2].spawn(2)[1].spawn(4)[3]
    ours = exchange.generator(7, "bootstrap", "wartime", 3)
    assert ours.random() == np.random.default_rng(spawned).random()
    draws = exchange.cluster_draws(units, 7, range(5))
    assert (draws[0] == 1).all()
    assert (draws.sum(axis=1) == 6).all()


# --- the permutation test


def test_statistics_are_those_of_a_plain_loop(tmp_path: Path) -> None:
    made, count, seed = toys.frame(40, depth=0.5), 6, 11
    chosen = tuple(s for s in toys.specifications() if s.controls == "none")
    found = permuted_curve(toys.ready(tmp_path, made, chosen), count, ("family",), seed)
    units = exchange.units("wartime", {CHOICE: made})
    by_hand: dict[tuple[str, str, str], list[float]] = {}
    for giving in exchange.donors(units, "family", seed, range(count + 1)):
        table = toys.as_table(made)
        measures = [name for name in made.columns if name != "n_members"]
        table[measures] = table[measures].to_numpy()[giving]
        rows = []
        for each in chosen:
            t = terms(each)
            fit = cox(table, toys.formula(t.full), cluster="cluster")
            power, interests = (
                cox(table, toys.formula(b)) for b in (t.power_block, t.interest_block)
            )
            shown = fit.table.set_index("term")
            rows.append(
                {
                    "power": shown["estimate"][t.power],
                    "power_z": shown["statistic"][t.power],
                    "power_p": wald_test(fit, list(t.power_block))["p_value"],
                    "depth": shown["estimate"][t.closeness],
                    "depth_z": shown["statistic"][t.closeness],
                    "gap": (-2 * power.loglik + 2 * len(t.power_block))
                    - (-2 * interests.loglik + 2 * len(t.interest_block)),
                }
            )
        curve = pd.DataFrame(rows)
        root = np.sqrt(len(curve))
        for key, value in {
            ("H1", "either", SHARE): (curve["power_p"] < 0.05).mean(),
            ("H1", "either", MEDIAN): abs(curve["power"].median()),
            ("H1", "either", SUM): abs(curve["power_z"].sum() / root),
            ("H2 depth", "longer", SHARE): (curve["depth_z"] < -1.959964).mean(),
            ("H2 depth", "shorter", SHARE): (curve["depth_z"] > 1.959964).mean(),
            ("H2 depth", "longer", MEDIAN): -curve["depth"].median(),
            ("H2 depth", "shorter", SUM): curve["depth_z"].sum() / root,
            ("H3", "interests", SHARE): (curve["gap"] > 2).mean(),
            ("H3", "power", MEDIAN): -curve["gap"].median(),
        }.items():
            by_hand.setdefault(key, []).append(float(value))
    ours = found.distribution.set_index([*KEYS, "replicate"])["value"].sort_index()
    for key, values in by_hand.items():
        np.testing.assert_allclose(ours.loc[key].to_numpy(), values, rtol=1e-7, atol=1e-8)
        chance = np.array(values[1:])
        row = of(found.table, *key)
        assert row["p"] == (1 + (chance >= values[0] - 1e-9).sum()) / (1 + count)
        np.testing.assert_allclose(row["observed"], values[0], atol=1e-8)
        np.testing.assert_allclose(row["permuted_mean"], chance.mean(), atol=1e-8)
    assert of(found.table, "H2 depth", "longer", SHARE)["specifications"] == len(chosen)
    assert of(found.table, "H2 breadth", "longer", SHARE)["specifications"] == len(chosen) / 2


def test_a_planted_effect_is_found_and_its_opposite_is_not(tmp_path: Path) -> None:
    found = permuted_curve(
        toys.ready(tmp_path, toys.frame(80, depth=1.0)), 99, ("family",), 1
    ).table
    for name in (SHARE, MEDIAN, SUM):
        assert of(found, "H2 depth", "shorter", name)["p"] <= 0.02
        assert of(found, "H2 depth", "longer", name)["p"] > 0.9
    assert of(found, "H3", "interests", MEDIAN)["p"] <= 0.02
    assert of(found, "H2 depth", "shorter", SHARE)["observed"] == 1
    assert of(found, "H2 depth", "shorter", SHARE)["permuted_mean"] < 0.15


def test_without_an_effect_p_is_spread_evenly(tmp_path: Path) -> None:
    chosen = (toys.MAIN, toys.MAIN._replace(power="power_gini"))
    found: dict[str, list[float]] = {SHARE: [], MEDIAN: [], SUM: []}
    for k in range(60):
        ready = toys.ready(tmp_path / str(k), toys.frame(40, seed=100 + k), chosen)
        table = permuted_curve(ready, 39, ("family",), 5).table
        for name in found:
            found[name].append(of(table, "H2 depth", "longer", name)["p"])
    for name in (MEDIAN, SUM):
        p = np.sort(found[name])
        even = (np.arange(60) + 0.5) / 60
        assert np.abs(p - even).max() < 0.2  # Kolmogorov's 99 per cent point is 0.21
    # Many permutations tie where few specifications are significant: p is then large, never small.
    assert np.mean(np.array(found[SHARE]) <= 0.1) < 0.25


def test_effects_between_clusters_stay_when_shuffling_within(tmp_path: Path) -> None:
    """Depth is the same within a cluster, and matters: only the shuffle over the family sees it."""
    made = toys.frame(120, clusters=12)
    level = np.linspace(-1.5, 1.5, 12)[made.cluster]
    rng = np.random.default_rng(4)
    longer = np.ceil(40 * rng.exponential(size=120) * np.exp(level)) + 1
    columns = {**made.columns, "interest_depth_z": level}
    made = dataclasses.replace(made, columns=columns, stop=longer, event=longer < 400)
    found = permuted_curve(toys.ready(tmp_path, made), 39, permutation.WITHIN, 1).table
    key = ("H2 depth", "longer", MEDIAN)
    assert of(found, *key)["p"] == 0.025
    assert of(found, *key, within="clusters")["p"] > 0.1
    assert of(found, *key, within="clusters")["permuted_mean"] > 0.5


def test_clusters_without_partners_are_not_shuffled_within(tmp_path: Path) -> None:
    ready = toys.ready(tmp_path, toys.frame(40), (toys.MAIN,))
    assert set(permuted_curve(ready, 2, permutation.WITHIN, 1).table["within"]) == {"family"}


def test_p_counts_itself_and_what_could_not_be_computed() -> None:
    assert permutation.p_value(np.array([3.0, 1.0, 2.0, 4.0])) == 0.5
    assert permutation.p_value(np.array([3.0, 1.0, 3.0, np.nan])) == 0.75
    assert permutation.p_value(np.array([0.3, 0.1 + 0.2])) == 1.0


def test_intervals_have_no_part_in_permutations(tmp_path: Path) -> None:
    varying = toys.MAIN._replace(unit="intervals", founding_days="")
    ready = toys.ready(tmp_path, toys.frame(40), (toys.MAIN, varying))
    assert set(permuted_curve(ready, 2, ("family",), 1).table["specifications"]) == {1}


# --- the bootstrap


def test_the_bootstrap_is_near_the_robust_interval(tmp_path: Path) -> None:
    ready = toys.ready(tmp_path, toys.frame(200, depth=0.6, clusters=50))
    table = bootstrapped_curve(ready, 400, 3).table
    row = table[table["of"] == PLAN].set_index("hypothesis").loc["H2 depth"]
    width = row["robust_high"] - row["robust_low"]
    for kind in ("percentile", "normal"):
        assert abs(row[f"{kind}_low"] - row["robust_low"]) < 0.2 * width
        assert abs(row[f"{kind}_high"] - row["robust_high"]) < 0.2 * width
    assert row["percentile_low"] > 0.2
    assert row["same_sign"] == 1
    assert row["robust_low"] < 0.6 < row["robust_high"]
    none = table[table["of"] == PLAN].set_index("hypothesis").loc["H2 breadth"]
    assert none["percentile_low"] < 0 < none["percentile_high"]
    assert 0.05 < none["same_sign"] < 1


def test_resamples_are_those_of_a_plain_loop(tmp_path: Path) -> None:
    made, count, seed = toys.frame(60, depth=0.5, clusters=15), 5, 9
    chosen = tuple(s for s in toys.specifications() if s.controls == "none")
    found = bootstrapped_curve(toys.ready(tmp_path, made, chosen), count, seed)
    units = exchange.units("wartime", {CHOICE: made})
    draws = exchange.cluster_draws(units, seed, range(count + 1))
    table = toys.as_table(made)
    ours = found.distribution.set_index(["hypothesis", "of", "replicate"])["value"]
    for replicate, drawn in enumerate(draws):
        rows = pd.concat([table[units.cluster == c] for c in np.repeat(np.arange(15), drawn)])
        depths = [
            cox(rows, toys.formula(terms(each).full)).coefficients[terms(each).closeness]
            for each in chosen
        ]
        np.testing.assert_allclose(ours["H2 depth", CURVE, replicate], np.median(depths), rtol=1e-7)
        np.testing.assert_allclose(ours["H2 depth", PLAN, replicate], depths[0], rtol=1e-7)
    assert set(found.table["bootstraps"]) == {count}
    assert found.table.loc[found.table["of"] == CURVE, "robust_low"].isna().all()


# --- workers, kills and wrong calls


def everything(folder: Path, made: Frame, workers: Workers, seed: int = 2) -> dict[str, bytes]:
    ready = toys.ready(folder, made, workers=workers)
    permuted_curve(ready, 120, permutation.WITHIN, seed)
    bootstrapped_curve(ready, 110, seed)
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


@pytest.mark.parametrize(("backend", "library"), [("loky", "joblib"), ("dask", "distributed")])
def test_backends_give_the_same_bytes(backend: Any, library: str, tmp_path: Path) -> None:
    pytest.importorskip(library)
    made = toys.frame(40, depth=0.5, clusters=10)
    ours = everything(tmp_path / "a", made, Workers(backend, 2, None))
    theirs = everything(tmp_path / "b", made, toys.SEQUENTIAL)
    assert len(theirs) == 4
    assert ours == theirs


def test_a_run_that_breaks_goes_on_with_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = toys.frame(40, depth=0.5, clusters=10)
    whole = everything(tmp_path / "a", made, toys.SEQUENTIAL)
    calls = 0
    write = chunks.write

    def breaking(table: pd.DataFrame, path: Path) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        write(table, path)

    with monkeypatch.context() as patch:
        patch.setattr(chunks, "write", breaking)
        with pytest.raises(KeyboardInterrupt):
            everything(tmp_path / "b", made, toys.SEQUENTIAL)
    left = list((tmp_path / "b").rglob(f"*.{chunks.suffix()}"))
    assert len(left) == 2
    damaged = left[0].read_bytes()
    left[0].write_bytes(damaged[: len(damaged) // 2])
    kept = len(pd.read_parquet(left[1]))
    ready = toys.ready(tmp_path / "b", made)
    assert permuted_curve(ready, 120, permutation.WITHIN, 2).resumed == kept
    assert everything(tmp_path / "b", made, toys.SEQUENTIAL) == whole
    again = permuted_curve(ready, 120, permutation.WITHIN, 2)
    assert again.resumed == len(toys.specifications()) * 121 * 2


def test_seed_number_and_data_make_another_run(tmp_path: Path) -> None:
    made = toys.frame(40, depth=0.5, clusters=10)

    def run(name: str, made: Frame, count: int, seed: int) -> tuple[pd.DataFrame, set[str]]:
        table = bootstrapped_curve(toys.ready(tmp_path / name, made), count, seed).distribution
        return table, {p.name for p in (tmp_path / name / chunks.FOLDER).iterdir()}

    base, digests = run("a", made, 10, 2)
    other, others = run("b", made, 10, 3)
    assert digests != others
    assert (base["value"] != other["value"])[base["replicate"] > 0].all()
    observed = base["replicate"] == 0
    assert (base["value"] == other["value"])[observed].all()
    more, others = run("c", made, 20, 2)
    assert digests != others
    pd.testing.assert_frame_equal(  # more replicates leave the first as they were
        more[more["replicate"] <= 10].reset_index(drop=True), base
    )
    moved = dataclasses.replace(made, place=np.roll(made.place, 1))
    assert run("d", moved, 10, 2)[1] != digests


def test_without_pyarrow_replicates_are_csv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = toys.frame(40, depth=0.5, clusters=10)
    with_it = permuted_curve(toys.ready(tmp_path / "a", made), 5, ("family",), 2)
    monkeypatch.setattr(chunks, "find_spec", lambda name: None)
    without = permuted_curve(toys.ready(tmp_path / "b", made), 5, ("family",), 2)
    again = permuted_curve(toys.ready(tmp_path / "b", made), 5, ("family",), 2)
    assert again.resumed == len(toys.specifications()) * 6
    pd.testing.assert_frame_equal(with_it.table, without.table, check_exact=True)
    pd.testing.assert_frame_equal(with_it.table, again.table, check_exact=True)
    assert not list((tmp_path / "b").rglob("*.parquet"))


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"permutations": 0}, InvalidDataError, "permutations is 0; it must be 1 or more"),
        ({"seed": -1}, InvalidDataError, "seed is -1; it must be 0 or more"),
        ({"within": ["wars"]}, UnknownNameError, "no shuffle within 'wars'; there are 'family'"),
        ({"within": []}, UnknownNameError, "within is empty; choose some of family, clusters"),
        ({"families": ["naval"]}, UnknownNameError, "no family 'naval'"),
    ],
)
def test_wrong_tests_say_what_is_wrong(
    options: dict[str, Any], error: type[Exception], words: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=words):
        permutation_test(tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_wrong_bootstraps_say_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    with pytest.raises(InvalidDataError, match="bootstraps is 1; it must be 2 or more"):
        cluster_bootstrap(out, bootstraps=1)
    with pytest.raises(InvalidDataError, match="permutations is -3"):
        multiverse(out, permutations=-3)
    assert main(["multiverse", "--out", str(out), "--bootstraps", "1", "--quiet"]) == 1
    assert "bootstraps is 1; it must be 2 or more" in capsys.readouterr().err
    assert not out.exists()


def test_the_page_shows_what_the_tables_hold(tmp_path: Path) -> None:
    ready = toys.ready(tmp_path, toys.frame(60, depth=1.0, clusters=15))
    tests = permuted_curve(ready, 20, ("family",), 1).table
    text = page.permutation_block(tests)
    assert len(text.splitlines()) == 2 + 7  # H1 one direction, H2 twice and H3 two
    line = next(row for row in text.splitlines() if "H2 depth" in row and "shorter" in row)
    share = of(tests, "H2 depth", "shorter", SHARE)
    assert line.startswith("| States at war | H2 depth | shorter | 100% |")
    assert f"up to {share['permuted_q975']:.0%}" in line
    assert line.endswith("| p = 0.048 | p = 0.048 |")
    text = page.bootstrap_block(bootstrapped_curve(ready, 20, 1).table)
    assert len(text.splitlines()) == 2 + 4
    assert "| 100% |" in text
