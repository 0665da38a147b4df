"""Specification curves: sorted estimates above, the choices behind them below."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.figures import house
from analysis.figures.described import finish
from analysis.figures.sources import source_line
from analysis.figures.words import plain
from analysis.models.frame import Floats, as_pandas, numeric, require_columns
from coalitiondata.errors import InvalidDataError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PLACES = 240  # more estimates than this share columns
_ROW = 0.165  # inches
_CLEAR, _UNCLEAR, _INTERVAL = "#000000", "#8C8C8C", "#D9D9D9"
_TICKS = (0.05, 0.1, 0.2, 0.33, 0.5, 0.67, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0)
_FAR_TICKS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)


def specification_curve(
    table: Any,
    choices: Sequence[str],
    estimate: str = "estimate",
    low: str = "conf_low",
    high: str = "conf_high",
    main: str | None = None,
    *,
    ratio: bool = True,
    label: str = "Hazard ratio",
    words: Mapping[str, str] | None = None,
    levels: Mapping[tuple[str, str], str] | None = None,
    title: str = "One question, many defensible answers",
    caption: str = "",
    source: str | None = None,
) -> Figure:
    """Estimates of many specifications in rising order, and below them which choices each makes.

    A specification has a column; where there are more than 240, neighbours share one, which shows
    their medians and, below, the share of them that makes each choice. Estimates whose interval
    leaves out "no effect" are black. Beside each choice stands the median of the estimates that
    make it.

    Args:
        table: any data frame, one row per specification.
        choices: columns of the choices; those with one level are not shown.
        estimate, low, high: columns of the estimates and their intervals.
        main: column that is true for the specification planned beforehand, marked by a diamond.
        ratio: estimates are ratios, on a logarithmic axis against 1; else as they are against 0.
        label: of the axis.
        words: words for the choices.
        levels: words for a level of a choice, by (choice, level).
        title, caption, source: as in `survival_curves`.

    Returns:
        The figure. Rows without an estimate are left out and counted in the caption.

    Raises:
        UnknownNameError: a column that the table does not have.
        InvalidDataError: no estimate; ratios that are not positive.

    Source: Simonsohn, Simmons and Nelson (2020), Nature Human Behaviour 4: 1208-1214.
    """
    data = as_pandas(table)
    needed = [estimate, low, high, *choices, *([main] if main else [])]
    require_columns(data, needed, "specification_curve")
    found = data[data[estimate].notna()].sort_values(estimate, kind="stable")
    if found.empty:
        raise InvalidDataError("specification_curve: the table has no estimate")
    nothing = 1.0 if ratio else 0.0
    if ratio and (numeric(found, estimate) <= 0).any():
        raise InvalidDataError(f"column {estimate!r} has ratios that are not positive; ratio=False")
    found = found.reset_index(drop=True)
    rows = _levels(found, choices)
    places = min(len(found), PLACES)
    place = np.arange(len(found)) * places // len(found)
    lines = len(rows) + len({choice for choice, _ in rows})
    with house.drawing():
        below = _ROW * max(lines, 1)
        figure = house.page(2.4 + below + 0.4)
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[2.4, below])
        _estimates(top, found[[estimate, low, high]], place, nothing, ratio)
        top.set_ylabel("\n".join(textwrap.wrap(label + (" (log scale)" if ratio else ""), 26)))
        _dashboard(bottom, found, place, rows, estimate, (words or {}, levels or {}))
        bottom.set_xlabel(f"{len(found)} specifications, sorted by their estimates")
        marked = bool(main) and bool(found[main].fillna(False).any())
        if marked:
            at = int(np.flatnonzero(found[main].fillna(False).astype(bool))[0])
            top.scatter(
                place[at], found[estimate][at], s=42, marker="D", facecolor="white",
                edgecolor="black", zorder=5, gid="main",
            )  # fmt: skip
            for panel in (top, bottom):
                panel.axvline(place[at], color="black", linewidth=0.7, linestyle=(0, (4, 2)))
        clear = _clear(found, low, high, nothing)
        lost = len(data) - len(found)
        note = (" Diamond: planned beforehand." if marked else "") + (
            f" {lost} specifications without an estimate." if lost else ""
        )
        if len(found) > PLACES:
            note += " Each column stands for several: their medians and shares."
        return finish(
            figure,
            title=title,
            alt=_alt(found[estimate], clear, nothing, label),
            caption=f"{caption} Black: the 95% interval leaves out {nothing:g}. Specifications "
            f"share their data: shares of them are no tests.{note}",
            size=f"N = {len(found)} specifications",
            n=len(found),
            source=source_line(source=source),
        )


def _levels(found: pd.DataFrame, choices: Sequence[str]) -> list[tuple[str, Any]]:
    """Choices that vary, with their levels in the order of appearance in the table."""
    rows = []
    for choice in choices:
        column = found[choice]
        present = (
            [level for level in column.cat.categories if (column == level).any()]
            if isinstance(column.dtype, pd.CategoricalDtype)
            else sorted(column.dropna().unique(), key=str)
        )
        if len(present) > 1:
            rows += [(choice, level) for level in present]
    return rows


def _clear(found: pd.DataFrame, low: str, high: str, nothing: float) -> pd.Series:
    return (found[low] > nothing) | (found[high] < nothing)


def _estimates(panel: Axes, values: pd.DataFrame, place: Any, nothing: float, ratio: bool) -> None:
    estimate, low, high = values.columns
    clear = _clear(values, low, high, nothing).groupby(place).mean()
    middle = values.replace([np.inf, -np.inf], np.nan).groupby(place).median()
    at = middle.index.to_numpy()
    panel.vlines(at, middle[low], middle[high], color=_INTERVAL, linewidth=1.1, zorder=1)
    panel.axhline(nothing, color="black", linewidth=0.8, zorder=2)
    shade = np.where(clear >= 0.5, _CLEAR, _UNCLEAR)
    panel.scatter(at, middle[estimate], s=6, c=list(shade), linewidths=0, zorder=3, gid="estimates")
    # Room for all estimates and nearly all intervals: a few are very wide.
    bottom = min(middle[low].quantile(0.05), middle[estimate].min(), 0.8 if ratio else nothing)
    upper = max(middle[high].quantile(0.95), middle[estimate].max(), 1.25 if ratio else nothing)
    if ratio:
        panel.set_yscale("log")
        panel.set_ylim(max(bottom, 0.01) / 1.08, upper * 1.08)
        far = upper / max(bottom, 0.01) > 8
        ticks = [
            t
            for t in (_FAR_TICKS if far else _TICKS)
            if max(bottom, 0.01) / 1.08 <= t <= upper * 1.08
        ]
        panel.set_yticks(ticks, [f"{t:g}" for t in ticks])
        panel.set_yticks([], minor=True)
    else:
        margin = 0.05 * (upper - bottom)
        panel.set_ylim(bottom - margin, upper + margin)
    panel.tick_params(bottom=False)
    house.bare(panel, "top", "right", "bottom")


def _dashboard(
    panel: Axes,
    found: pd.DataFrame,
    place: Any,
    rows: list[tuple[str, Any]],
    estimate: str,
    named: tuple[Mapping[str, str], Mapping[tuple[str, str], str]],
) -> None:
    words, levels = named
    places = int(place.max()) + 1
    ticks, labels, y = [], [], 0.0
    for k, (choice, level) in enumerate(rows):
        if not k or rows[k - 1][0] != choice:
            _beside(panel, 0, y, words.get(choice, plain(choice)), "left", weight="bold")
            y += 1
        chosen = found[choice] == level
        share: Floats = np.bincount(place, weights=chosen, minlength=places) / np.bincount(place)
        strip = np.where(share > 0, share / share.max(), np.nan)[None]
        panel.pcolormesh(
            np.arange(places + 1) - 0.5, [y - 0.42, y + 0.42], strip, cmap="Greys", vmin=0, vmax=1,
            rasterized=True,
        )  # fmt: skip
        _beside(panel, 1.012, y, f"{found.loc[chosen, estimate].median():.2f}", "left")
        ticks.append(y)
        labels.append(levels.get((choice, str(level)), plain(level)))
        y += 1
    _beside(panel, 1.012, 0, "median", "left")
    panel.set_ylim(y - 0.4, -0.6)
    panel.set_xlim(-0.5 - 0.01 * places, places - 0.5 + 0.01 * places)
    panel.set_yticks(ticks, labels, fontsize=8)
    panel.set_xticks([])
    panel.tick_params(left=False, bottom=False)
    house.bare(panel, "top", "right", "bottom", "left")


def _beside(panel: Axes, x: float, y: float, text: str, align: str, weight: str = "normal") -> None:
    panel.annotate(
        text, (x, y), xycoords=("axes fraction", "data"), va="center", ha=align, fontsize=8,
        fontweight=weight, annotation_clip=False,
    )  # fmt: skip


def _alt(estimate: pd.Series, clear: pd.Series, nothing: float, label: str) -> str:
    q = estimate.quantile([0, 0.25, 0.5, 0.75, 1]).tolist()
    above, below = clear & (estimate > nothing), clear & (estimate < nothing)
    return (
        f"{len(estimate)} estimates ({label}) in rising order from {q[0]:.2f} to {q[4]:.2f}, "
        f"median {q[2]:.2f}, quartiles {q[1]:.2f} and {q[3]:.2f}; {above.mean():.0%} clearly "
        f"above and {below.mean():.0%} clearly below {nothing:g}. "
        "Below, a map of the choices behind each."
    )
