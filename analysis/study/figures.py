"""The study's figures: survival by thirds, hazard ratios, incidence, the shape of the power effect."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.study import style
from analysis.study.curves import HALVES, THIRDS, IncidenceCurves, SurvivalCurves, at_risk
from analysis.study.duration_models import Fitted
from analysis.study.labels import MEASURES, TERMS, interval_text, p_text, years
from analysis.study.plan import (
    BREADTH,
    DAYS_PER_YEAR,
    DEPTH,
    POWER,
    Family,
    z,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINEAR_TICKS = np.arange(0.0, 6.0)
# Wars last days or years: only a logarithmic axis shows both.
LOG_TICKS = np.array([0.02, 0.05, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0])


def survival(curves: SurvivalCurves, source: str) -> Figure:
    """Kaplan-Meier curves of one family by thirds of one measure."""
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(6.6, 5.0))
    _survival_panel(figure, figure.add_gridspec(1, 1, **_margins(0.17, 0.865))[0], curves)
    style.footnote(figure, _survival_note([curves], source))
    return figure


def survival_grid(panels: list[list[SurvivalCurves]], source: str) -> Figure:
    """All of them on one page: a row per family, a column per measure."""
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(11.5, 9.6))
    grid = figure.add_gridspec(
        len(panels), len(panels[0]), hspace=0.36, wspace=0.26, **_margins(0.1, 0.935, 0.085)
    )
    for i, row in enumerate(panels):
        for j, curves in enumerate(row):
            _survival_panel(figure, grid[i, j], curves)
    style.footnote(figure, _survival_note([c for row in panels for c in row], source))
    return figure


def forest(models: list[tuple[Family, dict[str, Fitted]]], source: str) -> Figure:
    """Hazard ratios of M1, M2 and M3, a panel per family."""
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, len(models), figsize=(11.5, 4.3), sharey=True)
    figure.subplots_adjust(left=0.15, right=0.985, bottom=0.265, top=0.86, wspace=0.07)
    terms = [z(POWER), z(DEPTH), z(BREADTH)]
    for panel, (family, fitted) in zip(np.atleast_1d(panels), models, strict=True):
        for model_id, (colour, marker) in style.MODELS.items():
            offset = {"M1": -0.24, "M2": -0.24, "M3": 0.12}[model_id]
            for k, term in enumerate(terms):
                if term in fitted[model_id].model.terms:
                    _forest_point(panel, k + offset, fitted[model_id], term, colour, marker)
        main = fitted["M3"]
        panel.axvline(1, color=style.GREY, linewidth=0.9, zorder=0)
        panel.set_xscale("log")
        panel.set_xlim(0.28, 3.9)
        panel.set_xticks([0.33, 0.5, 1, 2, 3], ["0.33", "0.5", "1", "2", "3"])
        panel.set_xticks([], minor=True)
        panel.set_xlabel("Hazard ratio per standard deviation (log scale)\n← lasts longer    ends sooner →")
        panel.set_title(f"{family.label}: N = {main.n}, {main.events} events")
        panel.spines[["top", "right"]].set_visible(False)
    first = np.atleast_1d(panels)[0]
    first.set_yticks(range(len(terms)), [TERMS[t].removesuffix(", per SD") for t in terms])
    first.set_ylim(len(terms) - 0.45, -0.62)
    handles = [
        plt.Line2D([], [], color=c, marker=m, linestyle="-", label=label)
        for (c, m), label in zip(
            style.MODELS.values(),
            ["M1: power alone", "M2: interests alone", "M3: power and interests"],
            strict=True,
        )
    ]
    figure.legend(handles=handles, loc="upper center", ncols=3, bbox_to_anchor=(0.56, 1.0))
    sizes = "; ".join(f"{f.id}: {m['M3'].clusters} {f.clusters}" for f, m in models)
    style.footnote(
        figure,
        "Cox regression, Efron ties; bars are 95% intervals from errors robust to clusters "
        f"({sizes}).\nGoverning models control for majority. {source}",
    )
    return figure


def incidence(curves: list[IncidenceCurves], source: str) -> Figure:
    """Cumulative incidence of transformation and of ending, by halves of depth."""
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(2, len(curves), figsize=(11.5, 7.4), squeeze=False)
    figure.subplots_adjust(left=0.065, right=0.985, bottom=0.125, top=0.93, wspace=0.16, hspace=0.4)
    for j, each in enumerate(curves):
        tests = each.tests.set_index("cause")["p_value"]
        for i, (cause, words) in enumerate((("transformed", "Turned into more"), ("ended", "Ended"))):
            panel = panels[i, j]
            for group, (colour, dashes) in style.HALVES.items():
                rows = each.curve[(each.curve["group"] == group) & (each.curve["cause"] == cause)]
                size = each.counts.set_index("group").loc[group]
                label = f"{HALVES[group]}: {size[cause]} of {size['n']}"
                _steps(panel, rows, colour, dashes, label, start=0.0)
            panel.set_ylim(0, None if cause == "transformed" else 1.02)
            panel.set_xlabel("Years since start")
            panel.set_ylabel("Cumulative incidence")
            panel.set_title(f"{each.family.label}: {words.lower()}, Gray's test {p_text(tests[cause])}")
            panel.legend(loc="upper left" if cause == "transformed" else "lower right")
            panel.spines[["top", "right"]].set_visible(False)
    cuts = "; ".join(f"{c.family.id} N = {c.n}, median depth {c.cut:.2f}" for c in curves)
    style.footnote(
        figure,
        "Aalen-Johansen estimates with 95% bands; a transformation after the end (at most five years) "
        f"counts at the end. Halves of interest depth: {cuts}.\n{source}",
    )
    return figure


def power_shape(shapes: list[tuple[Family, pd.DataFrame, pd.Series]], source: str) -> Figure:
    """Relative hazard over the observed range of power concentration, from M4."""
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, len(shapes), figsize=(11.5, 4.4), squeeze=False)
    figure.subplots_adjust(left=0.07, right=0.985, bottom=0.21, top=0.9, wspace=0.17)
    for panel, (family, shape, observed) in zip(panels[0], shapes, strict=True):
        panel.fill_between(
            shape["power"], shape["conf_low"], shape["conf_high"], color=style.BLUE, alpha=style.BAND,
            linewidth=0,
        )
        panel.plot(shape["power"], shape["estimate"], color=style.BLUE)
        panel.axhline(1, color=style.GREY, linewidth=0.9, zorder=0)
        panel.plot(observed, np.full(len(observed), 0.02), "|", color=style.BLACK, markersize=7,
                   alpha=0.45, transform=panel.get_xaxis_transform())
        panel.set_yscale("log")
        panel.set_ylim(0.12, 6)
        panel.set_yticks([0.2, 0.5, 1, 2, 5], ["0.2", "0.5", "1", "2", "5"])
        panel.set_yticks([], minor=True)
        panel.set_xlabel(f"Power concentration (HHI), {family.power_words}")
        panel.set_ylabel("Hazard relative to the mean (log scale)")
        panel.set_title(f"{family.label}: hazard by power, N = {len(observed)}")
        panel.spines[["top", "right"]].set_visible(False)
    style.footnote(
        figure,
        "Model M4: power and its square, beside interests. Bands are pointwise 95% intervals, robust "
        f"to clusters; each tick is a coalition.\n{source}",
    )
    return figure


def _margins(bottom: float, top: float, left: float = 0.125) -> dict[str, Any]:
    return {"left": left, "right": 0.98, "bottom": bottom, "top": top}


def _survival_panel(figure: Figure, place: Any, curves: SurvivalCurves) -> None:
    inner = place.subgridspec(2, 1, height_ratios=[4.1, 1], hspace=0.34)
    panel, table = figure.add_subplot(inner[0]), figure.add_subplot(inner[1])
    logarithmic = curves.family.id == "wartime"
    for row in curves.summary.itertuples(index=False):
        colour, dashes = style.THIRDS[row.group]
        span = f"{THIRDS[row.group]} ({row.lowest:.2f}–{row.highest:.2f})"
        mine = curves.curve[curves.curve["group"] == row.group]
        _steps(panel, mine, colour, dashes, span, start=1.0)
    medians = ", ".join(years(m) for m in curves.summary["median"])
    panel.set_title(
        f"{curves.family.label} by {MEASURES[curves.measure]}\n"
        f"median {medians} years (low to high), log-rank {p_text(curves.p_value)}"
    )
    panel.set_ylabel("Share still together")
    panel.set_xlabel("Years since start" + (" (log scale)" if logarithmic else ""))
    panel.set_ylim(0, 1.02)
    ticks = LOG_TICKS if logarithmic else LINEAR_TICKS
    if logarithmic:
        panel.set_xscale("log")
        panel.set_xlim(0.011, 12)
    else:
        panel.set_xlim(0, 5.45)
    panel.set_xticks(ticks, [f"{t:g}" for t in ticks])
    panel.set_xticks([], minor=True)
    panel.spines[["top", "right"]].set_visible(False)
    panel.legend(title=f"Third of {MEASURES[curves.measure]}", loc="upper right", borderpad=0)
    _risk_table(panel, table, curves, ticks)


def _risk_table(panel: Axes, table: Axes, curves: SurvivalCurves, ticks: Any) -> None:
    table.set_xscale(panel.get_xscale())
    table.set_xlim(panel.get_xlim())
    table.set_ylim(3.6, -0.6)
    table.axis("off")
    # Labels stand left of the first number, in the space under the axis label.
    table.text(0, -0.15, "Number at risk", transform=table.get_yaxis_transform(), fontsize=8,
               ha="left", va="center", color="#333333")
    for k, group in enumerate(THIRDS, start=1):
        colour = style.THIRDS[group][0]
        table.text(-0.015, k, THIRDS[group], transform=table.get_yaxis_transform(), fontsize=8,
                   ha="right", va="center", color=colour, fontweight="bold")
        for tick, count in zip(ticks, at_risk(curves.curve, group, ticks * DAYS_PER_YEAR), strict=True):
            table.text(tick, k, str(count), fontsize=8, ha="center", va="center")


def _steps(panel: Axes, rows: pd.DataFrame, colour: str, dashes: Any, label: str, start: float) -> None:
    """A step curve from `start` at time zero, its band, and ticks where rows are censored."""
    time = np.concatenate([[0.0], rows["time"].to_numpy() / DAYS_PER_YEAR])
    level = np.concatenate([[start], rows["estimate"].to_numpy()])
    panel.step(time, level, where="post", color=colour, linestyle=dashes, label=label)
    panel.fill_between(
        time[1:], rows["conf_low"], rows["conf_high"], step="post", color=colour, alpha=style.BAND,
        linewidth=0,
    )


def _forest_point(
    panel: Axes, y: float, fitted: Fitted, term: str, colour: str, marker: str
) -> None:
    ratio = fitted.hazard_ratio(term)
    if ratio is None:
        return
    panel.plot([ratio["low"], ratio["high"]], [y, y], color=colour, linewidth=1.6)
    panel.plot(ratio["estimate"], y, marker=marker, color=colour, markersize=6.5)
    text = interval_text(ratio["estimate"], ratio["low"], ratio["high"])
    panel.text(ratio["estimate"], y - 0.1, text, fontsize=7.5, ha="center", va="bottom")


def _survival_note(curves: list[SurvivalCurves], source: str) -> str:
    sizes = "; ".join(
        f"{c.family.id} by {MEASURES[c.measure]} N = {c.n}, {c.events} ended" for c in curves
    )
    text = (
        f"Kaplan-Meier estimates with 95% bands, by thirds of the measure. {sizes}. "
        "Cabinets: a regular election censors. "
        f"{source}"
    )
    width = 118 if len(curves) == 1 else 205
    return "\n".join(textwrap.wrap(text, width))
