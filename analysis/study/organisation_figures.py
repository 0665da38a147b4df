"""Figures of coalitions of organisations: duration, ways to end, and every coalition's life."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.figures.steps import risk_table, step_curve
from analysis.figures.words import p_text
from analysis.study import style
from analysis.study.labels import years
from analysis.study.organisations import UNKNOWN_WAY, OrganisationResults
from analysis.study.plan import DAYS_PER_YEAR

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TICKS = np.array([0.0, 5.0, 10.0, 15.0, 20.0, 25.0])
GROUPS: dict[str, dict[str, tuple[str, Any]]] = {
    "form": {
        "coalition": (style.ORANGE, "-"),
        "alliance": (style.BLUE, (0, (5, 1.5))),
        "network": (style.BLACK, (0, (1.2, 1.2))),
    },
    "governance": {
        "loose": (style.ORANGE, "-"),
        "steering_committee": (style.BLUE, (0, (5, 1.5))),
        "single_host": (style.BLACK, (0, (1.2, 1.2))),
        "secretariat": (style.GREY, (0, (5, 1.5, 1.2, 1.5))),
    },
}
# Lightness differs from neighbour to neighbour, so that the colours tell apart in grey as well.
WAYS = {
    "goal achieved": ("#0B3C5D", "o"),
    "goal out of reach": ("#E69F00", "X"),
    "became something else": ("#3B8FBF", "D"),
    "given up": ("#A9A9A9", "s"),
    UNKNOWN_WAY: ("#E3E3E3", "v"),
}


def duration(results: OrganisationResults, source: str) -> Figure:
    """Kaplan-Meier curves by form and by governance, with numbers at risk."""
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(11.5, 5.4))
    grid = figure.add_gridspec(1, 2, left=0.14, right=0.985, bottom=0.1, top=0.87, wspace=0.42)
    shown = (
        ("form", "form", results.form_curves, results.by_form, results.form_p),
        (
            "governance",
            "governance (coalitions only)",
            results.governance_curves,
            results.by_governance,
            results.governance_p,
        ),
    )
    for k, (kind, words, curve, summary, p_value) in enumerate(shown):
        _duration_panel(figure, grid[k], kind, words, curve, summary, p_value)
    note = (
        f"Kaplan-Meier estimates with 95% bands, N = {len(results.all_forms)}, of which "
        f"{int(results.all_forms['event'].sum())} ended on a known date. Coalitions that go on, or "
        f"ended on an unknown day, are censored when last seen. {source}"
    )
    style.footnote(figure, "\n".join(textwrap.wrap(note, 200)))
    return figure


def ways_to_end(results: OrganisationResults, source: str) -> Figure:
    """Cumulative incidence of the ways to end, stacked: together the share that has ended."""
    import matplotlib.pyplot as plt

    figure, panel = plt.subplots(figsize=(7.4, 5.0))
    figure.subplots_adjust(left=0.09, right=0.985, bottom=0.19, top=0.88)
    grid = np.linspace(0, 25, 501)
    floor = np.zeros_like(grid)
    counts = results.main.frame["way"].value_counts()
    for way, (colour, _) in WAYS.items():
        curve = results.ways[results.ways["cause"] == way]
        if curve.empty:
            continue
        place = np.searchsorted(curve["time"] / DAYS_PER_YEAR, grid, side="right")
        level = np.append(0.0, curve["estimate"])[place]
        panel.fill_between(
            grid, floor, floor + level, color=colour, linewidth=0.6, edgecolor="white",
            label=f"{way} ({counts[way]})",
        )  # fmt: skip
        floor = floor + level
    panel.set_xlim(0, 25)
    panel.set_ylim(0, 1)
    panel.set_xlabel("Years since start")
    panel.set_ylabel("Cumulative incidence")
    # From the top of the stack down, as the eye meets the areas.
    handles, labels = panel.get_legend_handles_labels()
    panel.legend(handles[::-1], labels[::-1], loc="upper left", frameon=True, framealpha=0.9)
    frame = results.main.frame
    style.titles(
        panel,
        "How coalitions of organisations end",
        f"N = {len(frame)} coalitions, {int(frame['event'].sum())} ended on a known date",
    )
    panel.spines[["top", "right"]].set_visible(False)
    note = (
        "Aalen-Johansen estimates, one above the other; numbers of coalitions in brackets. Given "
        f"up: split, faded, wound up, or its occasion passed. {source}"
    )
    style.footnote(figure, "\n".join(textwrap.wrap(note, 128)))
    return figure


def timeline(results: OrganisationResults, source: str) -> Figure:
    """Every coalition, alliance and network from start to end, by year of start."""
    import matplotlib.pyplot as plt
    from matplotlib.lines import Line2D

    rows = results.all_forms.sort_values(["start", "unit_id"], ascending=[False, True])
    figure, panel = plt.subplots(figsize=(8.6, 0.135 * len(rows) + 1.9))
    height = figure.get_size_inches()[1]
    figure.subplots_adjust(left=0.4, right=0.985, bottom=1.0 / height, top=1 - 0.75 / height)
    start, stop = _decimal(rows["start"]), _decimal(rows["end_or_last_seen"])
    for k, (begin, end, way, form) in enumerate(
        zip(start, stop, rows["way"], rows["form"], strict=True)
    ):
        colour, marker = WAYS.get(way, (style.BLACK, ""))
        line = "-" if form == "coalition" else (0, (2, 1))
        panel.plot([begin, end], [k, k], color=style.GREY, linewidth=1.1, linestyle=line)
        if marker:
            panel.plot(
                end, k, marker, color=colour, markersize=4.4, markeredgecolor=style.BLACK,
                markeredgewidth=0.5,
            )  # fmt: skip
        else:
            panel.plot(end, k, ">", color="white", markersize=4, markeredgecolor=style.GREY)
    panel.set_yticks(range(len(rows)), [textwrap.shorten(n, 58) for n in rows["name"]], fontsize=6)
    panel.set_ylim(-0.8, len(rows) - 0.2)
    panel.tick_params(axis="y", length=0, pad=2)
    panel.grid(axis="x", color="#E8E8E8", linewidth=0.6)
    panel.set_axisbelow(True)
    panel.set_xlabel("Year")
    panel.spines[["top", "right", "left"]].set_visible(False)
    style.titles(
        panel,
        f"{len(rows)} coalitions, alliances and networks of organisations",
        "by year of start",
    )
    handles = [
        Line2D([], [], color=colour, marker=marker, linestyle="", markersize=5,
               markeredgecolor=style.BLACK, markeredgewidth=0.5, label=way)
        for way, (colour, marker) in WAYS.items()
    ]  # fmt: skip
    handles.append(
        Line2D([], [], color="white", marker=">", linestyle="", markersize=5,
               markeredgecolor=style.GREY, label="last seen")
    )  # fmt: skip
    panel.legend(handles=handles, loc="lower left", frameon=True, framealpha=1, fontsize=7.5)
    style.footnote(
        figure,
        "Broken lines: standing alliances and networks. Dates known to the year are drawn at its "
        f"middle.\n{source}",
    )
    return figure


def _duration_panel(
    figure: Figure,
    place: Any,
    kind: str,
    words: str,
    curve: pd.DataFrame,
    summary: pd.DataFrame,
    p_value: float,
) -> None:
    inner = place.subgridspec(2, 1, height_ratios=[3.6, 1], hspace=0.3)
    panel, table = figure.add_subplot(inner[0]), figure.add_subplot(inner[1])
    size = summary.set_index("group")
    shown = [group for group in GROUPS[kind] if group in size.index]
    for group in shown:
        colour, dashes = GROUPS[kind][group]
        mine = curve[curve["group"] == group]
        label = f"{group.replace('_', ' ')} ({years(size['median'][group], 1)})"
        step_curve(panel, mine, colour, dashes, label, start=1.0)
    panel.set_xlim(0, 27)
    panel.set_ylim(0, 1.02)
    panel.set_xticks(TICKS, [f"{t:g}" for t in TICKS])
    panel.set_xlabel("Years since start")
    panel.set_ylabel("Share still together")
    panel.legend(title="Median in years", loc="upper right", title_fontsize=8.5)
    panel.spines[["top", "right"]].set_visible(False)
    style.titles(panel, f"Duration by {words}", f"Log-rank test {p_text(p_value)}")
    groups = [(group, group.replace("_", " "), GROUPS[kind][group][0]) for group in shown]
    risk_table(panel, table, curve, groups, TICKS, left=-0.36, lines=5.2)


def _decimal(dates: pd.Series) -> list[float]:
    return list((dates.dt.year + (dates.dt.dayofyear - 1) / DAYS_PER_YEAR).astype(float))
