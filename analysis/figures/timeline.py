"""Membership timelines: swim lanes with entries and exits."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.figures import house
from analysis.figures.described import finish
from analysis.figures.lanes import (
    GOES_ON,
    INTERRUPTED,
    LEFT,
    LONGEST,
    TO_THE_END,
    UNKNOWN,
    lanes,
    resolve,
)
from analysis.figures.sources import source_line
from analysis.figures.spans import date_axis, decimal
from analysis.figures.words import plain, records
from analysis.models.frame import as_pandas

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW = 0.205  # inches
_THICK, _THIN = 0.56, 0.24
_EXITS = {LEFT: "X", INTERRUPTED: "D", GOES_ON: ">"}


def membership_timeline(
    memberships: Any,
    coalition: str | Sequence[str],
    coalitions: Any = None,
    actors: Any = None,
    power: Any = None,
    resource: str | None = None,
    *,
    title: str | None = None,
    caption: str = "",
    source: str | None = None,
) -> Figure:
    """Swim lanes of the members of a named coalition, or of several after each other.

    One lane per member, ordered by entry, then by share of power. Bars are thick as long as the
    member was in for certain, and thin where a date known to the month or year leaves it open;
    broken lines stand for stays whose beginning or end no source dates. The leader has a dark bar
    and a star, an exit before the end a cross, a stay that went on when last observed an arrow.

    Args:
        memberships: any data frame with coalition_id, actor_id, joined and left (dates), perhaps
            spell, joined_precision and left_precision (day, month, year), role, exit_cause.
        coalition: id or name of one coalition, or several.
        coalitions: table with coalition_id, name, start, end, observed_until, perhaps leader and
            precisions; without it a coalition lasts from the first entry to the last exit.
        actors: table with actor_id and name; without it lanes bear ids.
        power: table with coalition_id, actor_id, year, resource, value.
        resource: of `power`, whose shares stand beside the lanes of a single coalition; see
            `lanes.power_share`.
        title, caption, source: as in `survival_curves`.

    Returns:
        The figure. Bars have gids "<actor> <coalition> <spell> certain" and "... uncertain".

    Raises:
        UnknownNameError: a coalition, column or resource that does not exist.
        InvalidDataError: a name that several coalitions bear; a coalition without dates.
    """
    table = None if coalitions is None else as_pandas(coalitions)
    people = None if actors is None else as_pandas(actors)
    strength = None if power is None else as_pandas(power)
    data = as_pandas(memberships)
    ids = resolve(coalition, table)
    if len(ids) > 1:
        strength = None
    stays = lanes(data, ids, table, people, strength, resource)
    names = _names(ids, table)
    count = int(stays["lane"].max()) + 1
    with house.drawing():
        figure = house.page(_ROW * count + 0.85 + (0.3 if len(ids) > 1 else 0.0))
        panel = figure.subplots()
        for stay in records(stays):
            _stay(panel, stay)
        if len(ids) > 1:
            _dividers(panel, stays, names)
        first = stays.drop_duplicates("lane").sort_values("lane")
        led = set(stays.loc[stays["leader"], "lane"])
        shown = [
            ("★ " if lane in led else "") + textwrap.shorten(name, LONGEST, placeholder=" …")
            for lane, name in zip(first["lane"], first["name"], strict=True)
        ]
        panel.set_yticks(range(count), shown, fontsize=8)
        panel.set_ylim(count - 0.4, -0.6)
        panel.tick_params(axis="y", length=0, pad=2)
        if stays["share"].notna().any():
            _shares(panel, first, str(resource))
        date_axis(panel, stays["begin_first"].min(), stays["end_last"].max())
        panel.grid(axis="x", color="#E0E0E0", linewidth=0.6)
        panel.set_axisbelow(True)
        panel.set_xlabel("Date")
        house.bare(panel, "top", "right", "left")
        used = data[data["coalition_id"].isin(ids)]
        parts = [part for part in (used, _of(strength, ids, resource)) if part is not None]
        share = (
            f" Share of {plain(resource)}: each member's first value in the data, of their sum."
            if stays["share"].notna().any()
            else ""
        )
        return finish(
            figure,
            title=title or f"Members of {_together(names)}",
            alt=_alt(stays, names),
            caption=f"{caption} {_reading(stays)}{share}",
            size=f"N = {count} members, {len(stays)} stays",
            n=count,
            source=source_line(*parts, source=source),
            keys=_keys(stays),
        )


def _reading(stays: pd.DataFrame) -> str:
    """How to read what this figure has."""
    both = (stays["begin_first"] < stays["begin_last"]) | (stays["end_first"] < stays["end_last"])
    undated = ~stays["begin_known"] | (stays["ends"] == UNKNOWN)
    thin = "Thin: the date is known to the month or year only." * bool((both & ~undated).any())
    broken = " Broken: no source dates the entry, the exit or both." * bool(undated.any())
    return (thin + broken).strip()


def _names(ids: Sequence[str], coalitions: pd.DataFrame | None) -> dict[str, str]:
    if coalitions is None:
        return {each: each for each in ids}
    named = coalitions.set_index("coalition_id")["name"]
    return {each: str(named.get(each, each)) for each in ids}


def _together(names: dict[str, str]) -> str:
    listed = list(names.values())
    return listed[0] if len(listed) == 1 else f"{', '.join(listed[:-1])} and {listed[-1]}"


def _of(power: pd.DataFrame | None, ids: Sequence[str], resource: str | None) -> Any:
    if power is None or resource is None:
        return None
    return power[power["coalition_id"].isin(list(ids)) & (power["resource"] == resource)]


def _stay(panel: Axes, stay: dict[str, Any]) -> None:
    y, colour = stay["lane"], house.BLUE if stay["leader"] else house.SKY
    gid = f"{stay['actor_id']} {stay['coalition_id']} {stay['spell']}"
    begin_first, begin_last = decimal(stay["begin_first"]), decimal(stay["begin_last"])
    end_first, end_last = decimal(stay["end_first"]), decimal(stay["end_last"])

    def bar(left: float, right: float, height: float, kind: str) -> None:
        panel.barh(
            y, right - left, left=left, height=height, color=colour, edgecolor="black",
            linewidth=0.5, gid=f"{gid} {kind}",
        )  # fmt: skip

    if not stay["begin_known"] or stay["ends"] == UNKNOWN:
        # From one date that is known, or from none.
        panel.plot(
            [begin_first, end_last], [y, y], color=house.GREY, linewidth=1.3,
            linestyle=(0, (2.5, 2)), gid=f"{gid} undated", zorder=1,
        )  # fmt: skip
        if stay["begin_known"]:
            panel.plot(begin_first, y, "|", color=colour, markersize=9, markeredgewidth=2.5)
    else:
        if begin_last < end_first:
            bar(begin_last, end_first, _THICK, "certain")
            for left, right in ((begin_first, begin_last), (end_first, end_last)):
                if left < right:
                    bar(left, right, _THIN, "uncertain")
        elif begin_first < end_last:
            bar(begin_first, end_last, _THIN, "uncertain")
        else:
            panel.plot(begin_first, y, "|", color=colour, markersize=9, markeredgewidth=2.5)
    if stay["ends"] in _EXITS:
        # In the middle of the days that the exit may be.
        panel.plot(
            (end_first + end_last) / 2, y, marker=_EXITS[stay["ends"]], color="black",
            markersize=5.5, markerfacecolor="black" if stay["ends"] == LEFT else "white",
            markeredgewidth=0.8, zorder=4, clip_on=False, gid=f"{gid} exit",
        )  # fmt: skip


def _dividers(panel: Axes, stays: pd.DataFrame, names: dict[str, str]) -> None:
    spans = stays.groupby("coalition_id").agg(begin=("begin_first", "min"), end=("end_last", "max"))
    for k, (coalition, row) in enumerate(spans.sort_values("begin").iterrows()):
        panel.axvline(decimal(row["begin"]), color=house.GREY, linewidth=0.9, zorder=0)
        panel.annotate(
            textwrap.shorten(names[str(coalition)], 22, placeholder=" …"),
            ((decimal(row["begin"]) + decimal(row["end"])) / 2, 1), (0, 3 + 11 * (k % 2)),
            xycoords=("data", "axes fraction"), textcoords="offset points", ha="center",
            fontsize=8, annotation_clip=False,
        )  # fmt: skip


def _shares(panel: Axes, first: pd.DataFrame, resource: str) -> None:
    def beside(y: float, text: str, **looks: Any) -> None:
        panel.annotate(
            text, (1.015, y), xycoords=("axes fraction", "data"), va="center", fontsize=8,
            annotation_clip=False, **looks,
        )  # fmt: skip

    beside(-1.0, f"share of {plain(resource)}", fontstyle="italic")
    for lane, share in zip(first["lane"], first["share"], strict=True):
        beside(lane, _percent(share))


def _percent(share: float) -> str:
    if math.isnan(share):
        return "not known"
    return "< 0.1 %" if 0 < share < 0.0005 else f"{100 * share:.1f} %"


def _keys(stays: pd.DataFrame) -> list[Any]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = []
    if stays["leader"].any():
        handles.append(Patch(facecolor=house.BLUE, edgecolor="black", label="★ leader"))
    if not stays["leader"].all():
        handles.append(Patch(facecolor=house.SKY, edgecolor="black", label="member"))
    if (~stays["begin_known"] | (stays["ends"] == UNKNOWN)).any():
        handles.append(
            Line2D([], [], color=house.GREY, linestyle=(0, (2.5, 2)), label="dates not known")
        )
    for ends, marker in _EXITS.items():
        if (stays["ends"] == ends).any():
            words = {GOES_ON: "in when last observed"}.get(ends, ends)
            hollow = ends in (INTERRUPTED, GOES_ON)
            handles.append(
                Line2D([], [], color="black", linestyle="", marker=marker, markersize=5.5,
                       markerfacecolor="white" if hollow else "black", label=words)
            )  # fmt: skip
    return handles


def _alt(stays: pd.DataFrame, names: dict[str, str]) -> str:
    ends = stays["ends"].value_counts()
    what = [f"{ends[e]} {e}" for e in (LEFT, INTERRUPTED, TO_THE_END, GOES_ON) if e in ends]
    if UNKNOWN in ends:
        what.append(f"{ends[UNKNOWN]} with an unknown end")
    leader = stays.loc[stays["leader"], "name"].drop_duplicates().tolist()
    return (
        f"{int(stays['lane'].max()) + 1} lanes, one for each member of {_together(names)}, over "
        f"time from {stays['begin_first'].min():%Y-%m-%d} to {stays['end_last'].max():%Y-%m-%d}. "
        f"Stays: {', '.join(what)}."
        + (f" Led by {', '.join(leader)}." if leader else "")
        + f" First in: {', '.join(stays['name'].drop_duplicates().head(5))}."
    )
