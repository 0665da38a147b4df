"""The study's looks within the house style of all figures."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.figures.house import BAND, BLACK, BLUE, GREY, ORANGE, drawing, without_screen

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["BAND", "BLACK", "BLUE", "GREY", "ORANGE"]

THIRDS = {1: (ORANGE, "-"), 2: (BLUE, (0, (5, 1.5))), 3: (BLACK, (0, (1.2, 1.2)))}
HALVES = {"shallow": (ORANGE, "-"), "deep": (BLUE, (0, (5, 1.5)))}
MODELS = {"M1": (ORANGE, "s"), "M2": (BLUE, "o"), "M3": (BLACK, "D")}
DPI = 300


def house_style() -> AbstractContextManager[Any]:
    """Context in which figures are drawn; it also chooses the backend that needs no screen."""
    without_screen()
    return drawing()


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
