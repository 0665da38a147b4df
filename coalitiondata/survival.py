"""Survival frames: how long coalitions, lineages and memberships last, with their covariates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd

from coalitiondata import outcomes, spells, terms
from coalitiondata.covariates.interests import (
    Positions,
    interests_of_parties,
    interests_of_states,
)
from coalitiondata.covariates.organisations import interests_of_organisations
from coalitiondata.covariates.power import concentrated, member_power
from coalitiondata.covariates.presence import members_at, undated_from_start
from coalitiondata.errors import InvalidDataError
from coalitiondata.given import flag_given, number_given
from coalitiondata.names import known
from coalitiondata.own.measuring import Measuring, interests_of, power_of
from coalitiondata.replacements import tables_or_shipped

if TYPE_CHECKING:
    from coalitiondata.own.data import CoalitionData

Unit = Literal["coalition", "lineage", "membership"]
ScheduledEnd = Literal["censor", "event", "final_year"]

NEEDED = (
    "coalitions",
    "actors",
    "memberships",
    "power",
    "positions",
    "dyads",
    "dyad_norms",
    "candidates",
    "parliamentary_terms",
    "transformations",
    "alliances",
    "campaigns",
    "issue_areas",
)
SCHEDULED = "regular_election"

_LONGEST_DAYS = 100_000  # more than any series of dates spans


def survival_frame(
    unit: Unit = "coalition",
    family: str | None = None,
    time_varying: bool = False,
    *,
    scheduled_end: ScheduledEnd = "censor",
    positions: Positions = "expert",
    founding_days: int = 30,
    transformation_years: float = 5.0,
    governance_power: bool = False,
    primary: bool | None = True,
    tables: Mapping[str, pd.DataFrame] | None = None,
    data: CoalitionData | None = None,
) -> pd.DataFrame:
    """Durations, events and covariates, ready for any survival model.

    One row per unit, or per interval of constant covariates with `time_varying=True`:

    - `coalition`: from the coalition's start to its end;
    - `lineage`: consecutive cabinets of the same parties as one (governing family only);
    - `membership`: a member's stay in a coalition; only leaving early is an event.

    Columns: `unit_id`, `coalition_id`, descriptors (`family`, `subtype`, `name`, `arena`, ...),
    `entry` and `duration` (days since the unit's start; an interval is (entry, duration], and entry
    is 0 in frames of one row per unit), `event` (1 ended, 0 censored), `cause` ("censored" or how
    it ended; missing if it ended for an unknown cause), `transformed` (1 if it turned into
    something more lasting), `transformed_on`, `outcome` ("transformed", "ended" or "censored") at
    `outcome_duration` days, `outcome_observed` (whether the window for transformations lies inside
    the source's coverage), and covariates `n_members`, `power_*`, `interest_*`, for cabinets also
    `seat_share`, `majority`, `caretaker` and `term_left` (days from its start to the end of
    the chamber's constitutional term); memberships add `power_share` and `is_leader`.

    Ongoing units are censored when last observed. `scheduled_end="censor"` also censors cabinets
    that ended with a regular election (King et al. 1990), which no coalition could outlive;
    "event" counts them as ended. "final_year" is the rule of King et al. to the letter: it censors,
    whatever the cause, cabinets that end in the last year of their chamber's constitutional term
    (where the term is unknown, those that end with a regular election).

    Covariates of frames with one row per unit are measured at its start. Members of wartime
    coalitions join one by one, so founding members are those that are in within `founding_days`;
    later joiners would make long coalitions look large. States are measured in the calendar year
    before. Organisations of which no source dates the entry count from the start, `n_members` is
    the number of founders that a source states, and there is no concentration of power unless
    `governance_power=True` measures it by who had a part in the decisions. `time_varying=True`
    splits coalitions at every dated entry and exit, wartime ones also at new year, and measures
    each interval at its start. `positions` takes only parties' positions from expert surveys
    ("expert") or also those that the source fills with the mean of the party's family ("all").

    A transformation counts from the unit's start to `transformation_years` after its end. Missing
    covariates stay missing; what each is made of is said in `coalitiondata.covariates`.
    `primary=True` keeps one record of each real coalition; None keeps all records.

    `data` are a user's own coalitions (`CoalitionData`), with the power, dimensions and channels
    that they have; `coalitiondata.own.measuring` says how these are measured. If nothing is on
    record about what their coalitions turned into, `transformed`, `outcome` and the columns beside
    them are missing. `tables` replaces the shipped tables by others of the same schema.

    Raises UnknownNameError for an unknown unit, family or option, InvalidDataError for options
    that do not fit together or to which no unit fits, and for `tables` that are not in the schema.

    Sources: King, Alt, Burns and Laver (1990), American Journal of Political Science 34: 846-871;
    Therneau and Grambsch (2000), Modeling Survival Data, ch. 3 (intervals).
    """
    primary = flag_given(primary, "primary")
    _check(unit, time_varying, scheduled_end, positions, founding_days, transformation_years)
    own = None
    if data is not None:
        if tables is not None:
            raise InvalidDataError("Give either data or tables, not both.")
        tables, own = data.for_analysis(), data.measuring
    else:
        tables = tables_or_shipped(tables, NEEDED)
    coalitions = _chosen(tables["coalitions"], family, primary, unit)
    units = _units(unit, coalitions, tables["memberships"], own is not None)
    if units.empty:
        raise InvalidDataError(
            f"There is no {unit} to follow: of {len(tables['coalitions'])} coalitions none fits "
            f"family={family!r}, primary={primary!r} and unit={unit!r}."
        )
    limit = terms.term_limit(tables["coalitions"], tables["parliamentary_terms"])
    limit.index = pd.Index(tables["coalitions"]["coalition_id"])
    units = units.assign(
        first_limit=units["coalition_id"].map(limit), last_limit=units["last_id"].map(limit)
    )
    frame = _with_event(units, scheduled_end)
    frame = _with_outcome(frame, tables, transformation_years, own is not None)
    frame = _split(frame, tables["memberships"]) if time_varying else _whole(frame)
    grace = 0 if time_varying else founding_days
    frame = _with_covariates(frame, tables, positions, grace, governance_power, own)
    return _in_order(frame)


def _check(
    unit: str,
    time_varying: bool,
    scheduled_end: str,
    positions: str,
    founding_days: int,
    transformation_years: float,
) -> None:
    known("unit", unit, get_args(Unit))
    known("scheduled_end", scheduled_end, get_args(ScheduledEnd))
    known("positions", positions, get_args(Positions))
    if time_varying and unit != "coalition":
        raise InvalidDataError(
            f"time_varying=True needs unit='coalition', not {unit!r}: the covariates of lineages "
            "and memberships are measured at their start. Leave time_varying out."
        )
    for name, value in (
        ("founding_days", founding_days),
        ("transformation_years", transformation_years),
    ):
        if not 0 <= number_given(value, name) <= _LONGEST_DAYS:
            raise InvalidDataError(f"{name} is {value!r}; it must be 0 or more, and not endless.")


def _chosen(
    coalitions: pd.DataFrame, family: str | None, primary: bool | None, unit: str
) -> pd.DataFrame:
    if family is not None:
        known("family", family, coalitions["family"].cat.categories)
        coalitions = coalitions[coalitions["family"] == family]
        if unit == "lineage" and family != "governing":
            raise InvalidDataError(
                f"unit='lineage' is defined for cabinets only, not for family={family!r}. "
                "Use unit='coalition'."
            )
    return coalitions if primary is None else coalitions[coalitions["primary"] == primary]


def _units(
    unit: str, coalitions: pd.DataFrame, memberships: pd.DataFrame, own: bool
) -> pd.DataFrame:
    if unit == "lineage":
        return spells.lineage_spells(coalitions)
    if unit == "membership":
        return spells.membership_spells(coalitions, memberships, exits_only=() if own else ("ngo",))
    return spells.coalition_spells(coalitions)


def _with_event(units: pd.DataFrame, scheduled_end: str) -> pd.DataFrame:
    scheduled = units["end_cause"] == SCHEDULED
    if scheduled_end == "final_year":
        scheduled = terms.in_final_year(units["stop"], units["last_limit"]) | (
            scheduled & units["last_limit"].isna()
        )
    scheduled &= scheduled_end != "event"
    event = units["ended"] & ~scheduled
    precision = spells.coarser(units["start_precision"], units["end_precision"])
    return units.assign(
        precision=precision,
        length=spells.days(units["start"], units["stop"], precision),
        event=event.astype("int64"),
        cause=units["end_cause"].where(event, "censored"),
    )


def _with_outcome(
    frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame], within_years: float, own: bool
) -> pd.DataFrame:
    if own and tables["transformations"].empty:
        return _without_outcome(frame)
    first = frame["unit_id"].map(
        outcomes.transformed_on(tables["transformations"], frame, within_years)
    )
    first = first.astype("datetime64[s]")
    coverage = {
        "governing": _last_seen(tables["coalitions"], "governing"),
        "wartime": tables["alliances"]["observed_until"].max(),
        "ngo": _last_seen(tables["coalitions"], "ngo"),
    }
    if own:
        coverage = {each: _last_seen(tables["coalitions"], each) for each in set(frame["family"])}
    last_seen = frame["family"].astype("object").map(coverage).astype("datetime64[s]")
    ended = np.where(frame["ended"], "ended", "censored")
    until = first.where(first < frame["stop"], frame["stop"])
    return frame.assign(
        transformed=first.notna().astype("int64"),
        transformed_on=first,
        outcome=np.where(first.notna(), "transformed", ended),
        outcome_duration=spells.days(frame["start"], until, frame["precision"]),
        # Whether or not it was transformed: asking that would select on the outcome.
        outcome_observed=(
            (outcomes.followed_for(frame, last_seen, within_years) | ~frame["ended"])
            & ~frame["coalition_id"].isin(outcomes.undated(tables["transformations"]))
        ),
    )


def _without_outcome(frame: pd.DataFrame) -> pd.DataFrame:
    """Nobody recorded what the coalitions turned into: that is missing, and not "into nothing"."""
    unknown = pd.Series(pd.NA, index=frame.index)
    return frame.assign(
        transformed=unknown.astype("Int64"),
        transformed_on=unknown.astype("datetime64[s]"),
        outcome=unknown.astype("object"),
        outcome_duration=float("nan"),
        outcome_observed=False,
    )


def _last_seen(coalitions: pd.DataFrame, family: str) -> pd.Timestamp:
    """The last day on which any coalition of the family was observed."""
    last: pd.Timestamp = coalitions.loc[coalitions["family"] == family, "observed_until"].max()
    return last


def _whole(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(
        entry=0.0, duration=frame["length"], at=frame["start"], moment=frame["unit_id"]
    )


def _split(frame: pd.DataFrame, memberships: pd.DataFrame) -> pd.DataFrame:
    """Intervals between entries, exits and (wartime) new years; the last one has the event."""
    moves = memberships.melt("coalition_id", ["joined", "left"], value_name="at").dropna(
        subset="at"
    )
    wars = frame[frame["family"] == "wartime"]
    years = [
        (unit, np.datetime64(f"{year}-01-01", "s"))
        for unit, start, stop in zip(wars["coalition_id"], wars["start"], wars["stop"], strict=True)
        for year in range(start.year + 1, stop.year + 1)
    ]
    cuts = pd.concat(
        [
            frame[["coalition_id", "start"]].rename(columns={"start": "at"}),
            moves[["coalition_id", "at"]],
            pd.DataFrame(years, columns=["coalition_id", "at"]).astype({"at": "datetime64[s]"}),
        ]
    ).drop_duplicates()
    rows = frame.merge(cuts, on="coalition_id").sort_values(["unit_id", "at"])
    first = rows["at"] == rows["start"]
    rows = rows[first | ((rows["at"] > rows["start"]) & (rows["at"] < rows["stop"]))]
    entry = (rows["at"] - rows["start"]).dt.total_seconds() / 86_400
    following = entry.groupby(rows["unit_id"]).shift(-1)
    last = following.isna()
    return rows.assign(
        entry=entry,
        duration=following.fillna(rows["length"]),
        event=rows["event"].where(last, 0),
        cause=rows["cause"].where(last, "censored"),
        moment=rows["unit_id"] + ":" + entry.astype(int).astype(str),
    )


def _with_covariates(
    frame: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    positions: Positions,
    grace_days: int,
    governance_power: bool,
    own: Measuring | None,
) -> pd.DataFrame:
    # Memberships are compared inside their coalition as it was when the member joined.
    memberships = undated_from_start(tables["memberships"], tables["coalitions"])
    present = members_at(memberships, frame, grace_days)
    if own is None:
        values = member_power(tables, present, governance=governance_power)
    else:
        values = power_of(tables, present, own)
    frame = frame.merge(concentrated(values), on="moment", how="left")
    if own is None:
        frame = _with_stated_members(frame, tables)
        interests = _interests(frame, tables, present, positions)
    else:
        interests = interests_of(tables, present, own)
    frame = frame.merge(interests, on="moment", how="left")
    frame = _with_chamber(frame, tables)
    if "actor_id" in frame:
        frame = _with_own_power(frame, values)
    return frame


def _with_stated_members(frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The named members of a coalition of organisations are a part; a source may state how many."""
    ngo = frame["family"] == "ngo"
    if not ngo.any():
        return frame
    stated = tables["campaigns"].set_index("coalition_id")["founding_members"].astype("float64")
    n_members = frame["n_members"].astype("float64")
    return frame.assign(n_members=n_members.mask(ngo, frame["coalition_id"].map(stated)))


def _interests(
    frame: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    present: pd.DataFrame,
    positions: Positions,
) -> pd.DataFrame:
    family = present["moment"].map(frame.set_index("moment")["family"].astype("object"))
    parts = []
    if (family == "governing").any():
        parts.append(interests_of_parties(tables, present[family == "governing"], positions))
    if (family == "wartime").any():
        parts.append(interests_of_states(tables, present[family == "wartime"]))
    if (family == "ngo").any():
        parts.append(interests_of_organisations(tables, present[family == "ngo"]))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"moment": []})


def _with_chamber(frame: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    stated = tables["coalitions"].set_index("coalition_id")["chamber_seats"].astype("float64")
    counted = tables["candidates"].groupby("coalition_id")["seats"].sum().astype("float64")
    # The stated size of some French chambers leaves out overseas seats that its parties hold.
    chamber = pd.concat([stated, counted], axis=1).max(axis=1).where(stated.notna())
    share = frame["power_total"] / frame["coalition_id"].map(chamber)
    governing = frame["family"] == "governing"
    caretaker = (frame["subtype"] == "caretaker_cabinet").astype("float64")
    return frame.assign(
        seat_share=share,
        majority=(share > 0.5).astype("float64").where(share.notna()),
        caretaker=caretaker.where(governing),
        term_left=(frame["first_limit"] - frame["start"]).dt.total_seconds() / 86_400,
    )


def _with_own_power(frame: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    own = values.set_index(["moment", "actor_id"])["value"]
    value = own.reindex(pd.MultiIndex.from_frame(frame[["moment", "actor_id"]])).to_numpy()
    total = frame["power_total"].where(frame["power_total"] > 0)
    leader = (frame["role"] == "leader").astype("float64").where(frame["role"].notna())
    return frame.assign(power_share=value / total, is_leader=leader)


def _in_order(frame: pd.DataFrame) -> pd.DataFrame:
    helpers = [
        "moment",
        "at",
        "length",
        "first_limit",
        "last_limit",
        "last_id",
        "ended",
        "end_cause",
    ]
    frame = frame.drop(columns=helpers).rename(columns={"stop": "end_or_last_seen"})
    return frame.sort_values(["unit_id", "entry"]).reset_index(drop=True)
