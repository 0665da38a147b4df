"""Survival frames as arrays, one for each choice that changes what is measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.models.frame import Floats, Ints, observed_events, observed_times
from analysis.multiverses.choices import CHOICES, SINCE_1945, Specification, main_specification
from analysis.multiverses.terms import AS_IT_IS, HOST, REVERSED, column, squared, terms
from analysis.study import organisations
from analysis.study.plan import BREADTH, DEPTH, SUBTYPES, Family, family
from coalitiondata.errors import InvalidDataError

Tables = Mapping[str, pd.DataFrame]
Bools = npt.NDArray[np.bool_]
Names = npt.NDArray[np.object_]
START_FROM = pd.Timestamp("1945-01-01")


class FrameChoice(NamedTuple):
    """The choices that need a survival frame of their own."""

    family: str
    unit: str
    founding_days: str
    positions: str
    scheduled_end: str
    entries: str


@dataclass(frozen=True, eq=False)
class Frame:
    """A survival frame; n rows.

    Attributes:
        start, stop: days since the unit's start, n; start is minus infinity without intervals.
        event: n.
        cluster: number of each row's cluster, n; a specification's strata are its clusters.
        coalition, place: id of each row's coalition (of a lineage, its first) and name of its
            cluster, n.
        columns: covariates by name, n each, missing where unknown.
        recent, caretaker, coalition_form, dated: who started since 1945, is a caretaker cabinet, no
            alliance or network, dated to the month or better; n each.
        planned: rows for which all that the plan's models need is known, n.
    """

    start: Floats
    stop: Floats
    event: Bools
    cluster: Ints
    coalition: Names
    place: Names
    columns: Mapping[str, Floats]
    recent: Bools
    caretaker: Bools
    coalition_form: Bools
    dated: Bools
    planned: Bools


def frame_choice(specification: Specification) -> FrameChoice:
    """The part of a specification that decides on its frame."""
    return FrameChoice(*(getattr(specification, name) for name in FrameChoice._fields))


def about(name: str) -> Family:
    """The study's words and columns for the family of that id."""
    return organisations.ORGANISATIONS if name == "ngo" else family(name)


def scale(name: str, tables: Tables) -> pd.DataFrame:
    """Mean and standard deviation of every measure in the plan's main sample, by measure.

    All specifications of a family share it, as the plan has its robustness models do, so that
    hazard ratios compare. A measure unknown for some rows is scaled by the others.

    Raises InvalidDataError if a measure does not vary there.
    """
    main = main_specification(name)
    raw = _raw(frame_choice(main), tables)
    rows = raw[_planned(name, raw) & _in_filters(main, _filters(raw))]
    measures = [measure for measure in _measures(name) if measure not in AS_IT_IS]
    found = rows[measures].agg(["mean", "std"]).T
    flat = found.index[~(found["std"] > 0)]
    if len(flat):
        raise InvalidDataError(
            f"{name}: {', '.join(flat)} does not vary among the {len(rows)} complete cases of the "
            "main sample; it cannot be standardised"
        )
    return found


def frame(choice: FrameChoice, tables: Tables, by: pd.DataFrame) -> Frame:
    """The survival frame of these choices, its measures standardised and turned one way.

    `by` is the family's `scale`. Rows with missing covariates stay; nothing is filled in.
    """
    raw = _raw(choice, tables)
    columns: dict[str, Floats] = {}
    for measure in _measures(choice.family):
        values = raw[measure].to_numpy(dtype=float)
        if measure not in AS_IT_IS:
            values = (values - by["mean"][measure]) / by["std"][measure]
            values = -values if measure in REVERSED else values
            columns[squared(column(measure))] = values**2
        columns[column(measure)] = values
    for control in _controls(choice.family):
        columns[control] = raw[control].to_numpy(dtype=float)
    entry = "entry" if choice.unit == "intervals" else None
    start, stop = observed_times(raw, "duration", entry)
    clusters = raw[about(choice.family).cluster].astype("object")
    return Frame(
        start=start,
        stop=stop,
        event=observed_events(raw, "event", least=0),  # too few are a reason to be told later
        cluster=pd.factorize(clusters, sort=True)[0].astype(np.int64),
        coalition=raw["coalition_id"].to_numpy(dtype=object),
        place=clusters.to_numpy(dtype=object),
        columns=columns,
        planned=_planned(choice.family, raw),
        **_filters(raw),
    )


def rows_of(specification: Specification, frame: Frame) -> Bools:
    """Which rows the specification's models use: all of them on the same rows, n.

    These are the rows in which everything that the specification names is known, the plan's
    complete cases among them if it says so.
    """
    filters = {name: getattr(frame, name) for name in ("recent", "caretaker")}
    filters |= {name: getattr(frame, name) for name in ("coalition_form", "dated")}
    rows = _in_filters(specification, filters)
    if specification.sample == "complete":
        rows = rows & frame.planned
    for name in terms(specification).full:
        rows = rows & ~np.isnan(frame.columns[name])
    return rows


def _raw(choice: FrameChoice, tables: Tables) -> pd.DataFrame:
    from coalitiondata import survival_frame

    if choice.family == "ngo":
        return _organisations(choice, tables)
    options: dict[str, object] = {}
    if choice.unit == "intervals":
        options["time_varying"] = True
    else:
        options["unit"] = choice.unit
    if choice.founding_days:
        options["founding_days"] = int(choice.founding_days)
    if choice.positions:
        options |= {"positions": choice.positions, "scheduled_end": choice.scheduled_end}
    raw = survival_frame(family=choice.family, primary=None, tables=tables, **options)  # type: ignore[arg-type]
    return raw[raw["subtype"].isin(SUBTYPES[choice.family])].reset_index(drop=True)


def _organisations(choice: FrameChoice, tables: Tables) -> pd.DataFrame:
    from coalitiondata import survival_frame

    raw = organisations.frame(tables, founders_only=choice.entries == "dated only")
    # Who has a part in the decisions does not depend on when members came.
    decisions = survival_frame(family="ngo", governance_power=True, tables=tables)
    concentration = decisions.set_index("coalition_id")["power_normalized_hhi"]
    return raw.assign(
        power_normalized_hhi=raw["coalition_id"].map(concentration),
        # A few coalitions have over a thousand members, most of them ten.
        log_n_members=np.log(raw["n_members"].astype("float64")),
    )


def _filters(raw: pd.DataFrame) -> dict[str, Bools]:
    subtype = raw["subtype"].astype("object")
    return {
        "recent": (raw["start"] >= START_FROM).to_numpy(dtype=bool),
        "caretaker": (subtype == "caretaker_cabinet").to_numpy(dtype=bool),
        "coalition_form": (~subtype.isin(["ngo_alliance", "ngo_network"])).to_numpy(dtype=bool),
        "dated": (raw["precision"] != "year").to_numpy(dtype=bool),
    }


def _in_filters(specification: Specification, filters: Mapping[str, Bools]) -> Bools:
    rows = np.ones(len(filters["recent"]), dtype=bool)
    if specification.start == SINCE_1945:
        rows &= filters["recent"]
    if specification.caretakers == "excluded":
        rows &= ~filters["caretaker"]
    if specification.forms == "coalitions":
        rows &= filters["coalition_form"]
    if specification.dating == "month":
        rows &= filters["dated"]
    return rows


def _planned(name: str, raw: pd.DataFrame) -> Bools:
    needed = (HOST, DEPTH, BREADTH) if name == "ngo" else about(name).measured()
    return np.asarray(raw[list(needed)].notna().all(axis=1), dtype=bool)


def _measures(name: str) -> tuple[str, ...]:
    singles = [f"interest_{i}" for i in CHOICES[name]["interests"] if i != "depth + breadth"]
    return (*CHOICES[name]["power"], *singles)


def _controls(name: str) -> list[str]:
    named = {part for c in CHOICES[name]["controls"] if c != "none" for part in c.split(" + ")}
    return sorted(named)
