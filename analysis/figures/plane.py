"""Power-interest plane: where coalitions stand, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.figures import house
from analysis.figures.described import finish
from analysis.figures.sources import source_line
from analysis.figures.words import groups_in_order, plain
from analysis.models.frame import Floats, as_pandas, complete_rows, numeric, require_columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BINS = 12
_HATCHES = ("", "////", "", "....", "\\\\\\\\", "xxxx")  # neighbours in the bars differ in grey too
# Marker, colour and whether it is filled; the three differ in shape, colour and lightness.
_LOOKS = (
    ("o", house.SKY, False),
    ("D", house.VERMILION, True),
    ("^", house.BLACK, True),
    ("s", house.BLUE, True),
    ("v", house.PURPLE, True),
    ("P", house.GREEN, True),
)


def power_interest_plane(
    frame: Any,
    power: str = "power_hhi",
    interest: str = "interest_depth",
    outcome: str = "outcome",
    size: str | None = "n_members",
    *,
    outcomes: Mapping[Any, str] | None = None,
    labels: tuple[str, str] = ("Power concentration (HHI, 0 to 1)", "Interest depth (0 to 1)"),
    units: str = "coalitions",
    title: str = "Power, interests and what became of coalitions",
    caption: str = "",
    source: str | None = None,
) -> Figure:
    """A point for each coalition by power and interests, its shape and colour by outcome.

    At the margins are the numbers of coalitions in each of twelve classes of equal width, stacked
    by outcome.

    Args:
        frame: any data frame, one row per coalition.
        power, interest: columns of the horizontal and of the vertical axis.
        outcome: column of the outcomes; at most six.
        size: column by whose square root points grow (members); None for points of one size.
        outcomes: outcomes in the order of the legend, with the words for them; rows with others
            are left out. Later ones are drawn above earlier ones.
        labels: of the two axes.
        units, title, caption, source: as in `survival_curves`.

    Returns:
        The figure.

    Rows with a missing value in the columns used are dropped with a DroppedRowsWarning; N counts
    those that are left.

    Raises:
        UnknownNameError: a column that the frame does not have, an outcome that does not occur.
        InvalidDataError: no complete row, text instead of numbers, more than six outcomes.
    """
    data = as_pandas(frame)
    columns = [power, interest, outcome, *([size] if size else [])]
    require_columns(data, columns, "power_interest_plane")
    if outcomes is not None:
        data = data[data[outcome].isin(list(outcomes))]
    used, dropped = complete_rows(data, columns)
    x, y = numeric(used, power), numeric(used, interest)
    shown = groups_in_order(used[outcome].sort_values(), outcomes, outcome)
    house.series(len(shown), f"column {outcome!r}")
    area = np.full(len(used), 26.0) if size is None else 7.0 + 9.0 * numeric(used, size)
    with house.drawing():
        figure = house.page(5.4)
        grid = figure.add_gridspec(2, 2, height_ratios=[1, 4.2], width_ratios=[4.2, 1])
        panel = figure.add_subplot(grid[1, 0])
        above = figure.add_subplot(grid[0, 0], sharex=panel)
        right = figure.add_subplot(grid[1, 1], sharey=panel)
        kind = used[outcome].to_numpy()
        for (value, words), (marker, colour, filled) in zip(shown.items(), _LOOKS, strict=False):
            mine = kind == value
            panel.scatter(
                x[mine], y[mine], s=area[mine], marker=marker, linewidths=0.9,
                facecolors=colour if filled else "none", edgecolors="black" if filled else colour,
                alpha=0.85, label=f"{words} ({int(mine.sum())})", gid=f"outcome {value}",
            )  # fmt: skip
        _margin(above, x, kind, list(shown), "vertical")
        _margin(right, y, kind, list(shown), "horizontal")
        panel.set_xlabel(labels[0])
        panel.set_ylabel(labels[1])
        house.bare(panel)
        missing = len(data) - len(used)
        said = {power: _brief(labels[0]), interest: _brief(labels[1])}
        lost = f" {missing} {units} without a value of {_names(dropped, said)} left out." * bool(
            missing
        )
        bigger = f" The larger the point, the more {size.removeprefix('n_')}." if size else ""
        return finish(
            figure,
            title=title,
            alt=_alt(x, y, kind, shown, labels),
            caption=f"{caption} At the margins, numbers of {units}.{bigger}{lost}",
            size=f"N = {len(used)} {units}",
            n=len(used),
            source=source_line(data, source=source),
            keys=_keys(panel, used, size),
        )


def _margin(panel: Axes, values: Floats, kind: Any, shown: list[Any], direction: str) -> None:
    edges = np.linspace(
        values.min(), values.max() if np.ptp(values) else values.min() + 1, BINS + 1
    )
    floor = np.zeros(BINS)
    looks: dict[str, Any] = {"align": "edge", "linewidth": 0.7, "edgecolor": "black"}
    for value, (_, colour, _), hatch in zip(shown, _LOOKS, _HATCHES, strict=False):
        looks["hatch"] = hatch
        count, _ = np.histogram(values[kind == value], edges)
        if direction == "vertical":
            panel.bar(edges[:-1], count, np.diff(edges), floor, facecolor=colour, **looks)
        else:
            panel.barh(edges[:-1], count, np.diff(edges), floor, facecolor=colour, **looks)
        floor = floor + count
    if direction == "vertical":
        panel.tick_params(labelbottom=False)
        panel.set_ylabel("Number")
    else:
        panel.tick_params(labelleft=False)
        panel.set_xlabel("Number")
    house.bare(panel)


def _keys(panel: Axes, used: pd.DataFrame, size: str | None) -> list[Any]:
    from matplotlib.lines import Line2D

    handles: list[Any] = [
        Line2D([], [], linestyle="", marker=marker, markersize=6,
               markerfacecolor=colour if filled else "none",
               markeredgecolor="black" if filled else colour, label=points.get_label())
        for points, (marker, colour, filled) in zip(panel.collections, _LOOKS, strict=False)
    ]  # fmt: skip
    if size is not None:
        low, high = int(used[size].min()), int(used[size].max())
        for k in sorted({low, high}):
            handles.append(
                Line2D([], [], linestyle="", marker="o", markersize=float(np.sqrt(7 + 9 * k)),
                       markerfacecolor="none", markeredgecolor=house.GREY,
                       label=f"{k} {size.removeprefix('n_')}")
            )  # fmt: skip
    return handles


def _brief(label: str) -> str:
    """A label of an axis without its unit, within a sentence."""
    words = label.split(" (")[0]
    return words[:1].lower() + words[1:]


def _names(dropped: dict[str, int], words: dict[str, str]) -> str:
    return " or ".join(words.get(name, plain(name)) for name in dropped)


def _alt(x: Floats, y: Floats, kind: Any, shown: dict[Any, str], labels: tuple[str, str]) -> str:
    parts = [
        f"{words}: {int((kind == value).sum())} points, medians {np.median(x[kind == value]):.2f} "
        f"and {np.median(y[kind == value]):.2f}"
        for value, words in shown.items()
        if (kind == value).any()
    ]
    return (
        f"Scatter of {len(x)} points, {labels[0]} across from {x.min():.2f} to {x.max():.2f} and "
        f"{labels[1]} upwards from {y.min():.2f} to {y.max():.2f}. {'; '.join(parts)}."
    )
