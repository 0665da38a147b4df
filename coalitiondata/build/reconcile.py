"""`python -m coalitiondata.build.reconcile`: where two sources speak about the same thing."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd

from coalitiondata.build import (
    cabinets,
    parlgov,
    reconciled_cabinets,
    reconciled_conflicts,
    reconciled_lists,
    sources,
    states,
)
from coalitiondata.build.markdown import table
from coalitiondata.build.rda import read_rda
from coalitiondata.errors import CoalitionDataError, SourceFileError

# Second copies of a source, read only here; the build does not need them.
SECOND_COPIES = {
    "parlgov/view_cabinet.csv": "bd39f73335e8bc49c00d5000ab5a68e7a8c41ca0eb17d8c89ff6d05ba93e6063",
    "cow/cow_war_inter.rda": "d727523be3ab6f35653adc62a9b893101c8342e152af084d96f1297bb9a56131",
}
SHOWN = 10
SHARE = 100


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
    names = states.spells(raw).drop_duplicates("cow_code").set_index("cow_code")["name"]
    return "\n".join(
        [
            HEAD,
            _wars_and_disputes(coalitions, memberships),
            _wars_and_expeditions(coalitions, memberships, curated, names),
            _interventions(coalitions, memberships, curated),
            _parlgov(raw, folder, curated),
            _war_lists(raw, folder, names),
            _alliances(raw, names),
        ]
    )


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


HEAD = """# Reconciliation

Where two sources speak about the same thing, how far they agree, and why not. Made by
`python -m coalitiondata.build.reconcile`; do not edit by hand. Days are those by which the first
date is later than the second, at least, given how precisely both are known: 0 if they can be the
same day, negative if the first is earlier.
"""


def _wars_and_disputes(coalitions: pd.DataFrame, memberships: pd.DataFrame) -> str:
    links = reconciled_conflicts.war_and_dispute(coalitions)
    compared = reconciled_conflicts.compare(links, coalitions, memberships)
    dispute = compared.loc[compared.groupby("first")["likeness"].idxmax()]
    start, end = dispute["start_days"], dispute["end_days"]
    coded = dispute.dropna(subset=["cause_first", "cause_second"])
    return f"""
## Listed wars and militarised disputes

{len(compared)} sides of disputes are a side of one of {len(dispute)} listed wars. Of the dispute
most like each war, {_count((start > 0).sum(), len(dispute))} begin before it, by a median of
{start[start > 0].median():.0f} days, because a dispute counts from the first threat or show of
force and a war from the first battle. {_count((end == 0).sum(), len(dispute))} end on the same
day. In {_count((dispute["likeness"] == 1).sum(), len(dispute))} the members are the same; no
member of a war is missing in its dispute in {_count(_none_missing(dispute), len(dispute))}, as
disputes also list states that only deployed or were only threatened. The cause of the end is the
same in {_count((coded["cause_first"] == coded["cause_second"]).sum(), len(coded))}.

Largest differences of members:

{table(_shown(dispute.sort_values(["likeness", "first"]).head(SHOWN)))}
Largest differences of dates:

{table(_shown(_by_size(dispute, "start_days", "end_days").head(SHOWN)))}
War (rows) and dispute (columns) by the cause of the end:

{_cross(reconciled_conflicts.outcomes(dispute))}"""


def _wars_and_expeditions(
    coalitions: pd.DataFrame, memberships: pd.DataFrame, curated: Path, names: pd.Series
) -> str:
    links = reconciled_conflicts.war_and_expedition(curated)
    compared = reconciled_conflicts.compare(links, coalitions, memberships)
    one = links[links["primary"] != "both"]
    dates = reconciled_conflicts.member_dates(one, memberships)
    joined, left = dates["joined_days"].dropna(), dates["left_days"].dropna()
    far = _by_size(dates, "joined_days", "left_days").head(SHOWN)
    far = far.assign(state=far["actor_id"].str.rpartition("-")[2].astype("int64").map(names))
    judged = compared[["first", "second", "primary", *FIGURES]]
    shown = far[["first", "second", "state", "joined_days", "left_days"]]
    return f"""
## Listed wars and expeditions

{len(compared)} listed sides meet a curated expedition or coalition. {len(one)} of these pairs are
one coalition and {len(compared) - len(one)} are two, which followed each other. The war list counts
from the first to the last battle and takes in states that fought in strength; the expeditions count
from the first deployment to the last withdrawal and take in all that sent forces. So most
expeditions begin earlier, end later and have more members.

{table(judged)}
In the pairs that are one coalition, {len(joined)} states have an entry in both records and
{len(left)} an exit; {_count((joined.abs() <= 31).sum(), len(joined))} entries and
{_count((left.abs() <= 31).sum(), len(left))} exits lie within a month of each other. Contingents
that stayed on after an armistice make the largest differences:

{table(shown)}"""


def _interventions(coalitions: pd.DataFrame, memberships: pd.DataFrame, curated: Path) -> str:
    links = reconciled_conflicts.intervention_and_other(coalitions, curated)
    compared = reconciled_conflicts.compare(links, coalitions, memberships)
    kinds = compared["second"].str.partition("-")[0].value_counts()
    own = coalitions["coalition_id"].str.startswith("int-")
    start, end = compared["start_days"], compared["end_days"].dropna()
    missing = (compared["common"] < compared["members_second"]).sum()
    return f"""
## Interventions and wars, disputes or expeditions

{len(compared)} of {own.sum()} interventions have a record elsewhere: {kinds.get("war", 0)} a listed
war, {kinds.get("mid", 0)} a dispute and {kinds.get("exp", 0)} an expedition. UCDP gives only years,
so a difference is a difference of years: {_count((start == 0).sum(), len(start))} can begin and
{_count((end == 0).sum(), len(end))} can end on the same day. UCDP counts each conflict as long as
it goes on, the war list only the phase of war between states: that is why the interventions in
Angola and in the Ogaden end years after the war. Members of the other record are missing in
{missing}, mostly because UCDP counts troops in combat and not every deployment; UCDP counts
supporting states of the Gulf War and Kosovo that the war list leaves out. UCDP does not code how a
conflict ended.

Largest differences of members:

{table(_shown(compared.sort_values(["likeness", "first"]).head(SHOWN)))}
Largest differences of dates:

{table(_shown(_by_size(compared, "start_days", "end_days").head(SHOWN)))}"""


def _parlgov(raw: sources.RawFile, folder: Path, curated: Path) -> str:
    source = parlgov.read(raw, curated)
    built = cabinets.build(source, curated)
    view = pd.read_csv(second_copy(folder, "parlgov/view_cabinet.csv"))
    return "\n".join(
        [
            "\n## ParlGov against itself\n",
            _ends(source),
            _causes(source),
            _view(reconciled_cabinets.view_members(built, view), built["coalitions"]),
            _early(source, built["coalitions"], curated),
        ]
    )


def _ends(source: parlgov.ParlGov) -> str:
    gaps = reconciled_cabinets.successor_gaps(source)
    gaps = gaps[gaps["coalition"]]
    counts = gaps["group"].value_counts(sort=False).rename_axis("successor starts").reset_index()
    negative = gaps.sort_values("days")[gaps["days"] < 0]
    columns = ["country", "name", "start", "terminated", "successor", "days"]
    return f"""### Terminal event and successor

{len(gaps)} coalition cabinets have a day of the event that ended them and a successor. The
successor starts a median of {gaps["days"].median():.0f} days later, the mean is
{gaps["days"].mean():.0f}: the event is the resignation or election, and forming a cabinet takes
time. {len(negative)} successors start before the event. Where the difference is large, the event
belongs to a later cabinet of the same prime minister or its year is mistyped (Clark II ended in
2005); `terminated` is missing for these, as it would lie outside the cabinet's life.

{table(counts)}
Successors furthest before the event:

{table(negative[columns].head(SHOWN))}
Successors longest after it:

{table(gaps.sort_values("days", ascending=False)[columns].head(SHOWN))}"""


def _causes(source: parlgov.ParlGov) -> str:
    causes = reconciled_cabinets.cause_table(source)
    none = reconciled_cabinets.elections_that_were_none(source)
    two = reconciled_cabinets.elections_of_two_kinds(source)
    agreement = "; ".join(
        f"{cause} {_count(causes.at[cause, cause], causes.loc[cause].sum())}"
        for cause in causes.index.intersection(causes.columns)
    )
    lithuania = (none["country"] == "LTU").sum()
    return f"""### Coded and derived causes of the end

{int(causes.to_numpy().sum())} coalition cabinets have a code and a successor to derive the cause
from. Agreement, by code: {agreement}. The rule sees what followed, not what was said: a cabinet
that resigned over its partners shows as a change of parties, one whose prime minister resigned as a
change of prime minister.

Coded (rows) and derived (columns):

{_cross(causes)}
{len(none)} cabinets are coded as ended by an election although their successor faces the same
chamber. {lithuania} are Lithuanian: the cabinet resigned, as it must, after an election of the
president, or the parties in it changed, and no election of parliament was held.

{table(none)}
For {len(two)} cabinets the code and the flag of the election that followed disagree on whether it
was early:

{table(two)}"""


def _view(rows: pd.DataFrame, coalitions: pd.DataFrame) -> str:
    apart = rows[rows["ours"] != rows["theirs"]]
    both = rows[rows["ours"] & rows["theirs"]]
    counts = reconciled_cabinets.seat_agreement(rows).rename("members").rename_axis("seats")
    name = coalitions.set_index("coalition_id")["name"]
    differ = both.dropna(subset=["seats"])
    differ = differ.assign(
        cabinet=differ["coalition_id"].map(name), difference=differ["seats"] - differ["view_seats"]
    )
    differ = _by_size(differ, "difference").head(SHOWN)
    columns = ["coalition_id", "cabinet", "actor_id", "seats", "view_seats", "difference"]
    absent = apart.assign(cabinet=apart["coalition_id"].map(name))
    return f"""### ParlGov's view of cabinets

{len(both)} of {len(rows)} members are in both. The others are in two cabinets of 2022-23 that the
view, an earlier snapshot, does not have, and one party that the table of members does not name:

{table(absent[["coalition_id", "cabinet", "actor_id", "ours", "theirs"]])}
Seats are the same for {_count((both["seats"] == both["view_seats"]).sum(), len(both))} of members.
The view writes 0 for parties elected on another's list and gives their seats to the list; here they
are looked up and taken from the partner, or stay missing. It gives ministers without party the
seats of the chamber's independents, here they have none.

{table(counts.reset_index())}
{table(differ[columns])}"""


def _early(source: parlgov.ParlGov, coalitions: pd.DataFrame, curated: Path) -> str:
    elections = reconciled_cabinets.early_elections(source, curated)
    known = elections.dropna(subset=["days_left"])
    unflagged = known[~known["early"] & (known["days_left"] > reconciled_cabinets.YEAR)]
    late = known[known["early"] & (known["days_left"] <= 0)]
    regular = reconciled_cabinets.regular_long_before(source, coalitions, elections)
    columns = ["country", "before", "date", "days_left"]
    return f"""### Early elections and the term of parliament

{len(known)} of {len(elections)} elections have one before them and a known term. ParlGov flags
{known["early"].sum()} as early. {len(unflagged)} that it does not flag came over a year before the
term ran out: snap elections that were never flagged (Austria 2019, Greece and Turkey 2015, Croatia
2016), and some that followed a new constitution or electoral law. {len(late)} flagged ones came on
the last lawful day or after it.

Flag (rows) and time left of the term (columns):

{_cross(reconciled_cabinets.early_table(elections))}
Not flagged, longest before the end of the term:

{table(_longest(unflagged)[columns])}
Flagged, but at or after the end of the term:

{table(late[columns])}
{len(regular)} coalition cabinets therefore end in a `regular_election` over a year before the term
ran out ({(regular["end_cause_basis"] == "derived").sum()} derived from the flag). Analyses that
censor regular elections treat them as scheduled; `scheduled_end="final_year"` does not.

{table(regular.head(2 * SHOWN))}"""


def _war_lists(raw: sources.RawFile, folder: Path, names: pd.Series) -> str:
    copy = read_rda(second_copy(folder, "cow/cow_war_inter.rda"))
    rows = reconciled_lists.participants_twice(raw, copy)
    both = rows[rows["listed"] & rows["in_dyads"]]
    deaths = both[["deaths", "deaths_dyads"]].fillna(-1)
    same = {
        "outcome": (both["outcome"] == both["outcome_dyads"]).sum(),
        "battle deaths": (deaths["deaths"] == deaths["deaths_dyads"]).sum(),
        "first year": (both["first"] == both["first_dyads"]).sum(),
        "last year": (both["last"] == both["last_dyads"]).sum(),
    }
    counts = pd.DataFrame({"value": list(same), "the same": [int(n) for n in same.values()]})
    apart = both[(both["first"] != both["first_dyads"]) | (both["last"] != both["last_dyads"])]
    apart = apart.assign(state=apart["cow_code"].map(names))
    columns = ["war", "side", "state", "first", "last", "first_dyads", "last_dyads"]
    return f"""
## Two digitisations of the list of wars

{len(both)} of {len(rows)} participants (war, side, state) are in the list that the build uses and
in the dyad-years made from it. All that differs are last years: the dyad-years lack the second
spell of {len(apart)} states, which fought on after a truce or came back into the war, although they
keep others.

{table(counts)}
{table(apart[columns])}"""


def _alliances(raw: sources.RawFile, names: pd.Series) -> str:
    years = reconciled_lists.alliance_dyad_years(raw)
    treaties = reconciled_lists.treaties_apart(raw, years)
    counts = pd.DataFrame(
        [_both_versions(years, kind) for kind in ("any", "defence")],
        columns=["obligation", "both", "only 4.01", "only 5.1"],
    )
    share = counts.at[0, "both"] / counts.loc[0, ["both", "only 4.01", "only 5.1"]].sum()
    added = years[years["any_51"] & ~years["any_401"]]
    pairs = added.groupby(["code_a", "code_b"])["year"].agg(["size", "min", "max"]).reset_index()
    pairs = pairs.sort_values(["size", "code_a", "code_b"], ascending=[False, True, True])
    shown = pd.DataFrame(
        {
            "state a": pairs["code_a"].map(names),
            "state b": pairs["code_b"].map(names),
            "dyad-years": pairs["size"],
            "first": pairs["min"],
            "last": pairs["max"],
        }
    )
    return f"""
## ATOP 4.01 and 5.1

The alliances and pacts of this data set are from ATOP 4.01, the portfolios behind `s_alliance` from
5.1. They agree on {share * SHARE:.1f} per cent of all dyad-years with an alliance up to 2016.
Nearly all others are new in 5.1: {len(pairs)} pairs of states, most with one bilateral treaty that
the later version added. The few that 5.1 lacks are pairs of one treaty that owe each other nothing
(the two guarantors of Locarno, Britain and Italy) or last days of a treaty.

{table(counts)}
Pairs with most dyad-years only in 5.1:

{table(shown.head(SHOWN))}
Treaties of 4.01 with dyad-years that 5.1 lacks:

{table(treaties[["alliance_id", "start", "dyad_years", "missing"]].head(SHOWN))}"""


FIGURES = ["start_days", "end_days", "members_first", "members_second", "common"]


def _shown(compared: pd.DataFrame) -> pd.DataFrame:
    causes = ["cause_first", "cause_second"]
    return compared[["first", "second", *FIGURES, *causes]]


def _by_size(rows: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The rows with the largest absolute values first, in their own order among equals."""
    largest = rows[list(columns)].abs().max(axis=1)
    order = largest.sort_values(ascending=False, kind="stable", na_position="last").index
    return rows.loc[order]


def _longest(elections: pd.DataFrame) -> pd.DataFrame:
    return elections.sort_values(["days_left", "country"], ascending=[False, True]).head(2 * SHOWN)


def _none_missing(compared: pd.DataFrame) -> int:
    return int((compared["common"] == compared["members_first"]).sum())


def _both_versions(years: pd.DataFrame, kind: str) -> tuple[str, int, int, int]:
    old, new = years[f"{kind}_401"], years[f"{kind}_51"]
    return kind, int((old & new).sum()), int((old & ~new).sum()), int((new & ~old).sum())


def _cross(counts: pd.DataFrame) -> str:
    rows = counts.rename_axis(index=None, columns=None).rename_axis("cause or flag")
    return table(rows.reset_index())


def _count(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole * SHARE:.0f} %)"


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
