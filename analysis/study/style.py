"""One house style for all figures: safe for colour-blind readers and in print without colour."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's palette, ordered so that neighbours differ in lightness too.
ORANGE, BLUE, BLACK, GREY = "#E69F00", "#0072B2", "#000000", "#6F6F6F"
THIRDS = {1: (ORANGE, "-"), 2: (BLUE, (0, (5, 1.5))), 3: (BLACK, (0, (1.2, 1.2)))}
HALVES = {"shallow": (ORANGE, "-"), "deep": (BLUE, (0, (5, 1.5)))}
MODELS = {"M1": (ORANGE, "s"), "M2": (BLUE, "o"), "M3": (BLACK, "D")}
BAND = 0.13
DPI = 300

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


def house_style() -> AbstractContextManager[Any]:
    """Context in which figures are drawn; it also chooses the backend that needs no screen."""
    import matplotlib

    matplotlib.use("Agg")
    import seaborn

    theme = {**seaborn.axes_style("ticks"), **seaborn.plotting_context("paper"), **_RC}
    context: AbstractContextManager[Any] = matplotlib.rc_context(theme)
    return context


def save(figure: Figure, folder: Path, name: str) -> None:
    """`name`.png at 300 dpi and `name`.pdf, without dates: equal figures are equal files."""
    import matplotlib.pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / f"{name}.png", dpi=DPI, metadata={"Software": None})
    figure.savefig(
        folder / f"{name}.pdf", metadata={"CreationDate": None, "Producer": None, "Creator": None}
    )
    plt.close(figure)


def footnote(figure: Figure, text: str) -> None:
    """Small print at the foot of the figure."""
    figure.text(0.012, 0.012, text, ha="left", va="bottom", fontsize=7.5, color="#333333")


def titles(panel: Axes, title: str, subtitle: str) -> None:
    """What a panel shows in bold, and below it in small print what comes out."""
    panel.set_title(title, pad=18)
    panel.annotate(
        subtitle, (0, 1), (0, 5), xycoords="axes fraction", textcoords="offset points", fontsize=8.5
    )
