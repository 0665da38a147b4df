"""Kaplan-Meier curves with numbers at risk."""

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
from analysis.models.frame import as_pandas
from analysis.models.nonparametric import kaplan_meier, log_rank, median_survival

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def survival_curves(
    frame: Any,
    by: str | None = None,
    duration: str = "duration",
    event: str = "event",
    entry: str | None = None,
    *,
    groups: Mapping[Any, str] | None = None,
    per: float = DAYS_PER_YEAR,
    time: str = "Years since start",
    log_time: bool = False,
    level: str = "Share still together",
    units: str = "coalitions",
    title: str = "How long coalitions last",
    caption: str = "",
    source: str | None = None,
) -> Figure:
    """Kaplan-Meier curves with 95 per cent bands, by group, and the numbers at risk below.

    Estimates, bands and numbers are those of `analysis.kaplan_meier`; the p-value is that of
    `analysis.log_rank`, where there are two groups or more.

    Args:
        frame: any data frame, one row per spell.
        by: column of the groups; at most six.
        duration, event, entry: as in `kaplan_meier`.
        groups: values of `by` in the order of the legend, with the words for them; values that it
            does not name are left out.
        per: units of `duration` in one unit of the axis: 365.25 turns days into years.
        time, level: labels of the axes.
        log_time: a logarithmic axis of time, which leaves out what ends at zero.
        units: what a row is, for the caption.
        title, caption: printed; N and source are added to the caption.
        source: of the data; by default what `source_line` finds in the frame.

    Returns:
        The figure.

    Rows with missing values in the columns used are dropped with a DroppedRowsWarning; N counts
    those that are left.

    Raises:
        UnknownNameError: a column that the frame does not have, a group that does not occur.
        InvalidDataError: no rows, more than six groups, or as `kaplan_meier`.
    """
    data = as_pandas(frame)
    if by is not None and groups is not None and by in data:
        data = data[data[by].isin(list(groups))]
    curve = kaplan_meier(data, duration, event, entry, by)
    medians = median_survival(data, duration, event, entry, by).set_index("group")
    shown = groups_in_order(curve["group"], groups, by)
    looks = house.series(len(shown), f"column {by!r}")
    n, events = int(medians["n"].sum()), int(medians["events"].sum())
    below = ""
    if len(shown) > 1 and events:
        test = log_rank(data, by=str(by), duration=duration, event=event, entry=entry)
        below = f"log-rank {p_text(test.p_value)}"
    with house.drawing():
        figure = house.page(3.1 + 0.19 * (len(shown) + 1))
        panel, table = figure.subplots(
            2, 1, height_ratios=[3.1, 0.19 * (len(shown) + 1)], squeeze=True
        )
        listed = []
        for (group, words), (colour, dashes, _) in zip(shown.items(), looks, strict=True):
            mine = curve[curve["group"] == group]
            middle = medians["median"][group] / per
            label = f"{words}, median {middle:.2g}" if np.isfinite(middle) else words
            step_curve(panel, mine, colour, dashes, label, 1.0, per)
            listed.append((group, words, "black"))
        panel.set_ylim(0, 1.02)
        panel.set_ylabel(level)
        ticks = time_axis(panel, float(curve["time"].max()) / per, time, log_time)
        panel.legend(loc="upper right", borderpad=0, title=below or None, title_fontsize=8.5)
        risk_table(panel, table, curve, listed, ticks, per=per)
        return finish(
            figure,
            title=title,
            alt=_alt(shown, curve, medians, per, time, below),
            caption=f"{caption} Kaplan-Meier estimates with 95% bands.",
            size=f"N = {n} {units}, {events} ended",
            n=n,
            source=source_line(data, source=source),
        )


def _alt(
    shown: dict[Any, str],
    curve: pd.DataFrame,
    medians: pd.DataFrame,
    per: float,
    time: str,
    test: str,
) -> str:
    parts = []
    for group, words in shown.items():
        middle, last = medians["median"][group] / per, curve[curve["group"] == group].iloc[-1]
        halfway = f"falls to one half at {middle:.2g}" if np.isfinite(middle) else "stays above .5"
        parts.append(
            f"{words} ({medians['n'][group]} rows) {halfway} and ends at {last['estimate']:.2f} "
            f"at {last['time'] / per:.2g}"
        )
    return (
        f"Falling step curves of the share still together over {time.lower()}, with bands and a "
        f"table of numbers at risk. {'; '.join(parts)}. {test}"
    )
