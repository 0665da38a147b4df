"""Runs of the multiverse: what they write, count, refit, draw and take up again."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from multiverse_toys import row_of, same

from analysis.multiverses import Multiverse, audit, chunks, kernel, multiverse
from analysis.multiverses import figures as drawing
from analysis.multiverses import summary as summing
from analysis.multiverses.choices import (
    CHOICES,
    FAMILIES,
    Specification,
    identity,
    main_specification,
)
from analysis.multiverses.frames import frame, frame_choice, scale
from analysis.multiverses.listing import listing
from analysis.study import style

pytest_plugins = ["multiverse_runs"]
ROOT = Path(__file__).resolve().parents[1]
CHOSEN = list(Specification._fields)


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
    assert not list(out.rglob("*-staged-*"))


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
