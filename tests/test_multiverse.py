"""The multiverse: held against the study's own models, against kills and against wrong fits."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shipped

from analysis.__main__ import main
from analysis.models.cox import cox
from analysis.models.result import wald_test
from analysis.multiverses import Multiverse, audit, backends, chunks, evaluate, kernel, multiverse
from analysis.multiverses import figures as drawing
from analysis.multiverses import summary as summing
from analysis.multiverses.choices import (
    CHOICES,
    FAMILIES,
    Specification,
    grid,
    identity,
    main_specification,
)
from analysis.multiverses.frames import Frame, frame, frame_choice, rows_of, scale
from analysis.multiverses.listing import listing
from analysis.study import organisations, plan, samples, style
from analysis.study.duration_models import Fitted, fit_model, fit_models
from analysis.study.verdicts import duration_answers
from coalitiondata import schema, survival_frame
from coalitiondata.errors import InvalidDataError, MissingExtraError, UnknownNameError

ROOT = Path(__file__).resolve().parents[1]
CHOSEN = list(Specification._fields)


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    if not all((shipped.DATA / t.path).is_file() for t in schema.tables().values()):
        pytest.skip("the tables in data/ have not been built")
    return samples.load_tables()


@pytest.fixture(scope="module")
def result(tables: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Multiverse:
    """A small run over all families."""
    out = tmp_path_factory.mktemp("multiverse") / "out"
    return multiverse(out, limit=45, backend="sequential", tables=tables)


@pytest.fixture(scope="module")
def wars(tables: dict[str, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory) -> Multiverse:
    """Every specification for wartime coalitions."""
    out = tmp_path_factory.mktemp("multiverse") / "out"
    return multiverse(
        out, families=["wartime"], limit=None, backend="sequential", figures=False, tables=tables
    )


def row_of(specification: Specification, tables: dict[str, pd.DataFrame]) -> dict[str, object]:
    made = frame(frame_choice(specification), tables, scale(specification.family, tables))
    return evaluate.evaluate(specification, made, evaluate.fitter(made))


def same(ours: object, theirs: object, tolerance: float = 1e-8) -> None:
    np.testing.assert_allclose(
        np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float), rtol=tolerance, atol=1e-10
    )


# --- the choices


@pytest.mark.parametrize("family", FAMILIES)
def test_the_grid_is_every_combination_and_begins_with_the_plan(family: str) -> None:
    specifications = grid(family)
    assert specifications[0] == main_specification(family)
    assert len(set(specifications)) == len(specifications)
    assert len(set(map(identity, specifications))) == len(specifications)
    for name, levels in CHOICES[family].items():
        assert {getattr(each, name) for each in specifications} - {""} == set(levels)


def test_sizes_of_the_grids() -> None:
    # 3 x 2 x 3 x 2 x 2 samples, 2 x 4 x 2 models, 8 x 8 x 2 measures.
    assert len(grid("governing")) == 72 * 16 * 128
    # Founding days do not count where every interval is measured anew: 3 + 1 units.
    assert len(grid("wartime")) == 4 * 2 * 2 * 2 * 7 * 8 * 2
    assert len(grid("ngo")) == 2 * 2 * 2 * 2 * 2 * 4 * 3 * 2


def test_an_identity_in_a_table_stays_what_it_is() -> None:
    assert identity(main_specification("wartime")) == "wartime-bbe066aa8565a15c"


# --- the plan's own specification, and its variants


@pytest.mark.parametrize("family", ["governing", "wartime"])
def test_the_plan_s_specification_is_the_study_s(
    family: str, tables: dict[str, pd.DataFrame]
) -> None:
    of = plan.family(family)
    drawn = samples.draw(of, of.main, tables)
    fitted = fit_models(drawn, ("M0", "M1", "M2", "M3", "M4"))
    answers = {a.hypothesis: a for a in duration_answers(fitted)}
    row = row_of(main_specification(family), tables)
    assert [row[word] for word in ("h1", "h2_depth", "h2_breadth", "h2", "h3")] == [
        answers[name].verdict for name in ("H1", "H2 depth", "H2 breadth", "H2", "H3")
    ]
    _equal(row, fitted["M3"], {"power": plan.POWER, "closeness": plan.DEPTH, "breadth": "breadth"})
    same(row["aic"], fitted["M3"].aic)
    same(row["aic_difference"], answers["H3"].estimate)
    square = row_of(main_specification(family)._replace(form="quadratic"), tables)
    assert square["h1"] == row["h1"]
    joint = wald_test(fitted["M4"].fit, [*plan.POWER_BLOCK, plan.POWER_SQUARED])  # type: ignore[arg-type]
    same(square["p_power"], joint["p_value"])
    same(square["aic"], fitted["M4"].aic)


def test_the_plan_s_specification_of_organisations_is_their_study_s(
    tables: dict[str, pd.DataFrame],
) -> None:
    study = organisations.organisation_results(tables, lambda _: None)
    answers = {a.hypothesis: a for a in study.answers}
    row = row_of(main_specification("ngo"), tables)
    assert [row[word] for word in ("h1", "h2_depth", "h2_breadth", "h2", "h3")] == [
        answers[name].verdict for name in ("H1", "H2 depth", "H2 breadth", "H2", "H3")
    ]
    same(row["power_hazard_ratio"], answers["H1"].estimate)
    same(row["power_p"], answers["H1"].p_value)
    same(row["aic_difference"], answers["H3"].estimate)


@pytest.mark.parametrize(
    ("family", "sample", "changes"),
    [
        ("governing", "all_positions", {"positions": "all"}),
        ("governing", "with_caretakers", {"caretakers": "included"}),
        ("governing", "lineage", {"unit": "lineage"}),
        ("governing", "elections_as_ends", {"scheduled_end": "event"}),
        ("governing", "before_1945", {"start": "any"}),
        ("wartime", "time_varying", {"unit": "intervals", "founding_days": ""}),
        ("wartime", "founding_0", {"founding_days": "0"}),
        ("wartime", "founding_90", {"founding_days": "90"}),
    ],
)
def test_the_plan_s_variants_are_specifications_too(
    family: str, sample: str, changes: dict[str, str], tables: dict[str, pd.DataFrame]
) -> None:
    of = plan.family(family)
    main_scale = samples.draw(of, of.main, tables).scale
    variant = next(each for each in of.variants if each.id == sample)
    drawn = samples.draw(of, variant, tables, main_scale)
    fitted = fit_models(drawn, ("M1", "M2", "M3"))
    row = row_of(main_specification(family)._replace(**changes), tables)
    _equal(row, fitted["M3"], {"power": plan.POWER, "closeness": plan.DEPTH, "breadth": "breadth"})
    same(row["aic_difference"], fitted["M1"].aic - fitted["M2"].aic)


@pytest.mark.parametrize(
    ("sample", "changes"),
    [
        ("all_forms", {"forms": "all"}),
        ("since_1945", {"start": "1945"}),
        ("dated", {"dating": "month"}),
        ("founders", {"entries": "dated only"}),
    ],
)
def test_the_variants_of_organisations_are_specifications_too(
    sample: str, changes: dict[str, str], tables: dict[str, pd.DataFrame]
) -> None:
    study = organisations.ORGANISATIONS
    main_scale = organisations.draw(study.main, tables).scale
    variant = next(each for each in study.variants if each.id == sample)
    drawn = organisations.draw(variant, tables, main_scale)
    fitted = fit_model(organisations.MODELS[3], drawn)
    row = row_of(main_specification("ngo")._replace(**changes), tables)
    assert (row["n"], row["events"], row["clusters"]) == (fitted.n, fitted.events, fitted.clusters)
    ratio = fitted.hazard_ratio(organisations.HOST)
    assert ratio is not None
    same([row[f"power_{k}"] for k in ("hazard_ratio", "low", "high", "p")], ratio)


def test_models_with_members_and_by_country_are_the_plan_s(
    tables: dict[str, pd.DataFrame],
) -> None:
    of = plan.GOVERNING
    fitted = fit_models(samples.draw(of, of.main, tables), ("M5", "M6"))
    for model, changes in (
        ("M5", {"controls": "majority + n_members"}),
        ("M6", {"strata": "country"}),
    ):
        row = row_of(main_specification("governing")._replace(**changes), tables)
        _equal(row, fitted[model], {"power": plan.POWER})


def _equal(row: dict[str, object], fitted: Fitted, measures: dict[str, str]) -> None:
    assert (row["n"], row["events"], row["clusters"]) == (fitted.n, fitted.events, fitted.clusters)
    for part, measure in measures.items():
        ratio = fitted.hazard_ratio(plan.z({"breadth": plan.BREADTH}.get(measure, measure)))
        assert ratio is not None
        same([row[f"{part}_{k}"] for k in ("hazard_ratio", "low", "high", "p")], ratio)


def test_measures_are_turned_one_way_and_scaled_by_the_main_sample(
    tables: dict[str, pd.DataFrame],
) -> None:
    """The range of cabinets and their effective number, from the frame itself."""
    raw = survival_frame(family="governing", primary=None, tables=tables)
    raw = raw[(raw["subtype"] == "cabinet") & (raw["start"] >= "1945-01-01")]
    needed = list(plan.GOVERNING.measured())
    main_rows = raw.dropna(subset=needed)
    measures = ["power_effective_number", "interest_range"]
    used = raw.dropna(subset=measures)
    standard = (used[measures] - main_rows[measures].mean()) / main_rows[measures].std()
    fit = cox(
        standard.assign(
            duration=used["duration"], event=used["event"], arena=used["arena"].astype("object")
        ),
        " + ".join(measures),
        cluster="arena",
    )
    row = row_of(
        main_specification("governing")._replace(
            sample="all", controls="none", interests="range", power="power_effective_number"
        ),
        tables,
    )
    assert row["n"] == fit.n == len(used) > len(main_rows)
    same([row["power_coefficient"], row["closeness_coefficient"]], -fit.coefficients)
    same([row["power_error"], row["closeness_error"]], fit.table["std_error"])
    same(row["p_power"], fit.table["p_value"].iloc[0])


# --- a run


def test_a_run_writes_everything(result: Multiverse) -> None:
    table = f"specifications.{chunks.suffix()}"
    tables = {table, "summary.csv", "choices.csv", "counts.csv", "duplicates.csv"}
    found = {
        path.relative_to(result.folder).as_posix()
        for path in result.folder.rglob("*")
        if path.is_file() and "chunks" not in path.parts
    }
    curves = {f.name for f in drawing.curves(result.specifications)}
    assert found == tables | {f"figures/{c}.{kind}" for c in curves for kind in ("png", "pdf")}
    assert len(curves) == 12
    pd.testing.assert_frame_equal(chunks.read(result.folder / table), result.specifications)


def test_every_specification_has_estimates_or_a_reason(wars: Multiverse) -> None:
    found = wars.specifications
    estimated = found["status"] == "estimated"
    assert estimated.sum() > 1000
    assert found.loc[estimated, ["power_hazard_ratio", "aic", "p_power", "h1"]].notna().all(None)
    assert found.loc[estimated, ["reason", "reason_kind"]].isna().all(None)
    assert (~estimated).any()
    assert found.loc[~estimated, ["reason", "reason_kind"]].notna().all(None)
    assert found.loc[~estimated, ["aic", "power_coefficient"]].isna().all(None)
    enough = kernel.EVENTS_PER_COEFFICIENT * found["coefficients"]
    few = found["events"] < enough
    assert ((found["reason_kind"] == "few events") == few).all()


def test_counts_add_up_to_the_grid(result: Multiverse, wars: Multiverse) -> None:
    for run in (result, wars):
        for _, of_family in run.counts.groupby("family"):
            n = of_family.set_index("fate")["n"]
            parts = n.drop(["combinations of all choices", "refitted and equal"])
            assert parts.sum() == n["combinations of all choices"]
            assert (parts >= 0).all()


def test_a_limit_is_shared_out_and_keeps_the_plan(result: Multiverse) -> None:
    found = result.specifications
    assert found["family"].value_counts().to_dict() == dict.fromkeys(FAMILIES, 15)
    assert {identity(main_specification(family)) for family in FAMILIES} <= set(found["id"])


def test_no_design_is_there_twice(wars: Multiverse) -> None:
    """Told by the numbers alone, not by the digests that the run goes by."""
    found = wars.specifications[wars.specifications["status"] == "estimated"]
    assert found["id"].is_unique
    numbers = [c for c in found if c.endswith(("coefficient", "error")) and "refit" not in c]
    assert not found[["n", "loglik", *numbers]].round(8).duplicated().any()


def test_duplicates_are_the_same_models(wars: Multiverse, tables: dict[str, pd.DataFrame]) -> None:
    duplicates = pd.read_csv(wars.folder / "duplicates.csv", keep_default_na=False)
    assert set(duplicates["same_as"]) <= set(wars.specifications["id"])
    # Depth is (1 + S) / 2, so that S by itself is depth by itself.
    alone = duplicates["interests"] == "similarity_s_alliance"
    assert alone.any()
    assert "similarity_s_alliance" not in set(wars.specifications["interests"])
    kept = wars.specifications.set_index("id")
    some = duplicates.sample(8, random_state=1)
    for each in some.itertuples():
        row = row_of(Specification(*(getattr(each, name) for name in CHOSEN)), tables)
        twin = kept.loc[each.same_as]
        assert (row["n"], row["status"]) == (twin["n"], twin["status"])
        if row["status"] == "estimated":
            same(row["loglik"], twin["loglik"])
            same(row["power_coefficient"], twin["power_coefficient"])


def test_one_in_a_hundred_but_at_least_twenty_are_refitted(
    wars: Multiverse, result: Multiverse, tables: dict[str, pd.DataFrame]
) -> None:
    for run in (wars, result):
        refitted = run.specifications[run.specifications["refitted"]]
        assert len(refitted) == max(20, int(np.ceil(0.01 * len(run.specifications))))
        off = refitted.loc[refitted["status"] == "estimated", ["refit_coefficient", "refit_error"]]
        assert len(off) > 10
        assert ((off >= 0) & (off <= audit.TOLERANCE)).all(None)
    specifications = [b for batch in listing(["ngo"], tables).batches for b in batch.specifications]
    made = frame(frame_choice(specifications[0]), tables, scale("ngo", tables))
    many = specifications * 10
    assert len(audit.drawn(specifications, lambda _: made)) == 20
    assert audit.drawn(many, lambda _: made) == audit.drawn(many, lambda _: made)
    assert len(audit.drawn(many, lambda _: made)) == int(np.ceil(0.01 * len(many))) > 20


def test_the_summary_counts_specifications(wars: Multiverse) -> None:
    found = wars.specifications[wars.specifications["status"] == "estimated"]
    row = wars.summary.set_index("hypothesis").loc["H2 depth"]
    ratio = found["closeness_hazard_ratio"].dropna()
    assert row["n"] == len(ratio) < len(found)
    same(row["share_above"], (ratio > 1).mean())
    clear = found.loc[ratio.index, "closeness_p"] < 0.05
    same(row["share_significant_above"], (clear & (ratio > 1)).mean())
    same(row["share_significant_below"], (clear & (ratio < 1)).mean())
    same([row["q25"], row["median"], row["q75"]], np.quantile(ratio, [0.25, 0.5, 0.75]))
    # Words and intervals are two ways to the same end.
    same(row["supported"], row["share_significant_below"])
    same(row["contrary"], row["share_significant_above"])
    h3 = wars.summary.set_index("hypothesis").loc["H3"]
    same(h3["share_significant_above"], (found["aic_difference"] > 2).mean())
    same(h3["supported"], h3["share_significant_above"])
    by_choice = pd.read_csv(wars.folder / "choices.csv")
    n = by_choice.groupby(["hypothesis", "choice"])["n"].sum()
    of_power = n.xs("power", level="choice").to_dict()
    assert of_power == wars.summary.set_index("hypothesis")["n"].to_dict()


def test_the_curve_has_a_point_for_each_and_names_every_choice(result: Multiverse) -> None:
    import matplotlib.pyplot as plt

    each = next(c for c in drawing.curves(result.specifications) if c.name == "wartime_H1")
    with style.house_style():
        figure = drawing.figure(each.found, each.family, each.hypothesis)
    top, bottom = figure.axes
    points = np.asarray(top.collections[1].get_offsets())
    assert len(points) == len(each.found)
    assert (np.diff(points[:, 1]) >= 0).all()
    same(points[:, 1], np.sort(each.found["power_hazard_ratio"]))
    labels = [tick.get_text() for tick in bottom.get_yticklabels()]
    for dimension, levels in CHOICES["wartime"].items():
        present = set(each.found[dimension].dropna())
        if len(present) > 1:
            assert sum(drawing.level_label(dimension, level) in labels for level in levels) >= 2
    plt.close(figure)


def test_many_specifications_share_columns(wars: Multiverse) -> None:
    import matplotlib.pyplot as plt

    found = summing.about(wars.specifications, summing.HYPOTHESES[0])
    with style.house_style():
        figure = drawing.figure(found, "wartime", summing.HYPOTHESES[0])
    points = np.asarray(figure.axes[0].collections[1].get_offsets())
    assert len(points) == drawing.PLACES
    assert (np.diff(points[:, 1]) >= 0).all()
    plt.close(figure)


# --- going on after a kill


def command(out: Path, *more: str) -> list[str]:
    fixed = ["--family", "wartime", "--limit", "all", "--backend", "sequential", "--quiet"]
    return [sys.executable, "-m", "analysis", "multiverse", "--out", str(out), *fixed, *more]


def test_a_killed_run_goes_on_where_it_was(wars: Multiverse, tmp_path: Path) -> None:
    out = tmp_path / "out"
    pattern = f"chunks/*/*.{chunks.suffix()}"
    process = subprocess.Popen(command(out), cwd=ROOT)
    try:
        deadline = time.monotonic() + 300
        while not list(out.glob(pattern)) and process.poll() is None:
            assert time.monotonic() < deadline, "no batch was finished"
            time.sleep(0.01)
    finally:
        process.kill()
        process.wait()
    left = sorted(out.glob(pattern))
    everything = len(sorted(wars.folder.glob(pattern)))
    assert 0 < len(left) < everything
    assert not (out / "summary.csv").exists()
    kept = sum(len(chunks.read(path)) for path in left)  # whole, or reading fails
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in left}

    again = multiverse(out, families=["wartime"], limit=None, backend="sequential", figures=False)
    assert again.resumed == kept
    assert {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in left} == before
    assert len(sorted(out.glob(pattern))) == everything
    pd.testing.assert_frame_equal(again.specifications, wars.specifications)
    for name in ("summary.csv", "choices.csv", "counts.csv", "duplicates.csv"):
        assert (out / name).read_bytes() == (wars.folder / name).read_bytes()
    assert not list(out.rglob("*.unfinished"))


def test_a_finished_run_is_read_and_a_damaged_batch_is_made_again(
    tables: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    def run() -> Multiverse:
        return multiverse(
            tmp_path, families=["ngo"], limit=25, backend="sequential", figures=False, tables=tables
        )

    first, second = run(), run()
    assert (first.resumed, second.resumed) == (0, 25)
    pd.testing.assert_frame_equal(first.specifications, second.specifications)
    batch = sorted(tmp_path.glob(f"chunks/*/*.{chunks.suffix()}"))[0]
    whole = batch.read_bytes()
    batch.write_bytes(whole[: len(whole) // 2])
    third = run()
    assert third.resumed < 25
    pd.testing.assert_frame_equal(first.specifications, third.specifications)
    assert batch.read_bytes() == whole


def test_other_data_are_another_run(tables: dict[str, pd.DataFrame]) -> None:
    coalitions = tables["coalitions"]
    longer = coalitions["observed_until"] + pd.Timedelta(days=400).as_unit("s")
    ours = coalitions["family"] == "ngo"
    later = coalitions.assign(observed_until=coalitions["observed_until"].mask(ours, longer))
    areas = tables["issue_areas"]
    fewer = areas[areas["rank"] == 1]
    same_again = listing(["ngo"], tables, 20).digest
    assert listing(["ngo"], tables, 20).digest == same_again
    assert listing(["ngo"], tables, 21).digest != same_again
    for name, changed in (("coalitions", later), ("issue_areas", fewer)):
        assert listing(["ngo"], {**tables, name: changed}, 20).digest != same_again


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_tables_come_back_as_they_were(
    kind: str, result: Multiverse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / "deeper" / f"table.{kind}"
    chunks.write(result.specifications, path)
    pd.testing.assert_frame_equal(chunks.read(path), result.specifications, check_exact=True)
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_write_that_breaks_leaves_the_old_table(
    result: Multiverse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "table.csv"
    chunks.write(result.summary, path)
    before = path.read_bytes()

    def broken(self: pd.DataFrame, target: Path, **_: object) -> None:
        Path(target).write_text("half a ta")
        raise OSError("no space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", broken)
    with pytest.raises(OSError, match="no space left"):
        chunks.write(result.counts, path)
    assert path.read_bytes() == before


def test_without_pyarrow_everything_is_csv(
    tables: dict[str, pd.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "find_spec", lambda name: None)
    made = multiverse(
        tmp_path, families=["ngo"], limit=20, backend="sequential", figures=False, tables=tables
    )
    assert made.notes == ("pyarrow is not installed: specifications are written as CSV",)
    pd.testing.assert_frame_equal(chunks.read(tmp_path / "specifications.csv"), made.specifications)
    assert not list(tmp_path.rglob("*.parquet"))


# --- wrong fits


def slightly(change: Callable[[kernel.Estimate], kernel.Estimate]) -> Callable[..., object]:
    def fit(*arguments: object) -> kernel.Estimate | kernel.Failure:
        made = kernel.fit(*arguments)  # type: ignore[arg-type]
        return change(made) if isinstance(made, kernel.Estimate) else made

    return fit


FAULTS = {
    "coefficients": slightly(
        lambda e: dataclasses.replace(e, coefficients=e.coefficients + 3e-6 * e.errors)
    ),
    "errors": slightly(lambda e: dataclasses.replace(e, covariance=e.covariance * (1 + 5e-6))),
    "refusal": lambda *_: kernel.Failure("separation", "power_hhi_z: has no finite estimate"),
}


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_a_mismatch_stops_the_run(
    fault: str,
    tables: dict[str, pd.DataFrame],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(evaluate, "fit", FAULTS[fault])
    with pytest.raises(audit.MismatchError, match=r"specification wartime-[0-9a-f]{16} \(.*stops"):
        multiverse(tmp_path, families=["wartime"], limit=20, backend="sequential", tables=tables)
    assert not (tmp_path / "summary.csv").exists()


def test_the_command_tells_of_a_mismatch(
    tables: dict[str, pd.DataFrame],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(evaluate, "fit", FAULTS["errors"])
    out = str(tmp_path / "out")
    arguments = ["--family", "ngo", "--limit", "20", "--backend", "sequential", "--quiet"]
    assert main(["multiverse", "--out", out, *arguments]) == 1
    assert "robust errors by 2.5e-06, more than 1e-06" in capsys.readouterr().err


# --- the kernel on designs that cannot be estimated


def small(event: list[int], cluster: list[int] | None = None, **columns: list[float]) -> Frame:
    n = len(event)
    yes = np.ones(n, dtype=bool)
    return Frame(
        start=np.full(n, -np.inf),
        stop=np.arange(1.0, n + 1),
        event=np.array(event, dtype=bool),
        cluster=np.array(cluster if cluster else range(n)),
        columns={name: np.array(values, dtype=float) for name, values in columns.items()},
        recent=yes,
        caretaker=~yes,
        coalition_form=yes,
        dated=yes,
        planned=yes,
    )


@pytest.mark.parametrize(
    ("kind", "words", "columns"),
    [
        ("constant", "x: takes one value", {"x": [2.0] * 12}),
        ("separation", "x: has no finite", {"x": [float(k) for k in range(12)]}),
        ("collinear", "x, y: say the same", {"x": [1, 4, 2] * 4, "y": [2, 8, 4] * 4}),
        (
            "few events",
            "12 events for 3 coefficients",
            {"x": [1, 4, 2] * 4, "y": [2, 8] * 6, "w": [1, 0, 0, 1] * 3},
        ),
    ],
)
def test_what_cannot_be_estimated_says_why(
    kind: str, words: str, columns: dict[str, list[float]]
) -> None:
    made = small([1] * 12, **columns)
    rows = np.ones(12, dtype=bool)
    found = kernel.fit(
        kernel.risk(made, rows, stratified=False),
        np.column_stack(list(made.columns.values())),
        tuple(columns),
    )
    assert isinstance(found, kernel.Failure)
    assert found.kind == kind
    assert words in found.reason


def test_strata_and_clusters_can_be_too_few() -> None:
    rows = np.ones(12, dtype=bool)
    made = small([1] * 12, [k // 6 for k in range(12)], x=[1, 4, 2, 5] * 3, y=[1, 1, 2] * 4)
    X = np.column_stack([made.columns["x"], made.columns["y"]])
    found = kernel.fit(kernel.risk(made, rows, stratified=False), X, ("x", "y"))
    assert found == kernel.Failure(
        "few clusters", "2 clusters for 2 coefficients; robust errors need more"
    )
    by_stratum = small([1] * 12, [k // 2 for k in range(12)], x=[k // 2 for k in range(12)])
    found = kernel.fit(
        kernel.risk(by_stratum, rows, stratified=True), by_stratum.columns["x"][:, None], ("x",)
    )
    assert isinstance(found, kernel.Failure)
    assert found.kind == "no contrast"


def test_a_specification_without_rows_is_a_row_with_a_reason(
    tables: dict[str, pd.DataFrame],
) -> None:
    specification = main_specification("wartime")
    made = frame(frame_choice(specification), tables, scale("wartime", tables))
    unknown = np.full(len(made.stop), np.nan)
    empty = dataclasses.replace(made, columns=dict.fromkeys(made.columns, unknown))
    assert not rows_of(specification, empty).any()
    row = evaluate.evaluate(specification, empty, evaluate.fitter(empty))
    assert (row["n"], row["status"], row["reason_kind"]) == (0, "not estimated", "few events")
    assert audit.audit(specification, empty, evaluate.fitter(empty)) is None


# --- backends and wrong calls


@pytest.mark.parametrize(("backend", "library"), [("loky", "joblib"), ("dask", "distributed")])
def test_backends_give_the_same_rows(
    backend: str, library: str, tables: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    pytest.importorskip(library)
    options = {"families": ["ngo", "wartime"], "limit": 40, "figures": False, "tables": tables}
    ours = multiverse(tmp_path / "a", backend=backend, workers=2, **options)  # type: ignore[arg-type]
    theirs = multiverse(tmp_path / "b", backend="sequential", **options)  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(ours.specifications, theirs.specifications)


def test_a_scheduler_is_found_by_its_address(
    result: Multiverse, tables: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        made = multiverse(
            tmp_path,
            families=["ngo"],
            limit=15,
            address=cluster.scheduler_address,
            figures=False,
            tables=tables,
        )
    there = result.specifications[result.specifications["family"] == "ngo"]
    kept = [name for name in there if "refit" not in name]
    pd.testing.assert_frame_equal(made.specifications[kept], there[kept].reset_index(drop=True))


def test_the_backend_follows_from_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert backends.resolve("sequential", 4, None) == ("sequential", 1)
    assert backends.resolve(None, 1, None) == ("sequential", 1)
    if find_spec("joblib"):
        assert backends.resolve(None, 3, None) == ("loky", 3)
    monkeypatch.setattr(backends, "find_spec", lambda name: None)
    assert backends.resolve(None, 3, None) == ("sequential", 1)
    with pytest.raises(MissingExtraError, match=r"needs joblib: pip install"):
        backends.resolve("loky", 2, None)
    with pytest.raises(MissingExtraError, match="needs distributed"):
        backends.resolve(None, None, "tcp://127.0.0.1:8786")


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"backend": "spark"}, UnknownNameError, "no backend 'spark'; choose one of loky"),
        ({"workers": 0}, InvalidDataError, "workers is 0"),
        ({"backend": "loky", "address": "tcp://a"}, InvalidDataError, "backend 'dask', not"),
        ({"families": ["naval"]}, UnknownNameError, "no family 'naval'; it covers governing"),
        ({"families": []}, InvalidDataError, "no family is named"),
        ({"limit": 2}, InvalidDataError, "limit is 2; it must be at least 3"),
    ],
)
def test_wrong_calls_say_what_is_wrong(
    options: dict[str, object], error: type[Exception], words: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with pytest.raises(error, match=words):
        multiverse(out, **options)  # type: ignore[arg-type]
    assert not out.exists()


def test_the_command_writes_into_no_folder_of_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.docx").write_text("do not touch")
    assert main(["multiverse", "--out", str(tmp_path), "--quiet"]) == 1
    assert "is not a folder of this command" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.docx"]


def test_help_names_the_subcommand_and_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, words in ((["--help"], "multiverse"), (["multiverse", "--help"], "--address")):
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        assert stop.value.code == 0
        assert words in capsys.readouterr().out
    with pytest.raises(SystemExit) as stop:
        main(["multiverse", "--limit", "some"])
    assert stop.value.code == 2
    assert "'some' is neither a number nor 'all'" in capsys.readouterr().err
