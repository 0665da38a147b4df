"""Blocks of covariates compared: against R, against single fits, and by simulation."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis
from analysis.models.accuracy import explained_variation, integrated_brier_score, uno_concordance
from analysis.models.comparison import BlockComparison, compare_blocks
from analysis.models.concordance import concordance
from analysis.models.cox import cox
from analysis.models.refit import maximise
from analysis.models.resampling import cluster_counts, grouped_folds
from analysis.models.vuong import likelihood_influence, nonnested_test
from analysis.models.yardsticks import HIGHER_IS_BETTER, Sample, yardsticks
from coalitiondata.errors import InvalidDataError, UnknownNameError

HERE = Path(__file__).parent / "reference"
REFERENCE: dict[str, Any] = json.loads((HERE / "accuracy.json").read_text())
FRAMES = {name: pd.read_csv(HERE / f"survival_{name}.csv") for name in ("spells", "intervals")}
SPELLS = FRAMES["spells"].assign(fold=FRAMES["spells"]["c"] % 5)
BLOCKS = {"power": "x", "interests": "g"}
MODELS = ["base", "power", "interests", "joint"]
TAU = REFERENCE["tau"]


def close(ours: Any, theirs: Any, rtol: float = 1e-8, atol: float = 1e-10) -> None:
    np.testing.assert_allclose(
        np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float), rtol=rtol, atol=atol
    )


def compare(frame: pd.DataFrame = SPELLS, **changes: Any) -> BlockComparison:
    arguments = {"blocks": BLOCKS, "base": "z", "cluster": "c", "tau": TAU, "replicates": 0}
    return compare_blocks(frame, **{**arguments, **changes})


@pytest.fixture(scope="module")
def whole() -> BlockComparison:
    return compare(group="fold", folds=None, replicates=200, seed=1)


def test_all_models_share_the_complete_rows() -> None:
    gaps = SPELLS.assign(x=SPELLS["x"].mask(SPELLS.index < 3), g=SPELLS["g"].mask(SPELLS["c"] == 7))
    with pytest.warns(analysis.DroppedRowsWarning, match=r"x 3, g \d+") as caught:
        ours = compare(gaps)
    assert len(caught) == 1
    complete = gaps.dropna()
    expected = cox(complete, "z", cluster="c")
    assert {fit.n for fit in ours.fits.values()} == {len(complete)} == {ours.n}
    close(ours.fits["base"].loglik, expected.loglik)
    assert ours.dropped == {"x": 3, "g": int((SPELLS["c"] == 7).sum())}


def test_in_sample_measures_are_those_of_the_single_fits(whole: BlockComparison) -> None:
    """The lean search agrees with `cox`, and the fast measures with those of a fit."""
    assert list(whole.models["model"]) == MODELS
    for _, row in whole.models.iterrows():
        fit = whole.fits[row["model"]]
        assert row["formula"] == fit.formula
        assert row["parameters"] == len(fit.table)
        close(row[["loglik", "aic", "bic"]], [fit.loglik, fit.aic, fit.bic], rtol=1e-12)
        close(row["harrell_c"], concordance(fit)["estimate"], rtol=1e-12)
        close(row["uno_c"], uno_concordance(fit, TAU)["estimate"], rtol=1e-12)
        close(row[["ibs", "ipa"]], integrated_brier_score(fit, TAU)[["ibs", "ipa"]], rtol=1e-9)
        names = ["r2_d", "r2_randomness"]
        close(row[names], explained_variation(fit)[names])
    at_an_event = compare(tau=12, folds=0).models.set_index("model")["uno_c"]
    close(at_an_event["joint"], uno_concordance(whole.fits["joint"], 12)["estimate"], rtol=1e-12)


def test_without_a_base_the_null_model_is_the_measure_of_nothing() -> None:
    ours = compare(base="").models.set_index("model").loc["base"]
    assert ours["parameters"] == 0
    close(ours[["harrell_c", "uno_c", "cv_harrell_c", "cv_uno_c"]], 0.5)
    close(ours[["ipa", "r2_d", "r2_randomness", "cv_ipa"]], 0, atol=1e-12)
    close(ours["loglik"], cox(SPELLS, "x").loglik_null, rtol=1e-12)


def test_tests_are_those_of_nested_fits(whole: BlockComparison) -> None:
    table = whole.tests.set_index(["block", "against"])
    over = {"power": "interests", "interests": "power"}
    for block, other in over.items():
        for against, larger, smaller in (
            ("base", whole.fits[block], whole.fits["base"]),
            ("others", whole.fits["joint"], whole.fits[other]),
        ):
            row = table.loc[(block, against)]
            ratio = analysis.likelihood_ratio_test(larger, smaller)
            close(row[["lr_statistic", "df", "lr_p_value"]], ratio)
            terms = [t for t in larger.table["term"] if t not in set(smaller.table["term"])]
            wald = analysis.wald_test(larger, terms)
            close(row[["wald_statistic", "wald_p_value"]], wald[["statistic", "p_value"]])
    assert table["df"].tolist() == [1, 1, 2, 2]


@pytest.mark.parametrize("case", REFERENCE["nonnested"], ids=lambda c: c["name"])
def test_nonnested_test_agrees_with_derivatives_of_the_likelihood_in_r(
    case: dict[str, Any],
) -> None:
    frame, extra = FRAMES[case["data"]], dict(case["arguments"] or {})
    first = cox(frame, case["first"], cluster=case["cluster"], **extra)
    second = cox(frame, case["second"], cluster=case["cluster"], **extra)
    # Numerical derivatives: their error is that of the fourth order of a step of 0.01.
    close(likelihood_influence(first.efron), case["influence"], atol=1e-8)
    ours = nonnested_test(first, second)
    names = ["difference", "std_error", "statistic", "aic_statistic"]
    close(ours[names], [case[name] for name in names])
    turned = nonnested_test(second, first)
    close(turned[["difference", "statistic"]], -ours[["difference", "statistic"]])
    close(turned["p_value"], ours["p_value"])


def test_nonnested_test_holds_its_level_and_has_power() -> None:
    """Two markers alike in all but the outcome they happen to get: 1 in 20 rejections."""
    rng = np.random.default_rng(42)

    def drawn(advantage: float) -> float:
        shared, a, b = rng.normal(size=(3, 150))
        a, b = shared + a, shared + b
        time = rng.exponential(np.exp(-(0.5 + advantage) * a - 0.5 * b))
        end = rng.exponential(2.0, 150)
        frame = pd.DataFrame({"duration": np.minimum(time, end), "event": time <= end})
        frame = frame.assign(a=a, b=b)
        return float(nonnested_test(cox(frame, "a"), cox(frame, "b"))["statistic"])

    z = np.array([drawn(0.0) for _ in range(200)])
    assert (np.abs(z) > 1.96).mean() < 0.1  # three standard errors above one in twenty
    assert 0.85 < z.std() < 1.15
    assert abs(z.mean()) < 0.22
    assert np.mean([drawn(0.6) > 1.96 for _ in range(30)]) > 0.5


def test_nonnested_test_needs_the_same_rows() -> None:
    with pytest.raises(InvalidDataError, match="same complete rows"):
        nonnested_test(cox(SPELLS, "x"), cox(SPELLS.iloc[1:], "z"))
    with pytest.raises(InvalidDataError, match="strata, clusters or weights"):
        nonnested_test(cox(SPELLS, "x", strata="s"), cox(SPELLS, "z"))
    with pytest.raises(InvalidDataError, match="clusters"):
        nonnested_test(cox(SPELLS, "x", cluster="c"), cox(SPELLS, "z"))


def test_models_that_predict_alike_are_not_told_apart() -> None:
    ours = nonnested_test(cox(SPELLS, "x"), cox(SPELLS.assign(y=3 - 2 * SPELLS["x"]), "y"))
    assert abs(ours["difference"]) < 1e-9
    assert ours[["statistic", "p_value"]].isna().all()


@pytest.mark.parametrize("case", REFERENCE["cross_validated"], ids=lambda c: c["formula"] or "null")
def test_cross_validation_agrees_with_r(case: dict[str, Any], whole: BlockComparison) -> None:
    names = {"z": "base", "z + x": "power", "z + g": "interests", "z + x + g": "joint"}
    ours = whole if case["formula"] else compare(base="", group="fold", folds=None)
    model = names.get(case["formula"], "base")
    row = ours.models.set_index("model").loc[model]
    measures = [name for name in case if name.startswith("cv_")]
    close(row[measures], [case[name] for name in measures])
    close(ours.folds.query("model == @model")["cv_loglik"], case["parts"])


@pytest.mark.parametrize("case", REFERENCE["weighted"], ids=lambda c: c["formula"])
def test_a_resample_agrees_with_a_weighted_fit_in_r(case: dict[str, Any]) -> None:
    matrix = cox(SPELLS, case["formula"]).design.matrix
    stop = SPELLS["duration"].to_numpy(float)
    start = np.full(len(stop), -np.inf)
    sample = Sample(start, stop, SPELLS["event"].to_numpy() == 1, {"model": matrix}, TAU)
    ours = yardsticks(sample, (SPELLS["c"] % 3).to_numpy(float))["model"]
    close([ours[m] for m in HIGHER_IS_BETTER], [case[m] for m in HIGHER_IS_BETTER])


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_the_lean_search_finds_the_maximum_from_anywhere(late: bool, scale: float) -> None:
    entry = "entry" if late else None
    fit = cox(SPELLS, "x * z + g", entry=entry)
    X = fit.design.matrix / fit.design.matrix.std(axis=0)
    expected = fit.coefficients.to_numpy() * fit.design.matrix.std(axis=0)
    sets, weights = fit.efron.sets, np.ones(fit.n)
    for start in (None, expected, scale * np.array([0.9, -1.0, 0.5, 0.2, -0.4])):
        found = maximise(sets, X, weights, start)
        assert found is not None
        close(found[0], expected, rtol=1e-8)


def test_the_lean_search_says_when_there_is_no_maximum() -> None:
    fit = cox(SPELLS, "x + z")
    sets, X, one = fit.efron.sets, fit.design.matrix, np.ones(fit.n)
    apart = -SPELLS["duration"] / 10  # orders the events perfectly
    spared = (SPELLS["event"] == 0) & (SPELLS["x"] > 1)  # no event on one side
    for column in (apart, spared / spared.std(), np.ones(fit.n), X[:, 0] * 2):
        assert maximise(sets, np.column_stack([X[:, :1], column]), one) is None


def test_differences_compare_all_pairs_of_models(whole: BlockComparison) -> None:
    table = whole.differences
    assert len(table) == 6 * len(HIGHER_IS_BETTER)
    values = whole.models.set_index("model")
    for _, row in table.iterrows():
        m = row["measure"]
        close(row["estimate"], values.loc[row["second"], m] - values.loc[row["first"], m])
    middle, half = table["estimate"], 1.959964 * table["std_error"]
    close(table["conf_low"], middle - half, rtol=1e-6)
    close(table["conf_high"], middle + half, rtol=1e-6)
    assert table["share_better"].between(0, 1).all()
    assert (table["replicates"] == 200).all()
    loglik = table[table["measure"] == "loglik"].set_index(["first", "second"])
    aic = table[table["measure"] == "aic"].set_index(["first", "second"])
    # Power and interests have one and two coefficients: minus twice the one, plus twice one.
    pair = ("power", "interests")
    close(aic.loc[pair, "conf_low"], -2 * loglik.loc[pair, "conf_high"] + 2, rtol=1e-6)
    close(aic.loc[pair, "std_error"], 2 * loglik.loc[pair, "std_error"])


def test_resampled_errors_agree_with_those_of_the_likelihood(whole: BlockComparison) -> None:
    """Two ways to one number: clusters drawn anew, and derivatives by their weights."""
    pair = whole.differences.query(
        "first == 'power' and second == 'interests' and measure == 'loglik'"
    )
    ratio = float(pair["std_error"].iloc[0]) / float(whole.nonnested["std_error"].iloc[0])
    assert 0.75 < ratio < 1.35


def test_nonnested_table(whole: BlockComparison) -> None:
    row = whole.nonnested.iloc[0]
    power, interests = whole.fits["power"], whole.fits["interests"]
    expected = nonnested_test(power, interests)
    close(row["loglik_difference"], power.loglik - interests.loglik)
    close(row[["std_error", "statistic"]], expected[["std_error", "statistic"]])
    close(row["aic_difference"], power.aic - interests.aic)
    close(row["bic_difference"], power.bic - interests.bic)
    both = analysis.wald_test(whole.fits["joint"], ["x", "g[T.b]", "g[T.c]"])
    close(row["either_p_value"], both["p_value"])


def test_too_few_resamples_give_no_error() -> None:
    ours = compare(replicates=19, folds=0).differences
    assert ours[["std_error", "conf_low", "share_better"]].isna().all(axis=None)
    assert (ours["replicates"] == 19).all()


def test_the_same_seed_gives_the_same_intervals() -> None:
    one, two, other = (compare(replicates=30, folds=0, seed=s).differences for s in (5, 5, 6))
    pd.testing.assert_frame_equal(one, two)
    assert not one["conf_low"].equals(other["conf_low"])


def test_order_of_rows_and_units_do_not_matter_but_to_the_draw() -> None:
    ours = compare().models.drop(columns="formula")
    moved = SPELLS.assign(x=SPELLS["x"] * 1e4 + 7, duration=SPELLS["duration"] * 365.25)
    other = compare(moved.iloc[::-1], tau=TAU * 365.25).models.drop(columns="formula")
    pd.testing.assert_frame_equal(ours, other, rtol=1e-7)


def test_three_blocks() -> None:
    ours = compare(blocks={"power": "x", "interests": "g", "place": "s"}, folds=0)
    assert list(ours.models["model"]) == ["base", "power", "interests", "place", "joint"]
    assert len(ours.nonnested) == 3
    joint, without = cox(SPELLS, "z + x + g + s"), cox(SPELLS, "z + x + s")
    ratio = analysis.likelihood_ratio_test(joint, without)
    row = ours.tests.query("block == 'interests' and against == 'others'").iloc[0]
    close(row["lr_statistic"], ratio["statistic"])
    pair = ours.nonnested.query("first == 'power' and second == 'place'").iloc[0]
    fit = cox(SPELLS, "z + x + s", cluster="c")
    close(
        pair["either_p_value"], analysis.wald_test(fit, ["x", "s[T.south]", "s[T.west]"])["p_value"]
    )


def test_one_block_alone() -> None:
    ours = compare(blocks={"power": "x"}, replicates=25)
    assert list(ours.models["model"]) == ["base", "power"]
    assert ours.nonnested.empty
    assert ours.tests["against"].tolist() == ["base"]


def test_intervals_of_a_spell_leave_out_what_needs_whole_spells() -> None:
    ours = compare_blocks(
        FRAMES["intervals"], {"one": "x", "two": "z"}, duration="stop", entry="start",
        cluster="unit", replicates=25,
    )  # fmt: skip
    table = ours.models.set_index("model")
    assert np.isnan(ours.tau)
    assert table[["uno_c", "ibs", "ipa", "cv_uno_c", "cv_ibs", "cv_ipa"]].isna().all(axis=None)
    others = table[["harrell_c", "r2_d", "cv_loglik", "cv_harrell_c"]]
    assert others.notna().all(axis=None)
    close(table.loc["joint", "harrell_c"], concordance(ours.fits["joint"])["estimate"])
    missing = ours.differences["measure"].isin(["uno_c", "ibs", "ipa"])
    assert ours.differences.loc[missing, "conf_low"].isna().all()
    assert ours.differences.loc[~missing, "conf_low"].notna().all()
    # Rows that all start at zero are whole spells.
    assert compare(SPELLS.assign(zero=0), entry="zero", folds=0).tau == TAU


def test_the_default_horizon_leaves_a_tenth_at_risk() -> None:
    ours = compare(tau=None, folds=0)
    stop, event = SPELLS["duration"], SPELLS["event"] == 1
    assert (stop >= ours.tau).mean() >= 0.1
    later = stop[event & (stop > ours.tau)]
    assert all((stop >= t).mean() < 0.1 for t in later)


def test_failed_resamples_are_counted_and_announced() -> None:
    """A factor level of three clusters is absent from one resample in twenty."""
    rare = SPELLS.assign(rare=SPELLS["c"].isin([1, 2, 3]).astype(int))
    with pytest.warns(analysis.ConvergenceWarning, match=r"of 100 resamples left out.*rare \d+"):
        ours = compare(rare, blocks={"power": "x", "rare": "rare"}, replicates=100, folds=0)
    assert ours.failed["rare"] == ours.failed["joint"] > 5
    assert ours.failed["power"] == ours.failed["base"] == 0
    assert (ours.differences["replicates"] == 100 - ours.failed["rare"]).all()


def test_a_model_that_a_fold_cannot_estimate_is_missing_not_guessed() -> None:
    rare = SPELLS.assign(rare=(SPELLS["fold"] == 2).astype(int))
    ours = compare(rare, blocks={"power": "x", "rare": "rare"}, group="fold", folds=None)
    table = ours.models.set_index("model")
    assert table.loc[["rare", "joint"], "cv_loglik"].isna().all()
    assert table.loc[["base", "power"], "cv_loglik"].notna().all()
    unfitted = ours.folds[~ours.folds["fitted"]]
    assert set(unfitted["model"]) == {"rare", "joint"}
    assert set(unfitted["fold"]) == {2}


def test_progress_is_told_after_each_resample() -> None:
    told: list[tuple[int, int]] = []
    compare(replicates=3, folds=0, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_cross_validation_unmasks_a_block_of_noise() -> None:
    """Eight columns of noise gain in the sample, and lose out of it."""
    noise = np.random.default_rng(3).normal(size=(240, 8))
    frame = SPELLS.assign(**{f"n{k}": v for k, v in enumerate(noise.T)})
    blocks = {"signal": "x", "noise": " + ".join(f"n{k}" for k in range(8))}
    table = compare(frame, blocks=blocks).models.set_index("model")
    assert table.loc["noise", "loglik"] > table.loc["base", "loglik"] + 1
    assert table.loc["noise", "cv_loglik"] < table.loc["base", "cv_loglik"]
    assert table.loc["joint", "cv_ipa"] < table.loc["signal", "cv_ipa"]
    assert table.loc["signal", "cv_loglik"] > table.loc["base", "cv_loglik"] + 5


@settings(max_examples=40, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 12), min_size=2, max_size=15),
    folds=st.one_of(st.none(), st.integers(2, 8)),
)
def test_folds_are_whole_groups_dealt_evenly(sizes: list[int], folds: int | None) -> None:
    groups = np.repeat(np.arange(len(sizes)), sizes)
    events = (np.arange(len(groups)) % 3 > 0).astype(float)
    fold = grouped_folds(groups, events, folds)
    assert all(len(set(fold[groups == g])) == 1 for g in range(len(sizes)))
    count = len(sizes) if folds is None else min(folds, len(sizes))
    assert set(fold) == set(range(count))
    assert (fold == grouped_folds(groups, events, folds)).all()
    load = np.bincount(fold, weights=events)
    biggest = max(events[groups == g].sum() for g in range(len(sizes)))
    assert load.max() - load.min() <= biggest


def test_groups_with_most_events_are_dealt_first() -> None:
    groups = np.repeat([0, 1, 2, 3], [1, 5, 3, 2])
    # 5 to the first fold, 3 and 2 to the second; then both have five, and 1 goes to the first.
    assert grouped_folds(groups, np.ones(11), 2).tolist() == [0] * 6 + [1] * 5


def test_resamples_draw_whole_clusters() -> None:
    clusters = np.array([3, 3, 5, 9, 9, 9])
    counts = cluster_counts(clusters, 500, seed=0)
    assert counts.shape == (500, 6)
    by_cluster = counts[:, [0, 2, 3]]
    assert (by_cluster.sum(axis=1) == 3).all()
    close(counts, by_cluster[:, [0, 0, 1, 2, 2, 2]])
    assert abs(by_cluster.mean(axis=0) - 1).max() < 0.15


def test_mistakes_are_named() -> None:
    with pytest.raises(UnknownNameError, match="no column 'xx'"):
        compare(blocks={"power": "xx"})
    with pytest.raises(UnknownNameError, match="compare_blocks: the frame has no column 'clus'"):
        compare(cluster="clus")
    with pytest.raises(InvalidDataError, match="at least one block"):
        compare(blocks={})
    with pytest.raises(InvalidDataError, match="cannot be called 'joint'"):
        compare(blocks={"joint": "x"})
    with pytest.raises(InvalidDataError, match="block 'power' is empty"):
        compare(blocks={"power": " "})
    with pytest.raises(InvalidDataError, match="block 'power' adds nothing to the base"):
        compare(blocks={"power": "z"})
    with pytest.raises(InvalidDataError, match="block 'again' adds nothing to the others"):
        compare(blocks={"power": "x + g", "again": "x"}, folds=0)
    with pytest.raises(InvalidDataError, match="at most 30, the last exit"):
        compare(tau=31)
    with pytest.raises(InvalidDataError, match="two folds and two groups"):
        compare(folds=1)
    with pytest.raises(InvalidDataError, match="must not be negative"):
        compare(replicates=-1)
    apart = SPELLS.assign(apart=-SPELLS["duration"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", analysis.SeparationWarning)
        with pytest.raises(InvalidDataError, match=r"'z \+ apart' has no finite estimates"):
            compare(apart, blocks={"apart": "apart"})
