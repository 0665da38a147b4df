"""`python -m coalitiondata.build.reconcile`: where two sources speak about the same thing."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

from coalitiondata.build import (
    reconciled_conflicts,
    reconciled_lists,
    reconciled_parlgov,
    sources,
    states,
)
from coalitiondata.build.markdown import cross, paragraph, share, table
from coalitiondata.build.rda import read_rda
from coalitiondata.errors import CoalitionDataError, SourceFileError

# Second copies of a source, read only here; the build does not need them.
SECOND_COPIES = {
    "parlgov/view_cabinet.csv": "bd39f73335e8bc49c00d5000ab5a68e7a8c41ca0eb17d8c89ff6d05ba93e6063",
    "cow/cow_war_inter.rda": "d727523be3ab6f35653adc62a9b893101c8342e152af084d96f1297bb9a56131",
}
SHOWN = 10
COMPARED = [
    *("first", "second", "start_days", "end_days"),
    *("members_first", "members_second", "common", "cause_first", "cause_second"),
]


def main(arguments: list[str] | None = None) -> int:
    """Print the page; 0, or 1 if the sources are not the pinned ones."""
    options = _parser().parse_args(arguments)
    try:
        print(page(options.sources, options.curated), end="")
    except CoalitionDataError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def page(folder: Path, curated: Path) -> str:
    """The reconciliation as Markdown; the same text for the same sources."""
    raw = sources.from_folder(folder)
    coalitions, memberships = reconciled_conflicts.records(raw, curated)
    view = second_copy(folder, "parlgov/view_cabinet.csv")
    copy = second_copy(folder, "cow/cow_war_inter.rda")
    names = states.spells(raw).drop_duplicates("cow_code").set_index("cow_code")["name"]
    sections = [
        _head(),
        _wars_and_disputes(coalitions, memberships),
        _wars_and_expeditions(coalitions, memberships, curated, names),
        _interventions(coalitions, memberships, curated),
        reconciled_parlgov.section(raw, view, curated),
        _war_lists(raw, copy, names),
        _alliances(raw, names),
    ]
    return "\n".join(sections)


def second_copy(folder: Path, name: str) -> Path:
    """The verified path of a raw file that is a second copy of a source.

    Raises SourceFileError if it is missing or not the pinned one.
    """
    path = sources.raw_folder(folder) / name
    if not path.is_file() or sources.sha256(path) != SECOND_COPIES[name]:
        raise SourceFileError(
            f"The raw file {name} is missing in {folder} or not the pinned one (sha256 "
            f"{SECOND_COPIES[name]}). Restore it."
        )
    return path


def _head() -> str:
    text = paragraph(
        """Where two sources speak about the same thing, how far they agree, and why not. Made by
        `python -m coalitiondata.build.reconcile`; do not edit by hand. Differences of days are the
        days by which the first date is later than the second, at least, given how precisely both
        are known: 0 if they can be the same day, negative if the first is earlier."""
    )
    return f"# Reconciliation\n\n{text}"


def _wars_and_disputes(coalitions: pd.DataFrame, memberships: pd.DataFrame) -> str:
    links = reconciled_conflicts.war_and_dispute(coalitions)
    compared = reconciled_conflicts.compare(links, coalitions, memberships)
    closest = compared.loc[compared.groupby("first")["likeness"].idxmax()]
    number, start = len(closest), closest["start_days"]
    coded = closest.dropna(subset=["cause_first", "cause_second"])
    none_missing = int((closest["common"] == closest["members_first"]).sum())
    same_cause = int((coded["cause_first"] == coded["cause_second"]).sum())
    text = paragraph(
        f"""{len(compared)} sides of disputes are taken for one of {number} sides of listed wars. Of
        the dispute most like each, {share(int((start > 0).sum()), number)} begin before the war, by
        a median of {start[start > 0].median():.0f} days, because a dispute counts from the first
        threat or show of force and a war from the first battle.
        {share(int((closest["end_days"] == 0).sum()), number)} end on the same day.
        {share(int((closest["likeness"] == 1).sum()), number)} have the same members, and in
        {share(none_missing, number)} no member of the war is missing, as disputes also list states
        that only deployed or were only threatened. The cause of the end is the same in
        {share(same_cause, len(coded))}."""
    )
    return "\n".join(
        [
            "## Listed wars and militarised disputes\n",
            text,
            *_largest(closest),
            "War (rows) and dispute (columns) by the cause of the end:\n",
            cross(reconciled_conflicts.outcomes(closest), "war"),
        ]
    )


def _wars_and_expeditions(
    coalitions: pd.DataFrame, memberships: pd.DataFrame, curated: Path, names: pd.Series
) -> str:
    links = reconciled_conflicts.listed_and_expedition(curated)
    compared = reconciled_conflicts.compare(links, coalitions, memberships)
    one = links[links["primary"] != "both"]
    dates = reconciled_conflicts.member_dates(one, memberships)
    dates["state"] = dates["actor_id"].str.rpartition("-")[2].astype("int64").map(names)
    joined, left = dates["joined_days"].dropna(), dates["left_days"].dropna()
    first = paragraph(
        f"""{len(compared)} sides of listed wars or disputes meet a curated expedition or coalition.
        {len(one)} of these pairs are one coalition; in the others two followed each other. The war
        list counts from the first to the last battle and takes in states that fought in strength;
        the expeditions count from the first deployment to the last withdrawal and take in all that
        sent forces."""
    )
    second = paragraph(
        f"""In the pairs that are one coalition, {len(joined)} states have an entry in both records
        and {len(left)} an exit; {share(int((joined.abs() <= 31).sum()), len(joined))} of the
        entries and {share(int((left.abs() <= 31).sum()), len(left))} of the exits lie within 31
        days of each other. Contingents that stayed on after the fighting make the largest
        differences:"""
    )
    columns = ["first", "second", "state", "joined_days", "left_days"]
    return "\n".join(
        [
            "## Listed wars, disputes and expeditions\n",
            first,
            table(compared[[*COMPARED[:2], "primary", *COMPARED[2:]]]),
            second,
            table(_by_size(dates, "joined_days", "left_days")[columns].head(SHOWN)),
        ]
    )


def _interventions(coalitions: pd.DataFrame, memberships: pd.DataFrame, curated: Path) -> str:
    links = reconciled_conflicts.intervention_and_other(coalitions, curated)
    compared = reconciled_conflicts.compare(links, coalitions, memberships)
    kinds = compared["second"].str.partition("-")[0].value_counts()
    number = coalitions["coalition_id"].str.startswith("int-").sum()
    start, end = compared["start_days"], compared["end_days"].dropna()
    fewer = (compared["common"] < compared["members_second"]).sum()
    more = (compared["common"] < compared["members_first"]).sum()
    text = paragraph(
        f"""{len(compared)} of {number} interventions have a record elsewhere:
        {kinds.get("war", 0)} a listed war, {kinds.get("mid", 0)} a dispute and
        {kinds.get("exp", 0)} an expedition. UCDP gives only years:
        {share(int((start == 0).sum()), len(start))} can have begun and
        {share(int((end == 0).sum()), len(end))} can have ended on the same day. UCDP counts a
        conflict while 25 people or more die in it in a year, the war list only the war between
        states; that is why the interventions in Angola and in the Ogaden end years after the war.
        {more} have members that the other record lacks: UCDP names every state that supports a side
        with troops, the war list only those that committed many. {fewer} lack members of the other
        record. UCDP does not code how conflicts ended, so causes cannot be compared."""
    )
    return "\n".join(
        ["## Interventions and wars, disputes or expeditions\n", text, *_largest(compared)]
    )


def _war_lists(raw: sources.RawFile, copy: Path, names: pd.Series) -> str:
    rows = reconciled_lists.participants_twice(raw, read_rda(copy))
    both = rows[rows["listed"] & rows["in_dyads"]]
    values = ("outcome", "deaths", "first", "last")
    same = {
        value: int((both[value].fillna(-1) == both[f"{value}_dyads"].fillna(-1)).sum())
        for value in values
    }
    apart = both[both["last"] != both["last_dyads"]]
    apart = apart.assign(state=apart["cow_code"].map(names))
    text = paragraph(
        f"""{len(both)} of {len(rows)} participants (war, side, state) are in the list that the
        build uses and in the dyad-years made from it, with the same outcome and deaths. The
        dyad-years lack the second spell of {len(apart)} states, which fought on in a later year
        after a truce or came back into the war."""
    )
    counts = pd.DataFrame({"value": list(same), "the same": list(same.values())})
    columns = ["war", "side", "state", "first", "last", "first_dyads", "last_dyads"]
    return "\n".join(
        ["## Two digitisations of the list of wars\n", text, table(counts), table(apart[columns])]
    )


def _alliances(raw: sources.RawFile, names: pd.Series) -> str:
    years = reconciled_lists.alliance_dyad_years(raw)
    counts = pd.DataFrame([_versions(years, kind) for kind in ("any", "defence")])
    added = years[years["any_51"] & ~years["any_401"]]
    pairs = added.groupby(["code_a", "code_b"])["year"].agg(["size", "min", "max"]).reset_index()
    pairs = pairs.sort_values(["size", "code_a", "code_b"], ascending=[False, True, True])
    shown = pd.DataFrame(
        {
            "state_a": pairs["code_a"].map(names),
            "state_b": pairs["code_b"].map(names),
            "dyad_years": pairs["size"],
            "first": pairs["min"],
            "last": pairs["max"],
        }
    )
    treaties = reconciled_lists.treaties_apart(raw, years)
    text = paragraph(
        f"""The alliances and pacts of this data set are from ATOP 4.01, the portfolios behind
        `s_alliance` from 5.1. Both have {
            int((years["any_401"] & years["any_51"]).sum())
            / len(
                years
            ):.1%} of all dyad-years up to 2016 that either has. Nearly all others are only in
        5.1: {len(pairs)} pairs of states, mostly with one long spell, as one more bilateral treaty
        gives. The few that only 4.01 has are two guarantors of a third (Britain and Italy at
        Locarno), short treaties, and the year in which a state changed its number (Germany and
        Yemen in 1990)."""
    )
    return "\n".join(
        [
            "## ATOP 4.01 and 5.1\n",
            text,
            table(counts),
            "Pairs with most dyad-years only in 5.1:\n",
            table(shown.head(SHOWN)),
            "Treaties of 4.01 with dyad-years that 5.1 lacks:\n",
            table(treaties[["alliance_id", "start", "dyad_years", "missing"]].head(SHOWN)),
        ]
    )


def _largest(compared: pd.DataFrame) -> list[str]:
    members = compared.sort_values(["likeness", "first", "second"]).head(SHOWN)
    dates = _by_size(compared, "start_days", "end_days").head(SHOWN)
    return [
        "Largest differences of members:\n",
        table(members[COMPARED]),
        "Largest differences of dates:\n",
        table(dates[COMPARED]),
    ]


def _by_size(rows: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The rows with the largest absolute values first, in their own order among equals."""
    largest = rows[list(columns)].abs().max(axis=1)
    return rows.loc[largest.sort_values(ascending=False, kind="stable").index]


def _versions(years: pd.DataFrame, kind: str) -> dict[str, object]:
    old, new = years[f"{kind}_401"], years[f"{kind}_51"]
    numbers = {"both": old & new, "only 4.01": old & ~new, "only 5.1": new & ~old}
    return {"obligation": kind} | {name: int(rows.sum()) for name, rows in numbers.items()}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m coalitiondata.build.reconcile",
        description="Print where two sources speak about the same thing and how far they agree.",
    )
    parser.add_argument(
        "--sources", type=Path, metavar="DIR", required=True, help="folder with the raw files"
    )
    parser.add_argument(
        "--curated",
        type=Path,
        metavar="DIR",
        default=Path("data") / "curated",
        help="folder with the curated files (default: data/curated)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
