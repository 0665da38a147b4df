"""Transformation chains: which coalition, pact or organisation followed which."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.figures import house
from analysis.figures.described import finish
from analysis.figures.sources import source_line
from analysis.figures.spans import decimal
from analysis.figures.words import plain, records
from analysis.models.frame import as_pandas, require_columns
from coalitiondata.errors import InvalidDataError, UnknownNameError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NEEDED = ("from_name", "to_name", "kind", "date")
_ROW = 0.42  # inches
_WRAP = 34  # characters of a name in one line
# Colour and dashes of the bars: coalitions, treaties, and what is neither in the data.
_COALITION, _TREATY, _OTHER = house.BLUE, house.ORANGE, house.GREY


def transformation_chains(
    successions: Any,
    chain: str | None = None,
    *,
    coalitions: Any = None,
    alliances: Any = None,
    title: str | None = None,
    caption: str = "",
    source: str | None = None,
) -> Figure:
    """Bars over time, one for each coalition, treaty or organisation, with arrows between them.

    An arrow goes from what was to what it became, on the day of the step. A bar lasts as long as
    the coalition or treaty does in the tables given; what these do not have is a mark at its first
    step, with a broken line as far as its last one. A bar that ends in an arrowhead went on when it
    was last observed.

    Args:
        successions: one row per step: from_name, to_name, kind, date, perhaps from_coalition,
            from_alliance, to_coalition, to_alliance (ids), chain and members_carried_over (ids
            joined by semicolons), as the table `successions`, or as `chain_of` makes it.
        chain: only the steps with this value of the column `chain`.
        coalitions, alliances: tables with start, end, observed_until and status.
        title, caption, source: as in `survival_curves`.

    Returns:
        The figure.

    Raises:
        UnknownNameError: a column that the frame does not have, a chain that does not occur.
        InvalidDataError: no steps, or a step without date.
    """
    steps = as_pandas(successions)
    require_columns(steps, NEEDED, "transformation_chains")
    if chain is not None:
        require_columns(steps, ["chain"], "transformation_chains")
        known = list(steps["chain"].unique())
        if chain not in known:
            raise UnknownNameError(f"no chain {chain!r}; there are {', '.join(map(str, known))}")
        steps = steps[steps["chain"] == chain]
    if steps.empty:
        raise InvalidDataError("transformation_chains: no steps to draw")
    if steps["date"].isna().any():
        undated = steps.loc[steps["date"].isna(), "to_name"].iloc[0]
        raise InvalidDataError(
            f"transformation_chains: the step to {undated!r} has no date; leave it out"
        )
    steps = steps.sort_values("date", kind="stable")
    lives = [_spells(coalitions, "coalition_id"), _spells(alliances, "alliance_id")]
    spells = pd.concat([each for each in lives if len(each)] or lives[:1])
    nodes = _nodes(steps, spells)
    with house.drawing():
        figure = house.page(_ROW * len(nodes) + 0.6)
        panel = figure.subplots()
        for k, row in enumerate(records(nodes)):
            _bar(panel, k, row)
        place = {name: k for k, name in enumerate(nodes["name"])}
        until = dict(zip(nodes["name"], nodes["until"], strict=True))
        for step in records(steps):
            _arrow(panel, step, place, until)
        names = ["\n".join(textwrap.wrap(name, _WRAP)[:2]) for name in nodes["name"]]
        panel.set_yticks(range(len(nodes)), names, fontsize=8.5)
        panel.set_ylim(len(nodes) - 0.4, -0.6)
        panel.tick_params(axis="y", length=0)
        low, high = float(nodes["begin"].min()), float(nodes["until"].max())
        room = max(high - low, 2.0)
        panel.set_xlim(low - 0.03 * room, high + 0.03 * room)
        _beside(panel, steps, place)
        panel.set_xlabel("Year")
        _whole_years(panel)
        panel.grid(axis="x", color="#E8E8E8", linewidth=0.6)
        panel.set_axisbelow(True)
        house.bare(panel, "top", "right", "left")
        return finish(
            figure,
            title=title or (plain(chain).capitalize() if chain else "What became of coalitions"),
            alt=_alt(steps, nodes),
            caption=f"{caption} Arrows go from what was to what it became. Beside: what was "
            "formed, when, and how many members it took over.",
            size=f"N = {len(steps)} steps between {len(nodes)} coalitions, pacts and organisations",
            n=len(steps),
            source=source_line(steps, source=source),
            keys=_keys(set(nodes["kind"])),
        )


def chain_of(
    transformations: Any,
    coalitions: Any,
    ids: Sequence[str],
    kinds: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Steps from coalitions to what they became, as `transformation_chains` draws them.

    Consecutive coalitions of `ids` of which one names the other as its predecessor are joined by a
    step of the kind "followed by"; every transformation that names what came of it is a step.

    Args:
        transformations: the table of that name.
        coalitions: the table of that name.
        ids: coalitions of the chain.
        kinds: only transformations of these kinds; by default all.

    Returns:
        from_name, from_coalition, to_name, to_coalition, kind, date, members_carried_over, source.
        Undated transformations are left out.

    Raises:
        UnknownNameError: an id that is not a coalition.
        InvalidDataError: no step among these coalitions.
    """
    table = as_pandas(coalitions).set_index("coalition_id")
    for each in ids:
        if each not in table.index:
            raise UnknownNameError(f"no coalition {each!r} in the table of coalitions")
    events = as_pandas(transformations)
    events = events[events["coalition_id"].isin(list(ids)) & events["became"].notna()]
    events = events[events["date"].notna()]
    if kinds is not None:
        events = events[events["kind"].isin(list(kinds))]
    became = pd.DataFrame(
        {
            "from_name": events["coalition_id"].map(table["name"]),
            "from_coalition": events["coalition_id"],
            "to_name": events["became"],
            "kind": events["kind"].astype(str),
            "date": events["date"],
            "members_carried_over": events["members_carried_over"],
            "source": events["source"],
        }
    )
    mine = table.loc[list(ids)]
    later = mine[mine["predecessor"].isin(list(ids))]
    followed = pd.DataFrame(
        {
            "from_name": later["predecessor"].map(table["name"]),
            "from_coalition": later["predecessor"],
            "to_name": later["name"],
            "to_coalition": later.index,
            "kind": "followed_by",
            "date": later["start"],
            "source": later["source"],
        }
    )
    steps = (
        pd.concat([each for each in (became, followed) if len(each)], ignore_index=True)
        if (len(became) or len(followed))
        else became
    )
    if steps.empty:
        raise InvalidDataError(f"no dated step among {', '.join(ids)}")
    return steps.reindex(columns=[*dict.fromkeys([*became.columns, "to_coalition"])])


def _spells(table: Any, key: str) -> pd.DataFrame:
    """begin, until (years), goes_on by id."""
    if table is None:
        return pd.DataFrame(columns=["begin", "until", "goes_on"])
    data = as_pandas(table)
    require_columns(data, [key, "start", "end", "observed_until"], "transformation_chains")
    dated = data[data["start"].notna()].set_index(key)
    end = dated["end"].fillna(dated["observed_until"])
    return pd.DataFrame(
        {
            "begin": dated["start"].map(decimal),
            "until": end.map(lambda d: decimal(d) if pd.notna(d) else np.nan),
            "goes_on": dated["end"].isna(),
        }
    )


def _nodes(steps: pd.DataFrame, spells: pd.DataFrame) -> pd.DataFrame:
    """What the steps join: name, kind, begin, until, goes_on; in the order in which they began."""
    found: dict[str, dict[str, Any]] = {}
    owner: dict[str, str] = {}
    for step in records(steps):
        when = decimal(step["date"])
        for side in ("from", "to"):
            name = step[f"{side}_name"]
            node = found.setdefault(
                name,
                {"name": name, "kind": "other", "begin": when, "until": when, "goes_on": False},
            )
            if node["kind"] == "other":
                node["begin"], node["until"] = min(node["begin"], when), max(node["until"], when)
            for kind in ("alliance", "coalition"):
                key = step.get(f"{side}_{kind}")
                # Of several names for one treaty the first has its bar.
                dated = isinstance(key, str) and key in spells.index
                if dated and owner.setdefault(str(key), name) == name:
                    node |= {"kind": kind, **{str(k): v for k, v in spells.loc[str(key)].items()}}
    nodes = pd.DataFrame(found.values())
    return nodes.sort_values(["begin", "until"], kind="stable").reset_index(drop=True)


def _bar(panel: Axes, k: int, row: dict[str, Any]) -> None:
    begin, until = row["begin"], row["until"]
    if row["kind"] == "other":
        panel.plot([begin, until], [k, k], color=_OTHER, linewidth=1.4, linestyle=(0, (3, 2)))
        panel.plot(begin, k, "s", markerfacecolor="white", markeredgecolor=_OTHER, markersize=6)
        return
    colour = _COALITION if row["kind"] == "coalition" else _TREATY
    # A war of a week is still to be seen.
    panel.barh(
        k, until - begin, left=begin, height=0.34, color=colour, edgecolor="black", linewidth=0.6,
        hatch="" if row["kind"] == "coalition" else "///", gid=f"bar {row['name']}",
    )  # fmt: skip
    if row["goes_on"]:
        panel.plot(until, k, ">", color=colour, markeredgecolor="black", markersize=7)


def _arrow(
    panel: Axes, step: dict[str, Any], place: dict[str, int], until: dict[str, float]
) -> None:
    """From where the bar is on that day, or where it ended, to what was formed."""
    when = decimal(step["date"])
    begin = min(when, until[step["from_name"]])
    start, stop = place[step["from_name"]], place[step["to_name"]]
    gap = 0.17 if stop > start else -0.17
    bend = 0.0 if abs(stop - start) == 1 or begin < when else 0.12  # around what lies between
    panel.annotate(
        "", (when, stop - gap), (begin, start + gap),
        arrowprops={"arrowstyle": "-|>", "color": "black", "linewidth": 1.0, "shrinkA": 0,
                    "shrinkB": 0, "connectionstyle": f"arc3,rad={bend}"},
        gid=f"arrow {step['from_name']} {step['to_name']}",
    )  # fmt: skip


def _beside(panel: Axes, steps: pd.DataFrame, place: dict[str, int]) -> None:
    """Kind and date of the first step to each, right of the panel."""
    for name, mine in steps.groupby("to_name", sort=False):
        step = mine.iloc[0]
        text = f"{plain(step['kind'])}\n{step['date'].year}"
        carried = step.get("members_carried_over")
        if isinstance(carried, str) and carried:
            count = len(carried.split(";"))
            text += f", {count} member{'s' * (count > 1)}"
        panel.annotate(
            text, (1.015, place[str(name)]), xycoords=("axes fraction", "data"), va="center",
            fontsize=8, annotation_clip=False,
        )  # fmt: skip


def _whole_years(panel: Axes) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    panel.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))


def _keys(kinds: set[str]) -> list[Any]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: dict[str, Any] = {
        "coalition": Patch(facecolor=_COALITION, edgecolor="black", label="coalition"),
        "alliance": Patch(
            facecolor=_TREATY, edgecolor="black", hatch="///", label="treaty of alliance"
        ),
        "other": Line2D([], [], color=_OTHER, linestyle=(0, (3, 2)), marker="s", markersize=6,
                        markerfacecolor="white", label="no dates of its own: its steps"),
    }  # fmt: skip
    return [handle for kind, handle in handles.items() if kind in kinds]


def _alt(steps: pd.DataFrame, nodes: pd.DataFrame) -> str:
    parts = [
        f"{step['from_name']} to {step['to_name']} ({plain(step['kind'])}, {step['date'].year})"
        for step in records(steps)
    ]
    return (
        f"{len(nodes)} bars over the years {nodes['begin'].min():.0f} to "
        f"{nodes['until'].max():.0f}, joined by arrows: {'; '.join(parts)}."
    )
