"""Figures of curves: Kaplan-Meier by thirds, cumulative incidence by halves."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.figures.steps import risk_table, step_curve
from analysis.figures.words import p_text
from analysis.study import style
from analysis.study.curves import HALVES, THIRDS, IncidenceCurves, SurvivalCurves
from analysis.study.labels import MEASURES, years
from analysis.study.plan import Family

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINEAR_TICKS = np.arange(0.0, 6.0)
LOG_TICKS = np.array([0.02, 0.05, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0])


def survival(curves: SurvivalCurves, source: str) -> Figure:
    """Kaplan-Meier curves of one family by thirds of one measure."""
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(6.6, 4.9))
    grid = figure.add_gridspec(1, 1, left=0.14, right=0.98, bottom=0.085, top=0.885)
    _survival_panel(figure, grid[0], curves)
    style.footnote(figure, _survival_note([curves], source, width=112))
    return figure


def survival_grid(panels: list[list[SurvivalCurves]], source: str) -> Figure:
    """All of them on one page: a row per family, a column per measure."""
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(11.5, 9.2))
    grid = figure.add_gridspec(
        len(panels), len(panels[0]), hspace=0.2, wspace=0.26, left=0.085, right=0.985,
        bottom=0.06, top=0.94,
    )  # fmt: skip
    for i, row in enumerate(panels):
        for j, curves in enumerate(row):
            _survival_panel(figure, grid[i, j], curves)
    note = _survival_note([c for row in panels for c in row], source, width=200)
    style.footnote(figure, note)
    return figure


def incidence(curves: list[IncidenceCurves], source: str) -> Figure:
    """Cumulative incidence of transformation and of ending, by halves of depth."""
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(2, len(curves), figsize=(11.5, 7.4), squeeze=False)
    figure.subplots_adjust(
        left=0.065, right=0.985, bottom=0.135, top=0.93, wspace=0.16, hspace=0.45
    )
    for j, each in enumerate(curves):
        for i, cause in enumerate(("transformed", "ended")):
            _incidence_panel(panels[i, j], each, cause)
    cuts = "; ".join(f"{c.family.id} N = {c.n}, median depth {c.cut:.2f}" for c in curves)
    note = (
        "Aalen-Johansen estimates with 95% bands. A transformation within five years after the end "
        f"counts at the end. Halves of interest depth: {cuts}. Gray's test takes coalitions as "
        f"independent. {source}"
    )
    style.footnote(figure, "\n".join(textwrap.wrap(note, 200)))
    return figure


def _incidence_panel(panel: Axes, each: IncidenceCurves, cause: str) -> None:
    words = {"transformed": "turned into something more lasting", "ended": "ended"}[cause]
    top = 0.0
    for group, (colour, dashes) in style.HALVES.items():
        rows = each.curve[(each.curve["group"] == group) & (each.curve["cause"] == cause)]
        size = each.counts.set_index("group").loc[group]
        label = f"{HALVES[group]}: {size[cause]} of {size['n']}"
        step_curve(panel, rows, colour, dashes, label, start=0.0)
        top = max(top, float(rows["conf_high"].max()))
    # Above the bands there is room for the legend.
    panel.set_ylim(0, 1.4 * top if cause == "transformed" else 1.02)
    _time_axis(panel, each.family)
    panel.set_ylabel("Cumulative incidence")
    p_value = each.tests.set_index("cause")["p_value"][cause]
    style.titles(panel, f"{each.family.label}: {words}", f"Gray's test {p_text(p_value)}")
    panel.legend(loc="upper left")


def _survival_panel(figure: Figure, place: Any, curves: SurvivalCurves) -> None:
    inner = place.subgridspec(2, 1, height_ratios=[4.4, 1], hspace=0.33)
    panel, table = figure.add_subplot(inner[0]), figure.add_subplot(inner[1])
    for row in curves.summary.to_dict("records"):
        colour, dashes = style.THIRDS[row["group"]]
        mine = curves.curve[curves.curve["group"] == row["group"]]
        span = f"{THIRDS[row['group']]} ({row['lowest']:.2f}–{row['highest']:.2f})"
        step_curve(panel, mine, colour, dashes, span, start=1.0)
    medians = ", ".join(years(m) for m in curves.summary["median"])
    style.titles(
        panel,
        f"{curves.family.label} by {MEASURES[curves.measure]}",
        f"Median duration {medians} years (low, middle, high); log-rank {p_text(curves.p_value)}",
    )
    panel.set_ylabel("Share still together")
    panel.set_ylim(0, 1.02)
    ticks = _time_axis(panel, curves.family)
    panel.legend(
        title=f"Third of {MEASURES[curves.measure]}", loc="upper right", borderpad=0,
        title_fontsize=8.5,
    )  # fmt: skip
    groups = [(group, words, style.THIRDS[group][0]) for group, words in THIRDS.items()]
    risk_table(panel, table, curves.curve, groups, ticks, left=-0.14, lines=4.2)


def _time_axis(panel: Axes, family: Family) -> Any:
    """Years; wars last days or years, which only a logarithmic axis shows both."""
    logarithmic = family.id == "wartime"
    if logarithmic:
        panel.set_xscale("log")
        panel.set_xlim(0.011, 12)
    else:
        panel.set_xlim(0, 5.45)
    ticks = LOG_TICKS if logarithmic else LINEAR_TICKS
    panel.set_xticks(ticks, [f"{t:g}" for t in ticks])
    panel.set_xticks([], minor=True)
    panel.set_xlabel("Years since start" + (" (log scale)" if logarithmic else ""))
    panel.spines[["top", "right"]].set_visible(False)
    return ticks


def _survival_note(curves: list[SurvivalCurves], source: str, width: int) -> str:
    sizes = "; ".join(
        f"{c.family.id} by {MEASURES[c.measure]}, N = {c.n} {c.family.units}, {c.events} ended"
        for c in curves
    )
    censored = "governing" in {c.family.id for c in curves}
    text = (
        f"Kaplan-Meier estimates with 95% bands: {sizes}."
        + (" A regular election censors a cabinet." if censored else "")
        + f" {source}"
    )
    return "\n".join(textwrap.wrap(text, width))
