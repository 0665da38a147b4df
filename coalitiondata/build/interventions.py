"""States that fight on one side of an armed conflict (UCDP/PRIO), as wartime coalitions.

UCDP tells for each calendar year which states were parties to a conflict or supported a party with
troops. All dates are therefore known to the year.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from coalitiondata.build import disputes, line_ups, sides, states, wars
from coalitiondata.build.datecodes import partial_dates
from coalitiondata.build.rda import read_rda
from coalitiondata.build.side_ends import SIDE
from coalitiondata.build.sources import RawFile
from coalitiondata.errors import InvalidDataError
from coalitiondata.gleditsch_ward import cow_codes

LAST_YEAR = 2024  # coverage of the file
LAST_DAY = pd.Timestamp("2024-12-31").as_unit("s")
SOURCE = "ucdp"
PARTIES = {  # column: side, whether the state is a party itself or supports one
    "gwno_a": ("a", True),
    "gwno_a_2nd": ("a", False),
    "gwno_b": ("b", True),
    "gwno_b_2nd": ("b", False),
}


def build(raw: RawFile) -> Mapping[str, pd.DataFrame]:
    """The rows of `coalitions` and `memberships` for sides of armed conflicts.

    A coalition is a side of a conflict in an unbroken run of years in which at least two states
    carry over from one year to the next. A calendar year in which the side has fewer than two, or
    in which UCDP does not count the conflict as active (fewer than 25 deaths in battle), ends the
    coalition; so does a change of partners (Uganda with Libya in 1979, with Tanzania in 1980).
    Raises InvalidDataError if a member has a number that COW does not have.
    """
    rows = state_years(raw)
    fought = _spells(_with_runs(rows))
    if unknown := sorted(set(fought["cow_code"]) - set(states.spells(raw)["cow_code"])):
        raise InvalidDataError(
            f"ucdp/ucdp_acd.rda names a state {unknown[0]}, a number that the Correlates of War "
            "do not have. Add its number there to RENUMBERED in gleditsch_ward.py."
        )
    side = _coalition_sides(fought)
    return {
        "coalitions": _coalitions(raw, rows, side),
        "memberships": sides.memberships(fought, side, SOURCE, truces=False),
    }


def state_years(raw: RawFile) -> pd.DataFrame:
    """Every state on a side of a conflict in a year: conflict, year, side, cow_code, party.

    UCDP's file has one row per conflict, year and combination of parties and supporters. `party`
    is False for states that support a party.
    """
    wide = read_rda(raw("ucdp/ucdp_acd.rda"))
    keys = ["conflict_id", "year"]
    named = wide.melt(keys, list(PARTIES), value_name="code").dropna(subset=["code"])
    year = named["year"].astype("int64")
    rows = pd.DataFrame(
        {
            "conflict": named["conflict_id"].astype("int64"),
            "year": year,
            "side": named["variable"].map({name: side for name, (side, _) in PARTIES.items()}),
            "cow_code": cow_codes(named["code"], year),
            "party": named["variable"].map({name: party for name, (_, party) in PARTIES.items()}),
        }
    )
    # A state that is a party and supports another one counts as a party.
    rows = rows.sort_values([*SIDE, "year", "cow_code", "party"], ascending=[True] * 4 + [False])
    return rows.drop_duplicates([*SIDE, "year", "cow_code"], ignore_index=True)


def _with_runs(rows: pd.DataFrame) -> pd.DataFrame:
    """The state-years of sides with two or more states; `side` then names the run: `a-1962`."""
    numbers = rows.groupby([*SIDE, "year"])["cow_code"].nunique()
    years = numbers[numbers >= 2].index.to_frame(index=False)
    before = rows.assign(year=rows["year"] + 1)
    kept = rows.merge(before[[*SIDE, "year", "cow_code"]]).groupby([*SIDE, "year"]).size()
    carried_over = kept.reindex(pd.MultiIndex.from_frame(years), fill_value=0).to_numpy() >= 2
    first = years["year"].mask(carried_over).ffill().astype("int64")
    years["run"] = years["side"] + "-" + first.astype(str)
    active = rows.merge(years, on=[*SIDE, "year"])
    return active.drop(columns="side").rename(columns={"run": "side"})


def _spells(active: pd.DataFrame) -> pd.DataFrame:
    """Consecutive years of a state on a side as one row, with the columns of `fought`."""
    rows = active.sort_values([*SIDE, "cow_code", "year"], ignore_index=True)
    state = [*SIDE, "cow_code"]
    rows["spell"] = (rows.groupby(state)["year"].diff() != 1).cumsum()
    spell = rows.groupby([*state, "spell"])["year"].agg(["min", "max"]).reset_index()
    return _dated(spell, spell["min"], spell["max"])


def _dated(rows: pd.DataFrame, first: pd.Series, last: pd.Series) -> pd.DataFrame:
    """With joined and left in these years."""
    unknown = pd.Series(0, index=rows.index)
    return rows.assign(
        joined=partial_dates(first, unknown, unknown)["date"],
        joined_precision="year",
        left=partial_dates(last, unknown, unknown)["date"],
        left_precision="year",
    )


def _coalition_sides(fought: pd.DataFrame) -> pd.DataFrame:
    """Every coalition: its span, coalition_id and whether it was active in the last year."""
    side = sides.spans(fought)
    ids = "int-ucdp-" + side["conflict"].astype(str) + "-" + side["side"]
    return side.assign(coalition_id=ids, ongoing=side["end"].dt.year == LAST_YEAR)


def _coalitions(raw: RawFile, rows: pd.DataFrame, side: pd.DataFrame) -> pd.DataFrame:
    cause = _end_causes(rows, side)
    same = _same_coalition(raw, rows, side)
    conflict = side["conflict"].astype(str)
    return pd.DataFrame(
        {
            "coalition_id": side["coalition_id"],
            "family": "wartime",
            "subtype": "intervention",
            "name": _names(raw, rows, side),
            "arena": "int-ucdp-" + conflict,
            **sides.observed(side, LAST_DAY),
            "end_cause": cause,
            "end_cause_basis": cause.mask(cause.notna(), "derived"),
            "overlaps_with": side["coalition_id"].map(same),
            "primary": ~side["coalition_id"].isin(same.index),
            "source": SOURCE,
            "source_key": conflict + "-" + side["side"],
        }
    )


def _end_causes(rows: pd.DataFrame, side: pd.DataFrame) -> pd.Series:
    """`participation_ended` where the side fights on in the year after, alone or with others.

    UCDP's file does not tell how conflicts ended; the cause is missing where this one ended or
    paused.
    """
    after = pd.MultiIndex.from_arrays(
        [side["conflict"], side["side"].str[0], side["end"].dt.year + 1]
    )
    went_on = after.isin(pd.MultiIndex.from_frame(rows[[*SIDE, "year"]]))
    return pd.Series(None, index=side.index, dtype=object).mask(went_on, "participation_ended")


def _same_coalition(raw: RawFile, rows: pd.DataFrame, side: pd.DataFrame) -> pd.Series:
    """The primary record of coalitions that have another one, by coalition_id.

    That is, in this order: the side of a listed war, the side of a dispute, on which two or more
    members stand at the same time against one or more common opponent; or the intervention that
    began first (then: the larger, the lower number) among those in which two or more members fight
    in the same year for the same government. UCDP counts a conflict per incompatibility, so
    one intervention against several rebel groups can be several conflicts (Mali, Syria).
    """
    ours = _line_up(rows, side)
    war = line_ups.closest(line_ups.shared(ours, wars.line_up(raw)))
    left = ours[~ours["coalition_id"].isin(war.index)]
    dispute = line_ups.closest(line_ups.shared(left, disputes.line_up(raw)))
    left = left[~left["coalition_id"].isin(dispute.index)]
    same: pd.Series = pd.concat([war, dispute, _repeated(left)])
    return same


def _line_up(rows: pd.DataFrame, side: pd.DataFrame) -> pd.DataFrame:
    """Members and opponents, one row per year, with `party`; see `line_ups`."""
    years = _in_runs(rows, side)
    return _dated(years, years["year"], years["year"])[[*line_ups.COLUMNS, "party"]]


def _in_runs(rows: pd.DataFrame, side: pd.DataFrame) -> pd.DataFrame:
    """The state-years of both sides while a coalition lasts, with coalition_id and `opposed`."""
    run = pd.DataFrame(
        {
            "conflict": side["conflict"],
            "coalition_id": side["coalition_id"],
            "own": side["side"].str[0],
            "first": side["start"].dt.year,
            "last": side["end"].dt.year,
        }
    )
    years = rows.merge(run, on="conflict")
    years = years[years["year"].between(years["first"], years["last"])]
    return years.assign(opposed=years["side"] != years["own"]).reset_index(drop=True)


def _repeated(ours: pd.DataFrame) -> pd.Series:
    """Interventions for a government that also has an earlier record: its id by coalition_id."""
    own = ours[~ours["opposed"]].drop(columns="opposed")
    member = own[["coalition_id", "cow_code", "joined", "party"]]
    pairs = member.merge(member, on=["cow_code", "joined"], suffixes=("", "_2"))
    pairs = pairs[pairs["coalition_id"] != pairs["coalition_id_2"]]
    pairs["same_party"] = pairs["party"] & pairs["party_2"]
    common = pairs.groupby(["coalition_id", "coalition_id_2"]).agg(
        members=("cow_code", "nunique"), government=("same_party", "any")
    )
    common = common[(common["members"] >= 2) & common["government"]]
    same = set(common.index)

    size = own.groupby("coalition_id").agg(began=("joined", "min"), members=("cow_code", "nunique"))
    size["conflict"] = size.index.str.split("-").str[2].astype("int64")
    order = size.sort_values(["began", "members", "conflict"], ascending=[True, False, True])
    record: dict[str, str] = {}
    for coalition in order.index:
        first = (primary for primary in order.index if record.get(primary) == primary)
        record[coalition] = next((p for p in first if (coalition, p) in same), coalition)
    found = pd.Series(record, dtype=object)
    return pd.Series(found[found != found.index])


def _names(raw: RawFile, rows: pd.DataFrame, side: pd.DataFrame) -> pd.Series:
    """`Conflict <number> (<place>), side <A or B> from <year> (<members>)`.

    The place is the government that is a party on side a, against the one on side b if there is
    one. Parties come first among the members, then those in for most years.
    """
    name = states.spells(raw).drop_duplicates("cow_code").set_index("cow_code")["name"]
    years = _in_runs(rows, side)
    years["state"] = years["cow_code"].map(name)
    coalition = ["coalition_id", "opposed"]
    by_state = years.groupby([*coalition, "side", "state"], as_index=False).agg(
        party=("party", "max"), years=("year", "size"), since=("year", "min")
    )
    ranked = by_state.sort_values(
        ["coalition_id", "side", "party", "years", "since", "state"],
        ascending=[True, True, False, False, True, True],
    )
    members = ranked[~ranked["opposed"]].groupby("coalition_id")["state"].agg(list)
    parties = ranked[ranked["party"]].groupby(["coalition_id", "side"])["state"].agg(list)
    place = parties.map(sides.listed).groupby("coalition_id").agg(" against ".join)
    own, since = side["side"].str[0].str.upper(), side["start"].dt.year.astype(str)
    listed = side["coalition_id"].map(members.map(sides.listed))
    where = "Conflict " + side["conflict"].astype(str) + " (" + side["coalition_id"].map(place)
    return pd.Series(where + "), side " + own + " from " + since + " (" + listed + ")")
