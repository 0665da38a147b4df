"""Step curves, their bands and the numbers at risk below them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.figures import house
from analysis.models.frame import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DAYS_PER_YEAR = 365.25


def at_risk(curve: pd.DataFrame, group: object, times: Floats) -> list[int]:
    """Numbers at risk of a group just before each time, in the unit of the curve.

    At time zero that is everybody; after the last exit nobody.
    """
    mine = curve[curve["group"] == group]
    place = np.searchsorted(mine["time"].to_numpy(), times, side="left")
    counts = np.append(mine["n_risk"].to_numpy(), 0)
    return [int(k) for k in counts[place]]


def step_curve(
    panel: Axes,
    rows: pd.DataFrame,
    colour: str,
    dashes: Any,
    label: str,
    start: float,
    per: float = DAYS_PER_YEAR,
) -> None:
    """A step curve that begins at the level `start`, with its band.

    Args:
        panel: to draw in.
        rows: time, estimate, conf_low, conf_high of one group.
        colour, dashes, label: of the line.
        start: 1 for survival, 0 for incidence.
        per: units of time in one unit of the axis.
    """
    time = np.concatenate([[0.0], rows["time"].to_numpy() / per])
    level = np.concatenate([[start], rows["estimate"].to_numpy()])
    panel.step(time, level, where="post", color=colour, linestyle=dashes, label=label)
    panel.fill_between(
        time[1:], rows["conf_low"], rows["conf_high"], step="post", color=colour,
        alpha=house.BAND, linewidth=0,
    )  # fmt: skip


def risk_table(
    panel: Axes,
    table: Axes,
    curve: pd.DataFrame,
    groups: Iterable[tuple[object, str, str]],
    ticks: Floats,
    *,
    left: float | None = None,
    lines: float | None = None,
    per: float = DAYS_PER_YEAR,
) -> None:
    """Numbers at risk under the ticks of the panel above, a line for each group.

    Args:
        panel: the panel with the curves.
        table: an empty panel below it.
        curve: group, time, n_risk.
        groups: value, words and colour of each.
        ticks: in units of the axis.
        left: where the words begin, as a share of the panel's width; None sets them flush right
            beside the panel.
        lines: height in lines; None for as many as there are groups.
        per: units of time in one unit of the axis.
    """
    listed = list(groups)
    table.set_xscale(panel.get_xscale())
    table.set_xlim(panel.get_xlim())
    table.set_ylim(lines or len(listed) + 0.8, 0)
    table.axis("off")
    beside = table.get_yaxis_transform()
    # Flush right there is room for half of the number under the first tick.
    x, align, shift = (0.0, "right", -18.0) if left is None else (left, "left", 0.0)

    def name(line: int, words: str, **looks: Any) -> None:
        table.annotate(
            words, (x, line + 0.2), (shift, 0), xycoords=beside, textcoords="offset points",
            fontsize=8, va="center", ha=align, annotation_clip=False, **looks,
        )  # fmt: skip

    name(0, "Number at risk")
    for k, (group, words, colour) in enumerate(listed, start=1):
        name(k, words, color=colour, fontweight="bold")
        for tick, count in zip(ticks, at_risk(curve, group, ticks * per), strict=True):
            table.text(
                float(tick), k + 0.2, str(count), fontsize=8, ha="center", va="center",
                gid=f"at-risk {group} {tick:g}",
            )  # fmt: skip


def time_axis(
    panel: Axes, last: float, label: str, logarithmic: bool, narrow: bool = False
) -> Floats:
    """Scale, limits and ticks of the axis of time; returns the ticks, few if it is narrow."""
    from matplotlib.ticker import MaxNLocator

    if logarithmic:
        decades = 10.0 ** np.arange(-3, 5)
        ticks = decades if narrow else np.sort(np.concatenate([decades, 3 * decades]))
        panel.set_xscale("log")
        first = ticks[max(int(np.searchsorted(ticks, last / 1000)) - 1, 0)]
        ticks = ticks[(ticks >= first) & (ticks <= last)]
        panel.set_xlim(float(first) * 0.9, last * 1.15)
    else:
        ticks = np.asarray(
            MaxNLocator(5 if narrow else 6, steps=[1, 2, 2.5, 5, 10]).tick_values(0, last)
        )
        ticks = ticks[(ticks >= 0) & (ticks <= last)]
        panel.set_xlim(0, last * 1.02)
    panel.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    panel.set_xticks([], minor=True)
    panel.set_xlabel(label + (" (log scale)" if logarithmic else ""))
    house.bare(panel)
    return np.asarray(ticks, dtype=np.float64)
