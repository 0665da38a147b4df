"""The part of the reconciliation that holds ParlGov against itself."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from coalitiondata.build import cabinets, parlgov, reconciled_cabinets
from coalitiondata.build.markdown import cross, paragraph, share, table
from coalitiondata.build.sources import RawFile

SHOWN = 10


def section(raw: RawFile, view: Path, curated: Path) -> str:
    """The section as Markdown; `view` is the path of ParlGov's view_cabinet.csv."""
    source = parlgov.read(raw, curated)
    built = cabinets.build(source, curated)
    members = reconciled_cabinets.view_members(built, pd.read_csv(view))
    parts = [
        "## ParlGov against itself\n",
        _ends(source),
        _causes(source),
        _elections(source),
        _view(members, built["coalitions"]),
        _early(source, built["coalitions"], curated),
    ]
    return "\n".join(parts)


def _ends(source: parlgov.ParlGov) -> str:
    gaps = reconciled_cabinets.successor_gaps(source)
    gaps = gaps[gaps["coalition"]].sort_values("days", kind="stable")
    counts = gaps["group"].value_counts(sort=False).rename_axis("days to successor").reset_index()
    before, after = gaps[gaps["days"] < 0], gaps[gaps["days"] > 180]
    text = paragraph(
        f"""{len(gaps)} coalition cabinets have a day of the event that ended them and a successor.
        The successor starts a median of {gaps["days"].median():.0f} and a mean of
        {gaps["days"].mean():.0f} days later: the event is the resignation or the election, and
        forming the next cabinet takes time. {len(before)} successors start before the event. Where
        the difference is large, the day belongs to a later cabinet of the same prime minister or
        its year cannot be right (Clark II ended in 2005). Such days lie outside the cabinet's life,
        and `terminated` is missing. A wrong day inside it cannot be told by rule: {len(after)} that
        lie over half a year before the successor stay, and are doubtful."""
    )
    columns = ["country", "name", "start", "terminated", "successor", "days"]
    return "\n".join(
        [
            "### Terminal event and successor\n",
            text,
            table(counts),
            "Successors furthest before the event:\n",
            table(before[columns].head(SHOWN)),
            "Successors longest after it:\n",
            table(gaps[columns].tail(SHOWN).iloc[::-1]),
        ]
    )


def _causes(source: parlgov.ParlGov) -> str:
    causes = reconciled_cabinets.cause_table(source)
    same = {
        str(cause): (int(row.get(cause, 0)), int(row.sum())) for cause, row in causes.iterrows()
    }
    agreement = ", ".join(f"`{cause}` {share(*numbers)}" for cause, numbers in same.items())
    text = paragraph(
        f"""{int(causes.to_numpy().sum())} coalition cabinets have a code and a successor to derive
        the cause from. Code and rule agree, by code: {agreement}. The rule sees what followed and
        not what came before it: a cabinet that resigned over its partners shows as a change of
        parties, one whose prime minister resigned as a change of prime minister."""
    )
    return "\n".join(["### Coded and derived causes of the end\n", text, cross(causes, "coded")])


def _elections(source: parlgov.ParlGov) -> str:
    none = reconciled_cabinets.elections_that_were_none(source)
    two = reconciled_cabinets.elections_of_two_kinds(source)
    first = paragraph(
        f"""{len(none)} cabinets are coded as ended by an election although their successor faces
        the same chamber. {(none["country"] == "LTU").sum()} are Lithuanian: the cabinet resigned,
        as it must, after an election of the president, and no parliament was elected. The data
        set takes the derived cause for all {len(none)}."""
    )
    second = paragraph(
        f"""For {len(two)} cabinets the code and ParlGov's flag of the election that followed
        disagree on whether it was early. The data set follows the code."""
    )
    return "\n".join([first, table(none), second, table(two)])


def _view(rows: pd.DataFrame, coalitions: pd.DataFrame) -> str:
    name = coalitions.set_index("coalition_id")["name"]
    rows = rows.assign(cabinet=rows["coalition_id"].map(name))
    apart = rows[rows["ours"] != rows["theirs"]]
    both = rows[rows["ours"] & rows["theirs"]]
    counts = reconciled_cabinets.seat_agreement(rows).rename("members").rename_axis("seats")
    differ = both.dropna(subset=["seats"])
    differ = differ.assign(difference=differ["seats"] - differ["view_seats"])
    order = differ["difference"].abs().sort_values(ascending=False, kind="stable").index
    first = paragraph(
        f"""{len(both)} of {len(rows)} members are in both. The others are members of two cabinets
        that the view does not have, one party that has no row in ParlGov's table of members, and
        one that is corrected here (`data/curated/parlgov_members.csv`):"""
    )
    second = paragraph(
        f"""{share(int(counts["equal"]), len(both))} have the same seats. The view writes 0 for
        parties elected on another's list and counts their seats with the list; here they are looked
        up and taken from the partner, or stay missing. It gives ministers without party the seats
        of the chamber's independents; here they have none."""
    )
    columns = ["coalition_id", "cabinet", "actor_id", "seats", "view_seats", "difference"]
    return "\n".join(
        [
            "### ParlGov's view of cabinets\n",
            first,
            table(apart[["coalition_id", "cabinet", "actor_id", "ours", "theirs"]]),
            second,
            table(counts.reset_index()),
            "Largest differences of seats:\n",
            table(differ.loc[order, columns].head(SHOWN)),
        ]
    )


def _early(source: parlgov.ParlGov, coalitions: pd.DataFrame, curated: Path) -> str:
    elections = reconciled_cabinets.early_elections(source, curated)
    known = elections.dropna(subset=["days_left"])
    early, left = known["early"], known["days_left"]
    unflagged = known[~early & (left > reconciled_cabinets.YEAR)]
    unflagged = unflagged.sort_values(["days_left", "country"], ascending=[False, True])
    late = known[early & (left <= 0)]
    regular = reconciled_cabinets.regular_long_before(source, coalitions, elections)
    first = paragraph(
        f"""{len(known)} of {len(elections)} elections have one before them and a known term.
        ParlGov flags {early.sum()} as early. {len(unflagged)} that it does not flag came over a
        year before the term ran out: snap elections (Greece, Turkey and Croatia in 2015-16, Austria
        in 2019), and some for a new constitution or electoral law. {len(late)} flagged ones came on
        the last day of the term as the curated table counts it, or after it."""
    )
    second = paragraph(
        f"""{len(regular)} coalition cabinets therefore end in a `regular_election` over a year
        before the term ran out, {(regular["end_cause_basis"] == "derived").sum()} of them derived
        from the flag. Analyses that censor every regular election take them for scheduled;
        `scheduled_end="final_year"` does not."""
    )
    columns = ["country", "before", "date", "days_left"]
    return "\n".join(
        [
            "### Early elections and the term of parliament\n",
            first,
            cross(reconciled_cabinets.early_table(elections), "ParlGov's flag"),
            "Not flagged, longest before the end of the term:\n",
            table(unflagged[columns].head(2 * SHOWN)),
            "Flagged, at or after the end of the term:\n",
            table(late[columns]),
            second,
            table(regular),
        ]
    )
