"""Writing figures: the same figure is the same bytes, today and tomorrow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from analysis.figures import house
from analysis.figures.described import Description
from coalitiondata.errors import UnknownNameError
from coalitiondata.replacing import place, staging

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

DPI = 200
FORMATS = ("png", "svg", "pdf")


def save_figure(
    figure: Figure,
    stem: str | Path,
    formats: Sequence[str] = ("png", "svg"),
    dpi: int = DPI,
) -> list[Path]:
    """Write `stem`.png and `stem`.svg (or `formats`), without dates, and give their paths.

    Title and alternative text of a figure of this package go into the files' metadata. Equal
    figures are equal files under the same version of matplotlib.

    Args:
        figure: any matplotlib figure.
        stem: path without suffix; its folder is made.
        formats: of png, svg, pdf.
        dpi: of PNG, pixels per inch.

    Raises:
        UnknownNameError: another format.
        NotWrittenError: the disk is full or the folder read-only; old files are as they were.
    """
    base = Path(stem)
    with staging(base) as staged:
        made = write_figure(figure, staged / base.name, formats, dpi)
        for path in made:
            place(path, base.with_name(path.name))
    return [base.with_name(path.name) for path in made]


def write_figure(
    figure: Figure, base: Path, formats: Sequence[str] = ("png", "svg"), dpi: int = DPI
) -> list[Path]:
    """The files of `save_figure` one after the other, for a caller that prepares a folder."""
    for each in formats:
        if each not in FORMATS:
            raise UnknownNameError(f"no format {each!r}; choose from {', '.join(FORMATS)}")
    said = getattr(figure, "_coalitiondata", None)
    written = [base.with_name(f"{base.name}.{each}") for each in formats]
    with house.drawing():
        for path, each in zip(written, formats, strict=True):
            figure.savefig(path, dpi=dpi, format=each, metadata=_metadata(each, said))
    return written


def _metadata(kind: str, said: Description | None) -> dict[str, str | None]:
    """Without dates and versions of software, with the words."""
    never: dict[str, dict[str, str | None]] = {
        "png": {"Software": None},
        "svg": {"Date": None, "Creator": None},
        "pdf": {"CreationDate": None, "Producer": None, "Creator": None},
    }
    if said is None:
        return never[kind]
    words = {"png": "Description", "svg": "Description", "pdf": "Subject"}[kind]
    return {**never[kind], "Title": said.title, words: said.alt}
