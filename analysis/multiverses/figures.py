"""Specification curves: sorted estimates above, the choices behind them below."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.models.frame import Floats, Ints
from analysis.multiverses.choices import CHOICES, DIMENSIONS, level_label
from analysis.multiverses.frames import about as family_of
from analysis.multiverses.summary import HYPOTHESES, Hypothesis, about
from analysis.multiverses.terms import HOST
from analysis.study import style
from analysis.study.plan import AIC_MARGIN

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PLACES = 240  # columns that are easy to tell apart on the page
MOST = 2 * PLACES  # and as many as there may be before neighbours share one
_ROW = 0.155  # inches
_CLEAR, _UNCLEAR, _INTERVAL = "#000000", "#8C8C8C", "#D9D9D9"
_RATIO_TICKS = (0.05, 0.1, 0.2, 0.33, 0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0)


@dataclass(frozen=True, eq=False)
class Curve:
    """What a figure shows: the rows that bear on one hypothesis in one family."""

    family: str
    hypothesis: Hypothesis
    found: pd.DataFrame

    @property
    def name(self) -> str:
        """Its file, without suffix."""
        return f"{self.family}_{self.hypothesis.id.replace(' ', '_')}"


def curves(specifications: pd.DataFrame) -> list[Curve]:
    """One for each hypothesis and family that has estimates."""
    made = [
        Curve(str(family), hypothesis, about(of_family, hypothesis))
        for family, of_family in specifications.groupby("family", sort=False)
        for hypothesis in HYPOTHESES
    ]
    return [each for each in made if len(each.found)]


def save(each: Curve, folder: Path) -> None:
    """Draw one specification curve and write it as PNG and PDF."""
    with style.house_style():
        style.save(figure(each.found, each.family, each.hypothesis), folder, each.name)


def figure(found: pd.DataFrame, family: str, hypothesis: Hypothesis) -> Figure:
    """The specification curve of one hypothesis in one family; `found` is that of `about`.

    Up to `MOST` specifications have a column each. Of more, neighbours in the order share one of
    `PLACES`, which then shows their medians and, below, the share of them that make each choice.
    """
    import matplotlib.pyplot as plt

    ordered = found.sort_values(["estimate", "id"], kind="stable").reset_index(drop=True)
    places = len(ordered) if len(ordered) <= MOST else PLACES
    place = np.arange(len(ordered)) * places // len(ordered)
    levels = _levels(ordered)
    below = _ROW * (len(levels) + len({dimension for dimension, _ in levels}))
    height = 1.0 + 3.0 + 0.12 + below + 0.75
    page, (top, bottom) = plt.subplots(
        2, 1, figsize=(8.6, height), height_ratios=[3.0, below], sharex=True
    )
    page.subplots_adjust(
        left=0.27, right=0.905, top=1 - 0.8 / height, bottom=0.75 / height,
        hspace=0.12 / (3.0 + below) * 2,
    )  # fmt: skip
    _estimates(top, ordered, place, hypothesis)
    _dashboard(bottom, ordered, place, levels)
    if ordered["main"].any():
        _mark_plan(top, bottom, ordered, place)
    style.titles(top, f"{hypothesis.id}: {family_of(family).label}", _subtitle(ordered, hypothesis))
    style.footnote(page, _note(ordered, hypothesis))
    return page


def _levels(ordered: pd.DataFrame) -> list[tuple[str, str]]:
    """Choices that vary among the specifications, with their levels in the plan's order."""
    of_family = CHOICES[str(ordered["family"].iloc[0])]
    found = []
    for dimension in DIMENSIONS:
        present = set(ordered[dimension].dropna())
        levels = [level for level in of_family.get(dimension, ()) if level in present]
        if len(levels) > 1:
            found += [(dimension, level) for level in levels]
    return found


def _estimates(panel: Axes, ordered: pd.DataFrame, place: Ints, hypothesis: Hypothesis) -> None:
    clear = (ordered["significant_above"] | ordered["significant_below"]).groupby(place).mean()
    middle = ordered[["estimate", "low", "high"]].groupby(place).median().replace(np.inf, np.nan)
    at = middle.index.to_numpy()
    if hypothesis.p:
        panel.vlines(at, middle["low"], middle["high"], color=_INTERVAL, linewidth=1.1, zorder=1)
        panel.set_yscale("log")
    else:
        panel.axhspan(-AIC_MARGIN, AIC_MARGIN, color=_INTERVAL, zorder=0, linewidth=0)
    panel.axhline(hypothesis.nothing, color="black", linewidth=0.8, zorder=2)
    shade = np.where(clear >= 0.5, _CLEAR, _UNCLEAR)
    panel.scatter(at, middle["estimate"], s=5, c=list(shade), linewidths=0, zorder=3)
    lowest, highest = _span(middle, hypothesis)
    panel.set_ylim(lowest, highest)
    if hypothesis.p:
        ticks = [tick for tick in _RATIO_TICKS if lowest <= tick <= highest]
        panel.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        panel.set_yticks([], minor=True)
    panel.set_ylabel("\n".join(textwrap.wrap(hypothesis.label, 30)))
    panel.tick_params(bottom=False)
    for side in ("top", "right", "bottom"):
        panel.spines[side].set_visible(False)


def _span(middle: pd.DataFrame, hypothesis: Hypothesis) -> tuple[float, float]:
    """Room for all estimates and nearly all intervals: a few are very wide."""
    if not hypothesis.p:
        low, high = min(middle["estimate"].min(), -3.0), max(middle["estimate"].max(), 3.0)
        margin = 0.05 * (high - low)
        return low - margin, high + margin
    low = min(middle["low"].quantile(0.05), middle["estimate"].min(), 0.8)
    high = max(middle["high"].quantile(0.95), middle["estimate"].max(), 1.25)
    return low / 1.08, high * 1.08


def _dashboard(
    panel: Axes, ordered: pd.DataFrame, place: Ints, levels: list[tuple[str, str]]
) -> None:
    places = int(place.max()) + 1
    begins = [k == 0 or levels[k - 1][0] != dimension for k, (dimension, _) in enumerate(levels)]
    at = np.arange(len(levels)) + np.cumsum(begins)  # an empty line before each choice
    # Strips of shares, and between them nothing.
    edges = np.column_stack([at - 0.42, at + 0.42]).ravel()
    strips = np.full((len(edges) - 1, places), np.nan)
    for k, (dimension, level) in enumerate(levels):
        strips[2 * k] = _share(ordered[dimension] == level, place, places)
    panel.pcolormesh(
        np.arange(places + 1) - 0.5, edges, strips, cmap="Greys", vmin=0, vmax=1, rasterized=True
    )
    panel.set_ylim(at[-1] + 0.6, -0.5)
    panel.set_xlim(-0.5 - 0.01 * places, places - 0.5 + 0.01 * places)
    panel.set_yticks(at, [level_label(*each) for each in levels])
    panel.tick_params(left=False, bottom=False, labelsize=7)
    panel.set_xticks([])
    panel.set_xlabel(
        f"{len(ordered)} specifications, sorted by their estimates", fontsize=8.5, labelpad=4
    )
    for side in panel.spines.values():
        side.set_visible(False)
    _beside(panel, 1.012, 0, "median")
    for (dimension, level), y, begin in zip(levels, at, begins, strict=True):
        median = ordered.loc[ordered[dimension] == level, "estimate"].median()
        _beside(panel, 1.012, y, f"{median:.2f}")
        if begin:
            _beside(panel, -0.36, y, DIMENSIONS[dimension], weight="bold")


def _beside(panel: Axes, x: float, y: float, text: str, weight: str = "normal") -> None:
    panel.annotate(
        text, (x, y), xycoords=("axes fraction", "data"), va="center", fontsize=7,
        fontweight=weight, annotation_clip=False,
    )  # fmt: skip


def _share(chosen: pd.Series, place: Ints, places: int) -> Floats:
    """Share of each place's specifications that make a choice, of the largest such share."""
    share = np.bincount(place, weights=chosen, minlength=places) / np.bincount(place)
    return np.asarray(share / share.max())


def _mark_plan(top: Axes, bottom: Axes, ordered: pd.DataFrame, place: Ints) -> None:
    at = int(np.flatnonzero(ordered["main"])[0])
    x, y = place[at], ordered["estimate"].iloc[at]
    top.scatter([x], [y], s=42, marker="D", facecolor="white", edgecolor="black", zorder=5)
    for panel in (top, bottom):
        panel.axvline(x, color="black", linewidth=0.7, linestyle=(0, (4, 2)), zorder=1)


def _subtitle(ordered: pd.DataFrame, hypothesis: Hypothesis) -> str:
    estimate = ordered["estimate"]
    above, below = ordered["significant_above"].mean(), ordered["significant_below"].mean()
    quarter, middle, three = estimate.quantile([0.25, 0.5, 0.75])
    words = ("above 1 (p < .05)", "below 1") if hypothesis.p else ("above 2", "below -2")
    return (
        f"median {middle:.2f} (quartiles {quarter:.2f} and {three:.2f}); "
        f"{100 * above:.0f}% {words[0]}, {100 * below:.0f}% {words[1]}"
    )


def _note(ordered: pd.DataFrame, hypothesis: Hypothesis) -> str:
    text = "Black: p < .05. " if hypothesis.p else "Grey band: differences of at most 2. "
    if hypothesis.p:
        text += "Bars: 95% intervals, cluster-robust. "
    if hypothesis.id == "H1" and (ordered["power"] == HOST).any():
        text += "Single host: yes against no, not per SD. "
    if len(ordered) > MOST:
        text += f"Each column stands for {len(ordered) / PLACES:.0f} or so: their medians, and "
        text += "below the share that makes the choice, darkest where it is largest. "
    if ordered["main"].any():
        text += "Diamond: the plan's own. "
    text += "Specifications share their data: shares are no tests."
    return "\n".join(textwrap.wrap(text, 150))
