"""How far ParlGov agrees with itself: ends, causes, members, seats and early elections."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from coalitiondata.build import cabinets, terms
from coalitiondata.build.cabinet_ends import CODED, end_causes
from coalitiondata.build.parlgov import PARLIAMENT_ELECTION, ParlGov, cabinet_ids, party_ids
from coalitiondata.terms import term_limit

DAY = 86_400
YEAR = 365.25
BOUNDS = (-1_000_000, -1, 0, 30, 90, 180, 1_000_000)
GROUPS = ("before", "same day", "1 to 30", "31 to 90", "91 to 180", "over 180")
ELECTIONS = ("early_election", "regular_election")
KEY = ["coalition_id", "actor_id"]


def successor_gaps(parlgov: ParlGov) -> pd.DataFrame:
    """Days from the event that terminated a cabinet to its successor's start, where both are dated.

    Columns id, country, name, coalition (of two or more parties), start, terminated, successor
    (its start), `days` (negative: the successor started before the event) and `group`.
    """
    all_cabinets = parlgov.cabinets
    after = all_cabinets.dropna(subset=["previous_cabinet"]).set_index("previous_cabinet")
    rows = pd.DataFrame(
        {
            "id": all_cabinets["id"],
            "country": all_cabinets["country"].map(parlgov.country_iso3),
            "name": all_cabinets["name"].str.strip(),
            "coalition": all_cabinets["id"].isin(cabinets.coalition_cabinets(parlgov)["id"]),
            "start": all_cabinets["start_date"],
            "terminated": all_cabinets["termination_date"],
            "successor": all_cabinets["id"].map(after["start_date"]),
        }
    ).dropna(subset=["terminated", "successor"])
    days = (rows["successor"] - rows["terminated"]).dt.total_seconds() / DAY
    group = pd.cut(days, BOUNDS, labels=GROUPS)
    return rows.assign(days=days.astype("int64"), group=group).reset_index(drop=True)


def cause_table(parlgov: ParlGov) -> pd.DataFrame:
    """Cabinets by the cause that ParlGov codes (rows) and the one that the rule derives (columns).

    Coalition cabinets that have both.
    """
    both = _coalition_causes(parlgov).dropna(subset=["coded", "derived"])
    return pd.crosstab(both["coded"], both["derived"])


def elections_that_were_none(parlgov: ParlGov) -> pd.DataFrame:
    """Coalition cabinets that ParlGov codes as ended by an election, without one before the next.

    Columns coalition_id, country, name, start, successor (its start), coded, derived.
    """
    causes = _coalition_causes(parlgov)
    wrong = causes["coded"].isin(ELECTIONS) & causes["derived"].notna()
    return _described(causes[wrong & ~causes["derived"].isin(ELECTIONS)], parlgov)


def elections_of_two_kinds(parlgov: ParlGov) -> pd.DataFrame:
    """Coalition cabinets whose coded cause and the flag of the next election disagree on early.

    Columns as in `elections_that_were_none`.
    """
    causes = _coalition_causes(parlgov)
    both = causes["coded"].isin(ELECTIONS) & causes["derived"].isin(ELECTIONS)
    return _described(causes[both & (causes["coded"] != causes["derived"])], parlgov)


def view_members(built: Mapping[str, pd.DataFrame], view: pd.DataFrame) -> pd.DataFrame:
    """Members and seats of every cabinet of this data set here and in ParlGov's own view.

    One row per cabinet and party: coalition_id, actor_id, `ours` and `theirs` (whether it is a
    member), seats and view_seats.
    """
    ids = pd.DataFrame(
        {
            "coalition_id": cabinet_ids(view["cabinet_id"]),
            "actor_id": party_ids(view["party_id"]),
            "view_seats": view["seats"],
            "theirs": view["cabinet_party"] == 1,
        }
    )
    theirs = ids[ids["theirs"] & ids["coalition_id"].isin(built["coalitions"]["coalition_id"])]
    # ParlGov's view repeats a party that it counts in two electoral colleges.
    theirs = theirs.groupby(KEY, as_index=False).agg({"view_seats": "sum", "theirs": "first"})
    seats = built["power"][[*KEY, "value"]].rename(columns={"value": "seats"})
    ours = built["memberships"][KEY].drop_duplicates().assign(ours=True).merge(seats, "left", KEY)
    rows = ours.merge(theirs, on=KEY, how="outer")
    flags = {flag: rows[flag].eq(True) for flag in ("ours", "theirs")}
    return rows.assign(**flags).sort_values(KEY, ignore_index=True)


def seat_agreement(rows: pd.DataFrame) -> pd.Series:
    """How many members of both have which relation of seats here and in the view."""
    both = rows[rows["ours"] & rows["theirs"]]
    here, there = both["seats"].astype("float64"), both["view_seats"].astype("float64")
    known = here.notna()
    return pd.Series(
        {
            "equal": int((known & (here == there)).sum()),
            "0 in the view, none known here": int((~known & (there == 0)).sum()),
            "0 in the view, seats here": int((known & (here > 0) & (there == 0)).sum()),
            "seats in the view, 0 here": int((known & (here == 0) & (there > 0)).sum()),
            "both above 0, different": int(((here > 0) & (there > 0) & (here != there)).sum()),
            "seats in the view, none known here": int((~known & (there > 0)).sum()),
        }
    )


def early_elections(parlgov: ParlGov, curated: Path) -> pd.DataFrame:
    """Every parliamentary election with the end of the term that it cut short, or did not.

    Columns country, date, `early` (ParlGov's flag), `before` (the election before) and `days_left`,
    from the election to the last lawful day by the curated terms; missing where no election came
    before or the term is unknown.
    """
    elections = parlgov.elections[parlgov.elections["type"] == PARLIAMENT_ELECTION]
    dates = elections.set_index("id")["date"]
    frame = pd.DataFrame(
        {
            "country": elections["country"].map(parlgov.country_iso3),
            "date": elections["date"],
            "early": elections["early"] == 1,
            "before": elections["previous_parliament_election"].map(dates),
        }
    )
    chamber = frame.rename(columns={"country": "arena", "before": "chamber_elected"})
    limit = term_limit(chamber, terms.parliamentary_terms(curated))
    left = (limit - frame["date"]).dt.total_seconds() / DAY
    return frame.assign(days_left=left).sort_values(["country", "date"], ignore_index=True)


def early_table(elections: pd.DataFrame) -> pd.DataFrame:
    """Elections by ParlGov's flag (rows) and the time left of the term (columns)."""
    known = elections.dropna(subset=["days_left"])
    labels = ["after the term", "0 to 90 days", "91 days to a year", "over a year"]
    left = pd.cut(known["days_left"], [-1e6, -1, 90, YEAR, 1e6], labels=labels)
    return pd.crosstab(known["early"].map({True: "early", False: "not early"}), left)


def _coalition_causes(parlgov: ParlGov) -> pd.DataFrame:
    """All of ParlGov's codes, also those that the data set does not follow."""
    codes = parlgov.cabinets.set_index("id")["termination"].map(CODED)
    causes = end_causes(parlgov)
    causes["coded"] = causes["id"].map(codes)
    return causes[causes["id"].isin(cabinets.coalition_cabinets(parlgov)["id"])]


def _described(causes: pd.DataFrame, parlgov: ParlGov) -> pd.DataFrame:
    about = parlgov.cabinets.set_index("id")
    after = parlgov.cabinets.dropna(subset=["previous_cabinet"]).set_index("previous_cabinet")
    rows = pd.DataFrame(
        {
            "coalition_id": cabinet_ids(causes["id"]),
            "country": causes["id"].map(about["country"]).map(parlgov.country_iso3),
            "name": causes["id"].map(about["name"]).str.strip(),
            "start": causes["id"].map(about["start_date"]),
            "successor": causes["id"].map(after["start_date"]),
            "coded": causes["coded"],
            "derived": causes["derived"],
        }
    )
    return rows.sort_values(["country", "start"], ignore_index=True)


def regular_long_before(
    parlgov: ParlGov, coalitions: pd.DataFrame, elections: pd.DataFrame
) -> pd.DataFrame:
    """Cabinets ended by an election called regular that came over a year before the term ran out.

    Columns coalition_id, name, end, election (its day), days_left and end_cause_basis.
    `coalitions` are the built rows, `elections` those of `early_elections`.
    """
    regular = coalitions[coalitions["end_cause"] == "regular_election"]
    dates = parlgov.elections.set_index("id")["date"]
    after = parlgov.cabinets.dropna(subset=["previous_cabinet"])
    after = after.set_index(cabinet_ids(after["previous_cabinet"]))
    election = regular["coalition_id"].map(after["previous_parliament_election"]).map(dates)
    held = pd.MultiIndex.from_arrays([regular["arena"], election])
    left = elections.set_index(["country", "date"])["days_left"].reindex(held)
    rows = regular.assign(election=election, days_left=left.to_numpy())
    rows = rows[(rows["days_left"] > YEAR) & (rows["election"] > rows["start"])]
    columns = ["coalition_id", "name", "end", "election", "days_left", "end_cause_basis"]
    return rows.sort_values("days_left", ascending=False)[columns].reset_index(drop=True)
