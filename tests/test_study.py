"""The study: one run of the main job, held against the frames and against lifelines."""

from __future__ import annotations

import json
import math
import os
import re
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shipped
from hypothesis import given
from hypothesis import strategies as st

import coalitiondata as cd
from analysis.__main__ import main
from analysis.figures.words import p_text
from analysis.study import (
    additions,
    curves,
    organisations,
    plan,
    results_page,
    samples,
    tables,
    verdicts,
)
from analysis.study.duration_models import ESTIMATE_COLUMNS
from analysis.study.further import CAPTIONS
from analysis.study.hypotheses import CLAIMS, COLUMNS
from analysis.study.labels import years
from analysis.study.results import (
    IncompleteResultsError,
    check,
    read_estimates,
    replace,
    writable,
    write_manifest,
)
from coalitiondata import schema
from coalitiondata.errors import InvalidDataError, TargetExistsError

ROOT = Path(__file__).resolve().parents[1]
FIGURES = [
    "hazard_ratios",
    "ngo_duration",
    "ngo_timeline",
    "ngo_ways_to_end",
    "power_shape",
    "survival",
    "survival_governing_interest_depth",
    "survival_governing_power_hhi",
    "survival_wartime_interest_depth",
    "survival_wartime_power_hhi",
    "transformation",
]
CURVES = ("incidence", "ngo_survival", "ngo_ways_to_end", "survival")
TABLES = [
    "answers",
    "correlations_governing",
    "correlations_wartime",
    "covariates",
    "decades",
    "end_causes",
    "interests_one_at_a_time",
    "losses",
    "models_governing",
    "models_wartime",
    "ngo_agreement",
    "ngo_answers",
    "ngo_end_causes",
    "ngo_losses",
    "ngo_models",
    "ngo_robustness",
    "ngo_sizes",
    "ngo_ways_to_end",
    "power_and_interests",
    "proportional_hazards",
    "robustness",
    "shared_transformations",
    "sizes",
    "survival_by_thirds",
    "transformation",
]


def _need_data() -> None:
    if not all((shipped.DATA / t.path).is_file() for t in schema.tables().values()):
        pytest.skip("the tables in data/ have not been built")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The main job's output, made once."""
    _need_data()
    folder = tmp_path_factory.mktemp("study") / "results"
    assert main(["--out", str(folder), "--quiet"]) == 0
    return folder


@pytest.fixture(scope="module")
def drawn() -> dict[str, samples.Drawn]:
    _need_data()
    loaded = samples.load_tables()
    return {f.id: samples.draw(f, f.main, loaded) for f in plan.FAMILIES}


def table(results: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(results / "tables" / f"{name}.csv")


def estimates(results: Path) -> pd.DataFrame:
    return pd.read_csv(results / "estimates.csv")


# --- the whole job


def test_every_file_is_there(results: Path) -> None:
    expected = {"estimates.csv", "hypotheses.csv", "report.md", "manifest.json"}
    expected |= {f"curves/{name}.csv" for name in CURVES}
    expected |= {f"figures/{n}.{kind}" for n in FIGURES for kind in ("png", "pdf")}
    expected |= {
        f"tables/{n}.{kind}" for n in (*TABLES, *CAPTIONS) for kind in ("csv", "md", "tex")
    }
    found = {p.relative_to(results).as_posix() for p in results.rglob("*") if p.is_file()}
    assert found == expected


def test_every_hypothesis_has_its_row(results: Path) -> None:
    answers = pd.read_csv(results / "hypotheses.csv", keep_default_na=False)
    assert tuple(answers.columns) == COLUMNS
    assert set(answers["hypothesis"]) == set(CLAIMS)
    assert set(answers["verdict"]) <= {"supported", "contrary", "undecided"}
    assert not answers.duplicated(["hypothesis", "family", "part"]).any()
    parts = answers[(answers["part"] != "") | ~answers["quantity"].eq("all parts")]
    assert (parts["n"] > 0).all()
    report = (results / "report.md").read_text(encoding="utf-8")
    for row in answers.to_dict("records"):
        assert f"| {row['hypothesis']} {row['part']}".strip() in report
    intervals = answers[answers["conf_low"] != ""].astype({"conf_low": float, "conf_high": float})
    assert (intervals["conf_low"] <= intervals["conf_high"]).all()


def test_the_page_of_results_is_made_of_the_answers(results: Path) -> None:
    answers = pd.read_csv(results / "hypotheses.csv")
    page = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    assert results_page.replaced(page, results_page.plain(answers)) == page


def test_a_second_run_gives_the_same_bytes(results: Path, tmp_path: Path) -> None:
    # Another process with another hash seed, so that no order of a set can slip through.
    again = tmp_path / "again"
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    command = [sys.executable, "-m", "analysis", "--out", str(again), "--quiet"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    for path in sorted(p for p in results.rglob("*") if p.is_file()):
        name = path.relative_to(results)
        assert path.read_bytes() == (again / name).read_bytes(), name


def test_manifest_vouches_for_inputs_and_outputs(results: Path) -> None:
    manifest = json.loads((results / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["data"] == cd.data_version
    assert {"pandas", "lifelines", "comprisk", "matplotlib"} <= set(manifest["libraries"])
    assert "not installed" not in manifest["libraries"].values()
    assert {"coalitions.csv", "datapackage.json"} <= set(manifest["inputs"])
    assert check(results) == len(manifest["outputs"])


def test_the_multiverse_lives_beside_the_results(tmp_path: Path) -> None:
    (tmp_path / "multiverse" / "chunks").mkdir(parents=True)
    other = tmp_path / "multiverse" / "chunks" / "one.csv"
    other.write_text("x", encoding="utf-8")
    assert writable(tmp_path) == tmp_path
    write_manifest(tmp_path)
    assert check(tmp_path) == 0
    (tmp_path.parent / "staged").mkdir()
    replace(tmp_path.parent / "staged", tmp_path)
    assert other.read_text(encoding="utf-8") == "x"


def test_no_machine_path_in_any_text(results: Path) -> None:
    for path in results.rglob("*"):
        if path.suffix in (".csv", ".md", ".tex", ".json"):
            text = path.read_text(encoding="utf-8")
            assert str(results) not in text
            assert str(ROOT) not in text


def test_figures_are_300_dpi_and_without_dates(results: Path) -> None:
    for name in FIGURES:
        png = (results / "figures" / f"{name}.png").read_bytes()
        at = png.index(b"pHYs")
        across, down, unit = struct.unpack(">IIB", png[at + 4 : at + 13])
        assert (round(across * 0.0254), round(down * 0.0254), unit) == (300, 300, 1)
        assert b"tIME" not in png
        assert b"CreationDate" not in (results / "figures" / f"{name}.pdf").read_bytes()


# --- estimates


def test_models_share_one_sample(results: Path) -> None:
    rows = estimates(results)
    assert list(rows.columns) == list(ESTIMATE_COLUMNS)
    main_rows = rows[rows["sample"] == "main"]
    for family, part in main_rows.groupby("family"):
        assert part[["n", "events", "clusters"]].drop_duplicates().shape[0] == 1, family
        ngo = family == organisations.ORGANISATIONS.id
        models = organisations.MODELS if ngo else plan.family(str(family)).models()
        expected = {m.id for m in models}
        assert set(part["model"]) == expected


def test_larger_models_fit_no_worse_and_aic_counts_coefficients(results: Path) -> None:
    rows = estimates(results)
    rows = rows[rows["sample"] == "main"]
    for _, part in rows.groupby("family"):
        loglik = part.groupby("model")["loglik"].first()
        letter = loglik.index[0][0]
        for smaller, larger in [("0", "1"), ("0", "2"), ("1", "3"), ("2", "3")]:
            assert loglik[letter + larger] >= loglik[letter + smaller] - 1e-6
        if letter == "M":
            assert loglik["M4"] >= loglik["M3"] - 1e-6
        terms = part.groupby("model")["term"].count()
        aic = part.groupby("model")["aic"].first()
        np.testing.assert_allclose(aic, -2 * loglik + 2 * terms, rtol=1e-7)


@pytest.mark.parametrize("family", [f.id for f in plan.FAMILIES])
def test_main_model_agrees_with_lifelines_on_a_sample_drawn_by_hand(
    results: Path, family: str
) -> None:
    lifelines = pytest.importorskip("lifelines")
    frame = cd.survival_frame(family=family, primary=None)
    if family == "governing":
        late = frame["start"] >= "1945-01-01"
        frame = frame[late & (frame["subtype"] == "cabinet")]
    else:
        frame = frame[frame["subtype"] == "interstate_war"]
    controls = ["majority"] if family == "governing" else []
    measures = ["power_hhi", "interest_depth", "interest_breadth"]
    used = frame[["duration", "event", *measures, *controls]].dropna()
    used[measures] = (used[measures] - used[measures].mean()) / used[measures].std()
    fit = lifelines.CoxPHFitter().fit(used, "duration", "event", fit_options={"precision": 1e-12})
    rows = estimates(results).query("family == @family and sample == 'main' and model == 'M3'")
    assert set(rows["n"]) == {len(used)}
    assert set(rows["events"]) == {int(used["event"].sum())}
    ours = rows.set_index("term")["estimate"].rename(lambda t: t.removesuffix("_z"))
    np.testing.assert_allclose(ours, fit.params_[ours.index], rtol=1e-4, atol=1e-6)
    report = (results / "report.md").read_text(encoding="utf-8")
    section = report[report.index(f"## {plan.family(family).label}") :]
    assert (
        f"Sample: {len(frame)} {plan.family(family).units}, {frame['event'].sum()} ended" in section
    )
    assert f"the {len(used)} complete cases, {int(used['event'].sum())} events" in section


def test_robustness_holds_every_planned_variant(results: Path) -> None:
    rows = table(results, "robustness")
    for family in plan.FAMILIES:
        of_family = rows[rows["family"] == family.id]
        assert set(of_family["sample"]) == {"main", *(v.id for v in family.variants)}
        assert (of_family.groupby("sample")["term"].nunique() == 3).all()
    elections = rows[rows["sample"] == "elections_as_ends"]["events"].iloc[0]
    main_events = rows.query("family == 'governing' and sample == 'main'")["events"].iloc[0]
    assert elections > main_events
    intervals = rows[rows["sample"] == "time_varying"]
    assert (intervals["rows"] > intervals["units"]).all()


def test_answers_follow_from_the_estimates_by_the_rules(results: Path) -> None:
    answers = table(results, "answers").set_index(["family", "hypothesis"])
    rows = estimates(results)
    for family in ("governing", "wartime"):
        part = rows[(rows["family"] == family) & (rows["sample"] == "main")]
        main_model = part[part["model"] == "M3"].set_index("term")
        for name in ("depth", "breadth"):
            term = main_model.loc[f"interest_{name}_z"]
            word = answers.loc[(family, f"H2 {name}"), "verdict"]
            expected = (
                "supported"
                if math.exp(term["conf_high"]) < 1
                else "contrary"
                if math.exp(term["conf_low"]) > 1
                else "undecided"
            )
            assert word == expected
        aic = part.groupby("model")["aic"].first()
        row = answers.loc[(family, "H3")]
        assert row["estimate"] == pytest.approx(aic["M1"] - aic["M2"], abs=1e-3)
        assert row["verdict"] == verdicts.interests_count(aic["M1"], aic["M2"])


def test_report_warns_of_what_a_verdict_hangs_on(results: Path) -> None:
    report = (results / "report.md").read_text(encoding="utf-8")
    changed = table(results, "robustness").query("term == 'interest_depth_z'")
    for family, part in changed.groupby("family"):
        main_word = part.loc[part["sample"] == "main", "h3_word"].iloc[0]
        line = next(x for x in report.splitlines() if x.startswith(f"| H3 | {family} |"))
        for row in part[part["h3_word"] != main_word].itertuples():
            assert f"{row.h3_word} under {row.sample}" in line


# --- curves


@pytest.mark.parametrize("measure", plan.CURVE_MEASURES)
@pytest.mark.parametrize("family", [f.id for f in plan.FAMILIES])
def test_kaplan_meier_agrees_with_lifelines(results: Path, family: str, measure: str) -> None:
    lifelines = pytest.importorskip("lifelines")
    curve = pd.read_csv(results / "curves" / "survival.csv")
    curve = curve[(curve["family"] == family) & (curve["measure"] == measure)]
    frame = cd.survival_frame(family=family, primary=None)
    if family == "governing":
        frame = frame[(frame["start"] >= "1945-01-01") & (frame["subtype"] == "cabinet")]
    else:
        frame = frame[frame["subtype"] == "interstate_war"]
    known = frame[frame[measure].notna()]
    lower, upper = known[measure].quantile([1 / 3, 2 / 3])
    third = 1 + (known[measure] > lower).astype(int) + (known[measure] > upper)
    assert set(curve["group"]) == {1, 2, 3}
    for group, ours in curve.groupby("group"):
        part = known[third == group]
        assert ours["n_risk"].iloc[0] == len(part)
        fitter = lifelines.KaplanMeierFitter().fit(part["duration"], part["event"])
        theirs = fitter.survival_function_at_times(ours["time"]).to_numpy()
        np.testing.assert_allclose(ours["estimate"], theirs, atol=1e-7)


def test_incidences_and_survival_add_to_one(results: Path) -> None:
    curve = pd.read_csv(results / "curves" / "incidence.csv")
    at_end = curve.groupby(["family", "group", "cause"])["estimate"].last()
    ended = at_end.groupby(["family", "group"]).sum()
    assert (ended <= 1 + 1e-9).all()
    # No side of a war is censored, so that all have ended one way or the other.
    np.testing.assert_allclose(ended.loc["wartime"], 1.0)


@given(
    st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=2, max_size=25),
    st.lists(st.integers(0, 10), min_size=1, max_size=5),
)
def test_numbers_at_risk_count_those_still_there(
    rows: list[tuple[int, bool]], times: list[int]
) -> None:
    frame = pd.DataFrame(rows, columns=["duration", "event"]).astype({"event": int})
    curve = curves.kaplan_meier(frame.assign(third=1), by="third")
    expected = [int((frame["duration"] >= t).sum()) for t in times]
    assert curves.at_risk(curve, 1, np.array(times, dtype=float)) == expected


def test_shared_transformations_count_events_and_allow_for_clusters() -> None:
    family = plan.GOVERNING
    day = pd.Timestamp("2000-01-01")
    # Three cabinets of one country became one party on one day; another country's stand alone.
    rows = pd.DataFrame(
        {
            "arena": ["AAA"] * 4 + ["BBB"] * 4 + ["CCC"] * 4,
            "half": ["deep", "deep", "deep", "shallow"] * 3,
            "outcome": ["transformed"] * 3 + ["ended"] * 5 + ["transformed"] + ["ended"] * 3,
            "outcome_duration": [float(100 + k) for k in range(12)],
            "transformed_on": [day] * 3 + [pd.NaT] * 5 + [day] + [pd.NaT] * 3,
            "interest_depth": [0.9, 0.9, 0.9, 0.1] * 3,
        }
    )
    made = curves.incidence_curves(rows, family, "main")
    shared = additions.shared_transformations(rows, made).iloc[0]
    assert (shared["transformed"], shared["clusters"], shared["events"]) == (4, 2, 2)
    # Nobody is censored: incidence is a share, here up to the horizon that both halves reach.
    horizon = made.horizon
    share = {
        half: ((part["outcome"] == "transformed") & (part["outcome_duration"] <= horizon)).mean()
        for half, part in rows.groupby("half")
    }
    assert shared["difference"] == pytest.approx(share["deep"] - share["shallow"])
    deep = rows[rows["half"] == "deep"]
    left = [
        (deep.loc[deep["arena"] != arena, "outcome"] == "transformed").mean()
        for arena in ("AAA", "BBB", "CCC")
    ]
    expected = math.sqrt(2 / 3 * ((left - np.mean(left)) ** 2).sum())
    assert shared["jackknife_se"] == pytest.approx(expected)


# --- samples


def test_samples_keep_to_the_plan(drawn: dict[str, samples.Drawn]) -> None:
    governing, wartime = drawn["governing"], drawn["wartime"]
    assert (governing.frame["start"] >= "1945-01-01").all()
    assert set(governing.frame["subtype"]) == {"cabinet"}
    assert set(wartime.frame["subtype"]) == {"interstate_war"}
    for each in drawn.values():
        assert each.frame["unit_id"].is_unique
        assert each.flow["lost"].sum() == each.flow["units"].iloc[0] - len(each.complete)
        needed = list(each.family.measured())
        assert len(each.complete) == each.frame[needed].notna().all(axis=1).sum()
        scaled = each.complete[[plan.z(m) for m in plan.STANDARDISED]]
        np.testing.assert_allclose(scaled.mean(), 0, atol=1e-12)
        np.testing.assert_allclose(scaled.std(), 1)


def test_variants_keep_the_scale_of_the_main_sample(drawn: dict[str, samples.Drawn]) -> None:
    main_sample = drawn["wartime"]
    late = next(v for v in plan.WARTIME.variants if v.id == "founding_90")
    variant = samples.draw(plan.WARTIME, late, samples.load_tables(), main_sample.scale)
    scale = main_sample.scale
    for measure in plan.STANDARDISED:
        back = variant.complete[plan.z(measure)] * scale["std"][measure] + scale["mean"][measure]
        np.testing.assert_allclose(back, variant.complete[measure])


def test_a_closed_window_does_not_depend_on_the_outcome() -> None:
    covered = pd.DataFrame(
        {"family": ["governing"], "observed_until": [pd.Timestamp("2020-01-01")]}
    )
    loaded = {"coalitions": covered, "alliances": covered}
    frame = pd.DataFrame(
        {
            "family": "governing",
            "outcome": ["transformed", "ended", "transformed", "ended", "censored"],
            "end_or_last_seen": pd.to_datetime(
                ["2010-01-01", "2010-01-01", "2018-01-01", "2018-01-01", "2020-01-01"]
            ).astype("datetime64[s]"),
        }
    )
    closed = samples.window_closed(frame, loaded)
    assert closed.tolist() == [True, True, False, False, True]


def test_terciles_refuse_too_many_equal_values() -> None:
    frame = pd.DataFrame({"power_hhi": [1.0] * 8 + [0.5]})
    with pytest.raises(InvalidDataError, match="'power_hhi' has too many equal values"):
        samples.terciles(frame, "power_hhi")


# --- tables and words


def test_latex_escapes_what_it_would_read_as_commands() -> None:
    assert tables.escape(r"50% & a_b #1 $x$ {y} ~ ^ \z <1>") == (
        r"50\% \& a\_b \#1 \$x\$ \{y\} \textasciitilde{} \textasciicircum{} "
        r"\textbackslash{}z \textless{}1\textgreater{}"
    )


def test_tables_in_three_forms(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"name_of": ["a|b", "c&d"], "n": [3, 4], "p_value": [0.0001, 0.25], "x": [1 / 3, np.nan]}
    )
    tables.write_table(frame, tmp_path, "some_table", "50% of all")
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "some_table.csv"), frame, rtol=1e-7)
    md = (tmp_path / "some_table.md").read_text(encoding="utf-8")
    assert "| a\\|b | 3 | <0.001 | 0.333 |" in md
    assert "| c&d | 4 | 0.250 |  |" in md
    tex = (tmp_path / "some_table.tex").read_text(encoding="utf-8")
    assert r"\caption{50\% of all}" in tex
    assert r"c\&d & 4 & 0.250 &  \\" in tex
    assert r"\begin{tabular}{lrrr}" in tex


def test_latex_rows_have_as_many_cells_as_columns(results: Path) -> None:
    for path in (results / "tables").glob("*.tex"):
        text = path.read_text(encoding="utf-8")
        columns = len(re.search(r"\\begin\{tabular\}\{([lr]+)\}", text)[1])  # type: ignore[index]
        body = text[text.index("\\toprule") : text.index("\\bottomrule")]
        for line in body.splitlines()[1:]:
            if line.endswith(r"\\"):
                assert len(re.findall(r"(?<!\\)&", line)) == columns - 1, (path.name, line)


def test_words_for_numbers() -> None:
    assert p_text(0.0004) == "p < 0.001"
    assert p_text(0.0316) == "p = 0.032"
    assert p_text(0.5) == "p = 0.50"
    assert p_text(float("nan")) == "p not available"
    assert years(365.25) == "1.00"
    assert years(float("nan")) == "not reached"


# --- a user's mistakes


def test_out_that_is_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "file"
    target.write_text("mine")
    assert main(["--out", str(target), "--quiet"]) == 1
    assert "is a file; choose a folder" in capsys.readouterr().err
    assert target.read_text() == "mine"


def test_out_that_holds_other_things(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(TargetExistsError, match=r"holds no manifest\.json"):
        writable(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_a_new_run_clears_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    folder.mkdir()
    (folder / "old.csv").write_text("old")
    (folder / "notes.txt").write_text("mine")
    (tmp_path / "outside.csv").write_text("mine")
    outputs = {"old.csv": "x", "../outside.csv": "x"}
    (folder / "manifest.json").write_text(json.dumps({"outputs": outputs}))
    assert writable(folder) == folder
    (tmp_path / "staged").mkdir()
    (tmp_path / "staged" / "new.csv").write_text("new")
    replace(tmp_path / "staged", folder)
    assert sorted(p.name for p in folder.iterdir()) == ["manifest.json", "new.csv", "notes.txt"]
    assert (tmp_path / "outside.csv").read_text() == "mine"


def test_check_names_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check", "--out", str(tmp_path / "none")]) == 1
    assert "manifest.json does not exist. Run `python -m analysis" in capsys.readouterr().err
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(IncompleteResultsError, match="is damaged"):
        check(tmp_path)
    outputs = {"gone.csv": "0", "estimates.csv": "0"}
    (tmp_path / "manifest.json").write_text(json.dumps({"outputs": outputs}))
    (tmp_path / "estimates.csv").write_text("edited")
    (tmp_path / "extra.txt").write_text("")
    expected = "missing: gone.csv; altered: estimates.csv; not of this run: extra.txt"
    with pytest.raises(IncompleteResultsError, match=expected):
        read_estimates(tmp_path)


def test_read_estimates(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert list(read_estimates(results).columns) == list(ESTIMATE_COLUMNS)
    assert main(["--check", "--out", str(results)]) == 0
    assert "all whole" in capsys.readouterr().out


def test_unknown_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--fast"])
    assert stop.value.code == 2
    assert "unrecognized arguments: --fast" in capsys.readouterr().err


def test_damaged_data_is_one_clear_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COALITIONDATA_DATA", str(tmp_path / "nowhere"))
    assert main(["--out", str(tmp_path / "results"), "--quiet"]) == 1
    assert capsys.readouterr().err.startswith("analysis: ")
