"""Figures of the Cox models: hazard ratios, and the shape of the hazard over power."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.figures.words import p_text
from analysis.study import style
from analysis.study.duration_models import Fitted
from analysis.study.labels import TERMS, interval_text
from analysis.study.plan import INTEREST_BLOCK, POWER_BLOCK, POWER_SQUARED, Family

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MODELS = {
    "M1": "M1: power alone",
    "M2": "M2: interests alone",
    "M3": "M3: power and interests",
}
OFFSETS = {"M1": -0.24, "M2": -0.24, "M3": 0.14}


def forest(models: list[tuple[Family, dict[str, Fitted]]], source: str) -> Figure:
    """Hazard ratios of M1, M2 and M3, a panel per family."""
    import matplotlib.pyplot as plt
    from matplotlib.lines import Line2D

    figure, grid = plt.subplots(1, len(models), figsize=(11.5, 4.4), sharey=True, squeeze=False)
    figure.subplots_adjust(left=0.15, right=0.985, bottom=0.255, top=0.82, wspace=0.07)
    panels = list(grid[0])
    terms = [*POWER_BLOCK, *INTEREST_BLOCK]
    for panel, (family, fitted) in zip(panels, models, strict=True):
        panel.axvline(1, color=style.GREY, linewidth=0.9, zorder=0)
        for model_id in MODELS:
            for k, term in enumerate(terms):
                if term in fitted[model_id].model.terms:
                    _point(panel, k + OFFSETS[model_id], fitted[model_id], term, model_id)
        panel.set_xscale("log")
        panel.set_xlim(0.28, 3.9)
        panel.set_xticks([0.33, 0.5, 1, 2, 3], ["0.33", "0.5", "1", "2", "3"])
        panel.set_xticks([], minor=True)
        panel.set_xlabel(
            "Hazard ratio per standard deviation (log scale)\n← lasts longer    ends sooner →"
        )
        main = fitted["M3"]
        style.titles(
            panel,
            f"{family.label}: hazard ratios of ending",
            f"N = {main.n}, {main.events} events, {main.clusters} {family.clusters}; M3: power "
            f"{p_text(main.p_value(POWER_BLOCK))}, "
            f"interests {p_text(main.p_value(INTEREST_BLOCK))}",
        )
        panel.tick_params(axis="y", length=0)
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].set_yticks(range(len(terms)), [TERMS[t].removesuffix(", per SD") for t in terms])
    panels[0].set_ylim(len(terms) - 0.45, -0.62)
    handles = [
        Line2D([], [], color=style.MODELS[m][0], marker=style.MODELS[m][1], label=words)
        for m, words in MODELS.items()
    ]
    figure.legend(handles=handles, loc="upper center", ncols=3, bbox_to_anchor=(0.57, 1.0))
    controls = [f"{f.id} {TERMS[c].lower()}" for f, _ in models for c in f.controls]
    style.footnote(
        figure,
        "Cox regression, Efron ties; bars are 95% intervals from cluster-robust errors. "
        f"Controls: {', '.join(controls) or 'none'}. {source}",
    )
    return figure


def power_shape(
    shapes: list[tuple[Family, Fitted, pd.DataFrame, pd.Series]], source: str
) -> Figure:
    """Relative hazard over the observed range of power concentration, from M4."""
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, len(shapes), figsize=(11.5, 4.4), squeeze=False)
    figure.subplots_adjust(left=0.07, right=0.985, bottom=0.21, top=0.87, wspace=0.17)
    for panel, (family, fitted, shape, observed) in zip(panels[0], shapes, strict=True):
        panel.fill_between(
            shape["power"], shape["conf_low"], shape["conf_high"], color=style.BLUE,
            alpha=style.BAND, linewidth=0,
        )  # fmt: skip
        panel.plot(shape["power"], shape["estimate"], color=style.BLUE)
        panel.axhline(1, color=style.GREY, linewidth=0.9, zorder=0)
        panel.plot(
            observed, np.full(len(observed), 0.02), "|", color=style.BLACK, markersize=7,
            alpha=0.4, transform=panel.get_xaxis_transform(),
        )  # fmt: skip
        panel.set_yscale("log")
        panel.set_ylim(0.03, 6)
        panel.set_yticks(
            [0.05, 0.1, 0.2, 0.5, 1, 2, 5], ["0.05", "0.1", "0.2", "0.5", "1", "2", "5"]
        )
        panel.set_yticks([], minor=True)
        panel.set_xlabel(f"Power concentration (HHI): {family.power_words}")
        panel.set_ylabel("Hazard relative to the mean (log scale)")
        joint = fitted.p_value((*POWER_BLOCK, POWER_SQUARED))
        style.titles(
            panel,
            f"{family.label}: hazard by power concentration",
            f"Joint test of power and its square {p_text(joint)}; N = {fitted.n}, "
            f"{fitted.events} events",
        )
        panel.spines[["top", "right"]].set_visible(False)
    style.footnote(
        figure,
        "Model M4: power and its square, beside interests. Bands are pointwise 95% intervals "
        "against the hazard at mean power, robust to clusters.\n"
        f"Each mark is a coalition. {source}",
    )
    return figure


def _point(panel: Axes, y: float, fitted: Fitted, term: str, model_id: str) -> None:
    ratio = fitted.hazard_ratio(term)
    if ratio is None:
        return
    colour, marker = style.MODELS[model_id]
    panel.plot([ratio["low"], ratio["high"]], [y, y], color=colour, linewidth=1.6)
    panel.plot(ratio["estimate"], y, marker=marker, color=colour, markersize=6.5)
    text = interval_text(ratio["estimate"], ratio["low"], ratio["high"])
    # The white ground keeps the line at one from crossing the figures.
    ground = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
    panel.text(
        ratio["estimate"], y - 0.11, text, fontsize=7.5, ha="center", va="bottom", bbox=ground
    )
