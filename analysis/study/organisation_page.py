"""Computes the numbers in docs/ngo.md: python -m analysis.study.organisation_page docs/ngo.md"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from analysis.study.agreement import agreement
from analysis.study.organisation_report import organisation_section
from analysis.study.organisations import OrganisationResults, organisation_results
from analysis.study.page_marks import replaced_between
from analysis.study.samples import Tables, load_tables
from analysis.study.tables import markdown, rounded
from coalitiondata.replacing import write_whole

BEGIN, END = "<!-- numbers -->", "<!-- /numbers -->"


def numbers(results: OrganisationResults, tables: Tables, codings: pd.DataFrame) -> str:
    """The section of the report on coalitions of organisations, coverage, and agreement."""
    section = organisation_section(results).split("\n\n", 1)[1]
    table = agreement(codings).rename(
        columns={
            "agree": "share equal",
            "kappa_both_known": "kappa, both known",
            "n_both_known": "N, both known",
            "n": "N",
        }
    )
    table = table.drop(columns=["first_kept", "second_kept"])
    return "\n\n".join(
        [
            coverage(results, tables),
            section,
            "Agreement of the two readers (Cohen's kappa with 95 per cent interval; `unknown` is a "
            "code of its own, left out in the last two columns; dates are equal if they are at the "
            "coarser of their precisions, and their kappa is that of the years):",
            markdown(rounded(table)).rstrip("\n"),
        ]
    )


def coverage(results: OrganisationResults, tables: Tables) -> str:
    """How many coalitions, members and resources there are, in a sentence each."""
    frame = results.all_forms
    ids = frame["coalition_id"]
    coalitions = tables["coalitions"].set_index("coalition_id").loc[ids]
    members = tables["memberships"][tables["memberships"]["coalition_id"].isin(ids)]
    power = tables["power"][tables["power"]["coalition_id"].isin(ids)].astype({"resource": object})
    stated = power[power["resource"] != "decision_right"]
    ruled = power[power["resource"] == "decision_right"]
    dated = int(coalitions["end"].notna().sum())
    return (
        f"{len(ids)} coalitions, alliances and networks, {coalitions['start'].dt.year.min()} to "
        f"{coalitions['start'].dt.year.max()}; {(coalitions['status'] == 'ended').sum()} have "
        f"ended, {dated} ({dated / len(ids):.0%}) on a dated day, month or year. "
        f"{len(members):,} memberships of {members['actor_id'].nunique():,} organisations, "
        f"{int(members['role'].isin(['founder', 'leader']).sum())} of them of founders and "
        f"leaders, {int(members['left'].notna().sum())} with a dated exit. Resources of members "
        f"(revenue, staff, membership) are stated for {stated['actor_id'].nunique()} "
        "organisations; who had a part in the decisions is derived for "
        f"{ruled['coalition_id'].nunique()} coalitions."
    )


def replaced(page: str, text: str) -> str:
    """The page with the text between its marks."""
    return replaced_between(page, text, BEGIN, END)


def main(path: Path) -> None:
    """Put the numbers of the shipped data into the page at `path`."""
    from coalitiondata import load

    tables = load_tables()
    results = organisation_results(tables, lambda _: None)
    text = numbers(results, tables, load("codings"))
    page = path.read_text(encoding="utf-8")
    write_whole(path, replaced(page, text).encode("utf-8"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
