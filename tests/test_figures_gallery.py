"""The gallery: files are the same every time, nothing overlaps, type is large enough."""

from __future__ import annotations

import itertools
import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shipped
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from analysis.__main__ import main
from analysis.figures.described import alt_text, description
from analysis.figures.examples import EXAMPLES, Shipped
from analysis.figures.gallery import gallery
from analysis.figures.house import SMALL, WIDTH
from analysis.figures.saving import save_figure
from analysis.figures.survival import survival_curves
from coalitiondata.errors import UnknownNameError

# Drawing it fits a hundred models.
SLOW = "specifications_wartime"


def spells() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame({"duration": rng.integers(1, 2000, 60), "event": 1, "source": "own"})


def tick_labels_outside(figure: Figure) -> set[int]:
    """Labels of ticks that matplotlib keeps but does not draw."""
    hidden = set()
    for panel in figure.axes:
        for axis in (panel.xaxis, panel.yaxis):
            low, high = sorted(axis.get_view_interval())
            room = 1e-6 * (high - low)
            for tick in axis.get_major_ticks() + axis.get_minor_ticks():
                inside = low - room <= tick.get_loc() <= high + room
                if not inside or not panel.axison:
                    hidden |= {id(tick.label1), id(tick.label2)}
    return hidden


def printed(figure: Figure) -> list[Text]:
    """All texts that are on the page."""
    figure.draw_without_rendering()
    hidden = tick_labels_outside(figure)
    return [
        text
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and id(text) not in hidden
    ]


def overlapping(figure: Figure) -> list[tuple[str, str]]:
    """Pairs of texts whose boxes share more than a sliver, and texts beyond the page."""
    page = figure.bbox
    boxes = [(text.get_text(), text.get_window_extent()) for text in printed(figure)]
    found = [
        (a, b)
        for (a, one), (b, two) in itertools.combinations(boxes, 2)
        if min(one.x1, two.x1) - max(one.x0, two.x0) > 1.5
        and min(one.y1, two.y1) - max(one.y0, two.y0) > 2.5
    ]
    outside = [
        (a, "page")
        for a, box in boxes
        if box.x0 < -1 or box.y0 < -1 or box.x1 > page.x1 + 1 or box.y1 > page.y1 + 1
    ]
    return found + outside


@pytest.fixture(scope="module")
def data() -> Shipped:
    return Shipped()


@shipped.needed
@pytest.mark.parametrize("name", [each.name for each in EXAMPLES if each.name != SLOW])
def test_every_figure_can_be_read_in_print(name: str, data: Shipped) -> None:
    example = next(each for each in EXAMPLES if each.name == name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        figure = example.draw(data)
    said = description(figure)
    assert f"N = {said.n}" in said.caption
    assert said.caption.endswith(said.source)
    assert said.source.startswith("Source: coalitiondata")
    assert len(said.alt) > 60
    assert figure.get_size_inches()[0] <= WIDTH + 1e-9
    assert [t.get_text() for t in printed(figure) if t.get_fontsize() < SMALL] == []
    assert overlapping(figure) == []


def test_equal_figures_are_equal_files(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        figure = survival_curves(spells())
        files = save_figure(figure, tmp_path / folder / "curve", ("png", "svg", "pdf"))
        assert [path.name for path in files] == ["curve.png", "curve.svg", "curve.pdf"]
    for suffix in ("png", "svg", "pdf"):
        one, two = (tmp_path / f / f"curve.{suffix}" for f in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()
        assert one.stat().st_size > 3000


def test_files_carry_the_words_and_no_dates(tmp_path: Path) -> None:
    figure = survival_curves(spells(), title="A title")
    png, svg = save_figure(figure, tmp_path / "curve")
    with Image.open(png) as image:
        assert image.text == {"Title": "A title", "Description": alt_text(figure)}  # type: ignore[attr-defined]
        assert image.size[0] == round(WIDTH * 200)
    text = svg.read_text(encoding="utf-8")
    assert "<dc:title>A title</dc:title>" in text
    assert "<dc:date>" not in text


def test_unknown_formats_and_figures(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="no format 'gif'; choose from png, svg, pdf"):
        save_figure(Figure(), tmp_path / "x", ["gif"])
    with pytest.raises(UnknownNameError, match="no figure 'nothing' in the gallery"):
        gallery(tmp_path, ["nothing"])


@shipped.needed
def test_gallery_writes_files_and_index(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["figures", "--out", str(tmp_path), "--only", "members_crimean_war", "--quiet"]
    assert main(call) == 0
    assert capsys.readouterr().out == ""
    names = {path.name for path in tmp_path.iterdir()}
    drawn = {f"members_crimean_war.{suffix}" for suffix in ("png", "svg", "pdf")}
    assert names == drawn | {"index.json", "index.csv"}
    (entry,) = json.loads((tmp_path / "index.json").read_text(encoding="utf-8"))
    assert set(entry["files"]) == drawn
    assert entry["n"] == 4
    assert "war-cow-22-1" in entry["call"]
    table = pd.read_csv(tmp_path / "index.csv")
    assert table["alt"].tolist() == [entry["alt"]]


def test_command_reports_mistakes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["figures", "--out", str(tmp_path), "--only", "nothing"]) == 1
    assert "no figure 'nothing' in the gallery" in capsys.readouterr().err


def test_examples_have_names_of_their_own() -> None:
    names = [each.name for each in EXAMPLES]
    assert len(set(names)) == len(names)
