"""Cumulative incidence by cause, with numbers at risk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.figures import house
from analysis.figures.described import finish
from analysis.figures.sources import source_line
from analysis.figures.steps import DAYS_PER_YEAR, risk_table, step_curve, time_axis
from analysis.figures.words import groups_in_order, p_text
from analysis.models.competing import cumulative_incidence, gray_test
from analysis.models.frame import as_list, as_pandas

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def incidence_curves(
    frame: Any,
    by: str | None = None,
    duration: str = "duration",
    cause: str = "cause",
    entry: str | None = None,
    *,
    causes: Mapping[Any, str] | None = None,
    groups: Mapping[Any, str] | None = None,
    per: float = DAYS_PER_YEAR,
    time: str = "Years since start",
    log_time: bool = False,
    units: str = "coalitions",
    title: str = "How coalitions end",
    caption: str = "",
    source: str | None = None,
) -> Figure:
    """Aalen-Johansen probabilities of having ended by each cause, with the numbers at risk.

    Without `by` one panel with a line for each cause; with it a panel for each cause, with a line
    for each group and Gray's test of their equality (not with late entry, for which it is not
    defined). Estimates and bands are those of `analysis.cumulative_incidence`; all causes compete,
    also those that are not shown.

    Args:
        frame: any data frame, one row per spell.
        by: column of the groups; at most six.
        duration, cause, entry: as in `cumulative_incidence`.
        causes, groups: values in the order in which they are shown, with the words for them;
            causes that it does not name are not drawn, groups are left out.
        per, time, log_time, units, title, caption, source: as in `survival_curves`.

    Returns:
        The figure.

    Rows with missing values in the columns used are dropped with a DroppedRowsWarning; N counts
    those that are left.

    Raises:
        UnknownNameError: a column that the frame does not have, a cause or group that does not
            occur.
        InvalidDataError: no rows, more than six causes or groups, or as `cumulative_incidence`.
    """
    data = as_pandas(frame)
    if by is not None and groups is not None and by in data:
        data = data[data[by].isin(list(groups))]
    curve = cumulative_incidence(data, duration, cause, by, entry)
    shown = groups_in_order(curve["group"], groups, by)
    ways = groups_in_order(curve["cause"], causes, cause)
    looks = house.series(len(shown if by else ways), f"column {by or cause!r}")
    tests = {}
    if by and len(shown) > 1 and entry is None:
        tests = gray_test(data, by, duration, cause).set_index("cause")["p_value"].to_dict()
    columns = min(len(ways), 2) if by else 1
    rows = -(-len(ways) // columns) if by else 1
    lines = len(shown)
    with house.drawing():
        figure = house.page(rows * (2.7 + 0.19 * (lines + 1)))
        grid = figure.add_gridspec(
            2 * rows, columns, height_ratios=[2.7, 0.19 * (lines + 1)] * rows
        )
        panels: list[tuple[Axes, Axes]] = []
        for k in range(len(ways) if by else 1):
            row, column = divmod(k, columns)
            panel = figure.add_subplot(grid[2 * row, column])
            panels.append((panel, figure.add_subplot(grid[2 * row + 1, column])))
        last = float(curve["time"].max()) / per
        for k, (panel, table) in enumerate(panels):
            if by:
                way = list(ways)[k]
                one = curve[curve["cause"] == way]
                lineup = [(one[one["group"] == g], words) for g, words in shown.items()]
                below = f"Gray's test {p_text(tests[way])}" if way in tests else ""
                house.heading(panel, ways[way], below)
            else:
                lineup = [(curve[curve["cause"] == w], words) for w, words in ways.items()]
            for (mine, words), (colour, dashes, _) in zip(lineup, looks, strict=True):
                count = int(mine["n_event"].sum())
                step_curve(panel, mine, colour, dashes, f"{words} ({count})", 0.0, per)
            top = max(np.nanmax([m["conf_high"].max(), m["estimate"].max()]) for m, _ in lineup)
            panel.set_ylim(0, min(top * (1.12 + 0.14 * len(lineup)), 1.6))
            panel.set_yticks([t for t in panel.get_yticks() if 0 <= t <= min(1.05 * top, 1)])
            panel.set_ylabel("Cumulative incidence")
            ticks = time_axis(panel, last, time, log_time, narrow=columns > 1)
            panel.legend(loc="upper left", borderpad=0)
            base = curve[curve["cause"] == curve["cause"].iloc[0]]
            listed = [(g, words, "black") for g, words in shown.items()]
            risk_table(panel, table, base, listed, ticks, per=per)
        needed = [duration, cause, *as_list(by), *as_list(entry)]
        n = int(data[needed].notna().all(axis=1).sum())
        return finish(
            figure,
            title=title,
            alt=_alt(curve, shown, ways, per, time),
            caption=f"{caption} Aalen-Johansen estimates with 95% bands; events in brackets.",
            size=f"N = {n} {units}, {int(curve['n_event'].sum())} ended",
            n=n,
            source=source_line(data, source=source),
        )


def _alt(
    curve: pd.DataFrame, shown: dict[Any, str], ways: dict[Any, str], per: float, time: str
) -> str:
    parts = []
    for way, words in ways.items():
        for group, name in shown.items():
            mine = curve[(curve["cause"] == way) & (curve["group"] == group)].iloc[-1]
            whose = f"{words} among {name}" if len(shown) > 1 else words
            parts.append(f"{whose} reaches {mine['estimate']:.2f} at {mine['time'] / per:.2g}")
    return (
        f"Rising step curves of the probability of having ended by each cause over {time.lower()}, "
        f"with bands and numbers at risk. {'; '.join(parts)}."
    )
