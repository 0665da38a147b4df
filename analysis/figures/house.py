"""One house style for all figures: safe for colour-blind readers and in print without colour."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from coalitiondata.errors import InvalidDataError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's palette, ordered so that neighbours differ in lightness too.
ORANGE, BLUE, BLACK, GREY = "#E69F00", "#0072B2", "#000000", "#6F6F6F"
GREEN, PURPLE, SKY, VERMILION = "#009E73", "#CC79A7", "#56B4E9", "#D55E00"
PALE = "#D9D9D9"
# Colour, dashes and marker of the first, second, ... group: any one of the three tells them apart.
SERIES: tuple[tuple[str, Any, str], ...] = (
    (ORANGE, "-", "s"),
    (BLUE, (0, (5, 1.5)), "o"),
    (BLACK, (0, (1.2, 1.2)), "D"),
    (GREEN, (0, (5, 1.5, 1.2, 1.5)), "^"),
    (PURPLE, (0, (9, 2)), "v"),
    (VERMILION, (0, (3, 1.2, 1.2, 1.2, 1.2, 1.2)), "P"),
)
BAND = 0.13  # opacity of confidence bands
WIDTH = 6.7  # inches, the text width of a page: nothing is shrunk in print
SMALL = 8.0  # points, the smallest type

_RC = {
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9.5,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "font.family": "DejaVu Sans",  # comes with matplotlib, so machines agree
    "font.size": 9,
    "lines.linewidth": 1.8,
    "pdf.fonttype": 42,
    "svg.hashsalt": "coalitiondata",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


def drawing() -> AbstractContextManager[Any]:
    """Context in which figures are drawn and written; the backend stays the caller's."""
    import matplotlib
    import seaborn

    theme = {**seaborn.axes_style("ticks"), **seaborn.plotting_context("paper"), **_RC}
    context: AbstractContextManager[Any] = matplotlib.rc_context(theme)
    return context


def without_screen() -> None:
    """Choose the backend that needs no screen, for jobs that write files."""
    import matplotlib

    matplotlib.use("Agg")


def page(height: float, width: float = WIDTH) -> Figure:
    """A figure of the house width whose panels arrange themselves.

    It is not left with pyplot: a notebook shows it once, as the value of its cell, and a loop
    over hundreds of figures leaves none open.
    """
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(width, height), layout="constrained")
    plt.close(figure)
    return figure


def series(count: int, what: str) -> tuple[tuple[str, Any, str], ...]:
    """Colour, dashes and marker of `count` groups.

    Raises:
        InvalidDataError: more groups than can be told apart.
    """
    if count > len(SERIES):
        raise InvalidDataError(
            f"{what} has {count} groups; at most {len(SERIES)} can be told apart in one figure: "
            "merge some, or cut a number into classes (pandas.qcut)"
        )
    return SERIES[:count]


def bare(panel: Axes, *sides: str) -> None:
    """A panel without the frame's sides, by default the upper and the right one."""
    for side in sides or ("top", "right"):
        panel.spines[side].set_visible(False)


def heading(panel: Axes, text: str, below: str = "") -> None:
    """A panel's title in bold and, in small print below it, what comes out."""
    panel.set_title(text, fontsize=9.5, pad=16 if below else 6)
    if below:
        panel.annotate(
            below, (0, 1), (0, 4), xycoords="axes fraction", textcoords="offset points", fontsize=8
        )
