"""King et al. (1990): their printed numbers, R's on their data, and the page on both data sets."""

from __future__ import annotations

import json
import re
import shutil
import sys
import threading
from collections.abc import Iterator
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shipped
from raw_files import ROOT, folder_or_skip

from analysis.replications import governing, king1990, page, published
from analysis.replications.estimates import MODELS, four_models
from coalitiondata.errors import MissingExtraError, SourceFileError

PAGE = ROOT / "docs" / "replication.md"
REFERENCE = json.loads((Path(__file__).parent / "reference" / "king1990.json").read_text())
KEY = ["formula", "model", "term"]


def folder_with_data_or_skip() -> Path:
    """The folder that holds the authors' data, or skip the test if this machine has none."""
    folder = folder_or_skip()
    if not any((root / king1990.FILE).is_file() for root in (folder, folder / "raw")):
        pytest.skip(f"{king1990.FILE} is not among the raw sources: only this replication reads it")
    return folder


@cache
def by_r() -> pd.DataFrame:
    """R's estimates, in the form that `king1990.estimates` gives."""
    rows = pd.concat(pd.DataFrame(case) for case in REFERENCE["cases"])
    return rows.assign(std_error_cluster=np.nan).reset_index(drop=True)


@cache
def computed(folder: Path) -> pd.DataFrame:
    return king1990.estimates(king1990.read(king1990.raw_file(folder)))


@cache
def ours() -> pd.DataFrame:
    return governing.cabinets()


@cache
def our_estimates() -> pd.DataFrame:
    return governing.estimates(ours())


@cache
def our_variants() -> pd.DataFrame:
    return governing.variants()


def effects(term: str, **chosen: str) -> pd.DataFrame:
    """Rows of our estimates of one term, with the effect on duration: Cox turned round."""
    rows = our_estimates()
    for column, value in chosen.items():
        rows = rows[rows[column] == value]
    rows = rows[rows["term"] == term]
    return rows.assign(longer=rows["estimate"].where(rows["model"] != "cox", -rows["estimate"]))


# --- their data


def test_printed_numbers_are_those_that_r_gives() -> None:
    compared = published.against_print(
        by_r()[by_r()["formula"] == published.TWO_COVARIATES].reset_index(drop=True)
    )
    assert len(compared) == 25
    assert compared["agrees"].all()


def test_one_digit_off_does_not_agree() -> None:
    rows = by_r()[by_r()["formula"] == published.TWO_COVARIATES]
    off = rows.assign(estimate=rows["estimate"] + 1e-5)
    compared = published.against_print(off).set_index(["quantity", "model", "term"])["agrees"]
    assert not compared["estimate"].any()
    assert compared["std_error"].all()


def test_reading_keeps_their_censoring_rule() -> None:
    rows = king1990.read(king1990.raw_file(folder_with_data_or_skip()))
    assert list(rows) == ["duration", "event", "invest", "fract", "polar", "numst2", "crisis"]
    assert (len(rows), int(rows["event"].sum())) == (314, 271)
    assert rows.notna().all(axis=None)
    assert rows["duration"].between(0.5, 59).all()
    # The first cabinet of the file fell within a month, the tenth reached the last year.
    assert rows.loc[0, ["duration", "event", "fract"]].to_list() == [0.5, 1, 656]
    assert rows.loc[9, ["duration", "event"]].to_list() == [49, 0]


def test_estimates_agree_with_r() -> None:
    rows = computed(folder_with_data_or_skip()).set_index(KEY)
    theirs = by_r().set_index(KEY)
    assert set(rows.index) == set(theirs.index)
    theirs = theirs.loc[rows.index]
    for column in ("estimate", "std_error"):
        np.testing.assert_allclose(rows[column], theirs[column], rtol=1e-6)
    np.testing.assert_allclose(rows["loglik"], theirs["loglik"], rtol=1e-10)
    assert (rows[["n", "events"]] == theirs[["n", "events"]]).all(axis=None)


def test_signs_and_sizes_of_the_paper() -> None:
    """Fractionalisation and polarisation shorten, a majority lengthens by about .51."""
    rows = by_r()[by_r()["formula"] == published.FIVE_COVARIATES]
    exponential = rows[rows["model"] == "exponential"].set_index("term")
    for term in ("fract", "polar"):
        assert published.PAPER_EFFECTS[term] == "negative"
        assert exponential.loc[term, "estimate"] < -2 * exponential.loc[term, "std_error"]
    majority = exponential.loc["numst2"]
    quoted = float(published.PAPER_EFFECTS["numst2"])
    assert abs(majority["estimate"] - quoted) < majority["std_error"]


# --- getting the file


def test_a_folder_without_the_file_or_with_another(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError, match=r"king1990_coalition\.tab\.gz is missing .* Restore"):
        king1990.raw_file(tmp_path)
    target = tmp_path / king1990.FILE
    target.parent.mkdir()
    target.write_bytes(b"duration ciep12\n")
    with pytest.raises(SourceFileError, match="not the pinned one"):
        king1990.raw_file(tmp_path)


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder served on this machine at the pinned address, and an empty cache."""
    folder = tmp_path / "served"
    folder.mkdir()
    quiet = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(king1990, "URL", f"http://127.0.0.1:{server.server_port}/data.gz")
    yield folder
    server.shutdown()
    server.server_close()


def test_download_is_verified_and_kept(served: Path) -> None:
    pytest.importorskip("pooch")
    shutil.copy(king1990.raw_file(folder_with_data_or_skip()), served / "data.gz")
    path = king1990.raw_file()
    assert len(king1990.read(path)) == 314
    (served / "data.gz").unlink()
    assert king1990.raw_file() == path


def test_other_bytes_and_no_download_are_one_message(served: Path) -> None:
    pytest.importorskip("pooch")
    with pytest.raises(SourceFileError, match="Could not get replication/king1990"):
        king1990.raw_file()
    (served / "data.gz").write_bytes(b"something else")
    with pytest.raises(SourceFileError, match="Could not get replication/king1990"):
        king1990.raw_file()


def test_without_pooch_the_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(MissingExtraError, match=r"coalitiondata\[build\]"):
        king1990.raw_file()


# --- the models side by side


def test_four_models_keep_one_set_of_estimates() -> None:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "duration": rng.integers(1, 30, 80).astype(float),
            "event": rng.integers(0, 2, 80),
            "x": rng.normal(size=80),
            "c": rng.integers(0, 9, 80),
        }
    )
    plain, robust = four_models(frame, "x"), four_models(frame, "x", cluster="c")
    assert tuple(plain["model"].unique()) == MODELS
    assert plain["std_error_cluster"].isna().all()
    same = ["model", "term", "estimate", "std_error", "n", "events", "loglik"]
    pd.testing.assert_frame_equal(plain[same], robust[same])
    assert not np.isclose(robust["std_error_cluster"], robust["std_error"], rtol=1e-4).any()


# --- the page


def the_page() -> str:
    """The page as it should be: from the authors' data where they are, else from R's estimates."""
    try:
        theirs = computed(folder_with_data_or_skip())
    except pytest.skip.Exception:
        theirs = by_r()
    return page.page(theirs, our_estimates(), our_variants(), governing.samples(ours()))


@shipped.needed
def test_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == the_page()


@shipped.needed
def test_page_from_r_is_the_page_from_the_data() -> None:
    folder = folder_with_data_or_skip()
    rest = our_estimates(), our_variants(), governing.samples(ours())
    assert page.page(by_r(), *rest) == page.page(computed(folder), *rest)


@shipped.needed
def test_what_the_page_says_is_what_the_numbers_say() -> None:
    theirs = by_r().set_index(KEY)["estimate"]
    there, everywhere = governing.SAMPLES
    two, five = governing.TWO, governing.FIVE
    cluster_z = our_estimates()["estimate"] / our_estimates()["std_error_cluster"]

    # A majority lengthens, in every model and sample, and beyond what countries explain.
    majority = effects("majority")
    assert (majority["longer"] > 0).all()
    assert (majority["longer"] > 1.96 * majority["std_error_cluster"]).all()
    exponential = majority[majority["model"] == "exponential"]
    assert exponential["longer"].between(0.4, 0.7).all()

    # Fractionalisation: nearly their coefficient there, less than half of it everywhere.
    fract = effects("fract", formula=two)
    near = fract[(fract["sample"] == there) & (fract["model"] == "exponential")].iloc[0]
    far = fract[(fract["sample"] == everywhere) & (fract["model"] == "exponential")].iloc[0]
    printed = theirs[(published.TWO_COVARIATES, "exponential", "fract")]
    assert abs(near["longer"] - printed) < near["std_error"]
    assert printed / 2 < far["longer"] < 0
    assert (fract["longer"] < 0).all()
    assert (cluster_z[fract.index].abs() < 1.96).all()
    whole = effects("fract", formula=five, sample=everywhere)
    assert (whole["longer"].abs() < 1.96 * whole["std_error"]).all()
    counted = governing.samples(ours()).query("formula == @five").set_index("sample")
    lost = 1 - counted["complete"] / counted["cabinets"]
    assert lost.between(0.3, 0.4).all()

    # Polarisation: strong there, open everywhere, of one sign.
    polarization = effects("polarization")
    assert (polarization["longer"] < 0).all()
    strong = (polarization["sample"] == there).to_numpy()
    z = cluster_z[polarization.index].abs()
    assert (z[strong] > 3).all()
    assert (z[~strong] < 1.96).all()

    assert (effects("caretaker")["longer"] < 0).all()
    after = effects("post_election")
    assert (after["longer"] > 0).all()
    quoted = float(published.PAPER_EFFECTS["post_election"])
    assert (after.loc[after["model"] == "exponential", "longer"] < quoted / 2).all()

    # The hazard rises.
    scale = effects("log(scale)", formula=five, model="weibull")
    assert (scale["longer"] < -1.96 * scale["std_error_cluster"]).all()
    assert theirs[(published.FIVE_COVARIATES, "weibull", "log(scale)")] < 0


def test_page_gives_the_addresses_of_what_was_printed() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for each in published.PRINTED:
        assert each.address in text
        for pair in each.terms.values():
            assert f"{pair[0]} ({pair[1]})" in text


# --- the command


@shipped.needed
def test_command_writes_the_page_and_its_tables(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = folder_with_data_or_skip(), tmp_path / "deep" / "out"
    assert king1990.main(["--sources", str(folder), "--out", str(out)]) == 0
    assert "five tables written" in capsys.readouterr().out
    assert (out / "replication.md").read_text(encoding="utf-8") == the_page()
    assert {path.name for path in out.iterdir()} == {
        "replication.md",
        "king1990_estimates.csv",
        "king1990_against_print.csv",
        "governing_estimates.csv",
        "governing_variants.csv",
        "governing_samples.csv",
    }
    written = pd.read_csv(out / "governing_estimates.csv")
    np.testing.assert_allclose(written["estimate"], our_estimates()["estimate"], rtol=1e-6)
    for path in out.iterdir():
        assert not re.search(re.escape(str(folder)), path.read_text(encoding="utf-8"))


def test_command_has_one_message_for_a_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert king1990.main(["--sources", str(tmp_path / "nowhere")]) == 1
    assert capsys.readouterr().err.startswith("error: --sources: there is no folder")
    (tmp_path / "file").write_text("kept")
    assert king1990.main(["--sources", str(tmp_path), "--out", str(tmp_path / "file")]) == 1
    assert "is a file; choose a folder" in capsys.readouterr().err
    assert (tmp_path / "file").read_text() == "kept"
