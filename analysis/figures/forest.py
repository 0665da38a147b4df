"""Forest plots: estimates of several terms and models with their intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.figures import house
from analysis.figures.described import finish
from analysis.figures.sources import source_line
from analysis.figures.words import plain, records
from analysis.models.frame import as_pandas, require_columns
from analysis.models.result import Fit
from coalitiondata.errors import InvalidDataError, UnknownNameError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NEEDED = ("term", "estimate", "conf_low", "conf_high")
RATIO_TICKS = (0.02, 0.05, 0.1, 0.2, 0.33, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0)
WIDEST = 20.0  # ratios beyond this, and its inverse, are cut off with an arrow
_ROW = 0.24  # inches


def forest_table(fits: Any) -> pd.DataFrame:
    """The estimates of fits, one below the other, as `forest` draws them.

    Args:
        fits: one fit of this package, or a mapping of words to fits.

    Returns:
        model, term, estimate, conf_low, conf_high, n, events; on the scale of the fit.

    Raises:
        InvalidDataError: something else, or nothing.
    """
    named = fits if isinstance(fits, Mapping) else {"": fits}
    if not named or not all(isinstance(each, Fit) for each in named.values()):
        raise InvalidDataError("forest: give a fit, a mapping of words to fits, or a data frame")
    parts = [
        fit.table[list(NEEDED)].assign(model=words, n=fit.n, events=fit.events)
        for words, fit in named.items()
    ]
    columns = ["model", *NEEDED, "n", "events"]
    table: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return table[columns]


def forest(
    fits: Any,
    terms: Mapping[str, str] | None = None,
    *,
    exponentiate: bool = True,
    estimate: str = "Hazard ratio",
    sides: tuple[str, str] = ("lasts longer", "ends sooner"),
    limits: tuple[float, float] | None = None,
    units: str = "coalitions",
    title: str = "What makes coalitions end",
    caption: str = "",
    source: str | None = None,
) -> Figure:
    """Estimates with 95 per cent intervals, a line for each term and model, numbers beside them.

    Args:
        fits: one fit, a mapping of words to fits, or a data frame with term, estimate, conf_low
            and conf_high, perhaps model, n and events.
        terms: terms in the order in which they are shown, with the words for them; others are
            left out. By default all, as they are called.
        exponentiate: show exp(estimate) on a logarithmic axis; False shows the estimates as they
            are, against zero.
        estimate: what is estimated, for the axis.
        sides: what values on the left and on the right of the line mean.
        limits: of the axis; intervals that go beyond end in an arrow.
        units, title, caption, source: as in `survival_curves`.

    Returns:
        The figure. Estimates that are missing have no line; the caption counts them.

    Raises:
        UnknownNameError: a column that the frame does not have, a term that is not estimated.
        InvalidDataError: nothing to show, or more than six models.
    """
    table = as_pandas(fits) if not isinstance(fits, (Fit, Mapping)) else forest_table(fits)
    require_columns(table, NEEDED, "forest")
    table = table.assign(model=table["model"].astype(str) if "model" in table else "")
    if terms is not None:
        for each in terms:
            if each not in set(table["term"]):
                listed = ", ".join(map(str, table["term"].unique()))
                raise UnknownNameError(f"forest: no estimate of {each!r}; there are {listed}")
        table = table[table["term"].isin(list(terms))]
    known = table[["estimate", "conf_low", "conf_high"]].notna().all(axis=1)
    shown = table[known]
    if shown.empty:
        raise InvalidDataError("forest: no estimate with an interval to show")
    words = dict(terms) if terms is not None else {t: plain(t) for t in shown["term"].unique()}
    models = list(shown["model"].unique())
    looks = dict(zip(models, house.series(len(models), "the mapping of fits"), strict=True))
    if exponentiate:
        shown = shown.assign(**{each: np.exp(shown[each]) for each in NEEDED[1:]})
    nothing = 1.0 if exponentiate else 0.0
    if limits is None:
        limits = _limits(shown, exponentiate, nothing)
    with house.drawing():
        figure = house.page(_ROW * (len(shown) + 0.6 * len(words)) + 0.85)
        panel = figure.subplots()
        panel.axvline(nothing, color=house.GREY, linewidth=0.9, zorder=0)
        y, places = 0.0, []
        for term in words:
            mine = shown[shown["term"] == term]
            first = y
            for row in records(mine):
                _line(panel, y, row, looks[row["model"]], limits)
                y += 1
            places.append((first + y - 1) / 2)
            y += 0.6
        panel.set_ylim(y - 0.6 - 0.4, -0.6)
        panel.set_yticks(places, list(words.values()))
        panel.tick_params(axis="y", length=0)
        panel.set_xlim(*limits)
        if exponentiate:
            panel.set_xscale("log")
            panel.set_xlim(*limits)
            ticks = [t for t in RATIO_TICKS if limits[0] <= t <= limits[1]]
            panel.set_xticks(ticks, [f"{t:g}" for t in ticks])
            panel.set_xticks([], minor=True)
        scale = " (log scale)" if exponentiate else ""
        panel.set_xlabel(f"{estimate}{scale}\n← {sides[0]}    {sides[1]} →")
        house.bare(panel, "top", "right", "left")
        sizes, n = _sizes(shown, units)
        missing = int((~known).sum())
        lost = f" {missing} estimates without interval not shown." if missing else ""
        return finish(
            figure,
            title=title,
            alt=_alt(shown, words, estimate),
            caption=f"{caption} Points are estimates, bars 95% intervals.{lost}",
            size=sizes,
            n=n,
            source=source_line(source=source),
            keys=_keys(looks) if len(models) > 1 else (),
        )


def _limits(shown: pd.DataFrame, exponentiate: bool, nothing: float) -> tuple[float, float]:
    low = min(float(shown["conf_low"].min()), nothing)
    high = max(float(shown["conf_high"].max()), nothing)
    if not exponentiate:
        margin = 0.05 * (high - low)
        return low - margin, high + margin
    low, high = min(low, 0.8), max(high, 1.25)
    return max(low / 1.1, 1 / WIDEST), min(high * 1.1, WIDEST)


def _line(
    panel: Axes, y: float, row: dict[str, Any], look: Any, limits: tuple[float, float]
) -> None:
    colour, _, marker = look
    low, high = max(row["conf_low"], limits[0]), min(row["conf_high"], limits[1])
    panel.plot([low, high], [y, y], color=colour, linewidth=1.6, gid="interval")
    for end, cut, arrow in ((limits[0], row["conf_low"] < limits[0], "<"),
                            (limits[1], row["conf_high"] > limits[1], ">")):  # fmt: skip
        if cut:
            panel.plot(end, y, arrow, color=colour, markersize=5, clip_on=False)
    if limits[0] <= row["estimate"] <= limits[1]:
        panel.plot(row["estimate"], y, marker, color=colour, markersize=6, gid="estimate")
    text = f"{row['estimate']:.2f} ({row['conf_low']:.2f} to {row['conf_high']:.2f})"
    panel.annotate(
        text, (1.02, y), xycoords=("axes fraction", "data"), va="center", fontsize=8,
        annotation_clip=False,
    )  # fmt: skip


def _keys(looks: dict[str, Any]) -> list[Any]:
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], color=colour, marker=marker, linewidth=1.6, label=words)
        for words, (colour, _, marker) in looks.items()
    ]


def _sizes(shown: pd.DataFrame, units: str) -> tuple[str, int]:
    """N in words, and the largest."""
    if "n" not in shown or shown["n"].isna().all():
        return f"N = {len(shown)} estimates", len(shown)
    columns = [c for c in ("model", "n", "events") if c in shown]
    sizes = shown[columns].drop_duplicates()
    parts = []
    alike = len(sizes.drop(columns="model").drop_duplicates()) == 1
    for row in records(sizes.iloc[:1] if alike else sizes):
        whose = f"{row['model']}: " if row["model"] and not alike else ""
        events = f", {row['events']} events" if "events" in row else ""
        parts.append(f"{whose}N = {row['n']} {units}{events}")
    return "; ".join(parts), int(shown["n"].max())


def _alt(shown: pd.DataFrame, words: Mapping[str, str], estimate: str) -> str:
    parts = [
        f"{words[row['term']]}{' in ' + row['model'] if row['model'] else ''} "
        f"{row['estimate']:.2f} ({row['conf_low']:.2f} to {row['conf_high']:.2f})"
        for row in records(shown)
    ]
    return f"Points with horizontal intervals. {estimate} of each term: {'; '.join(parts)}."
