"""The README tells the truth: its example prints what it says, its numbers are the data's."""

from __future__ import annotations

import re
import subprocess
import sys

from raw_files import ROOT

import coalitiondata as cd

README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(marker: str, language: str) -> str:
    found = re.search(rf"<!-- {marker} -->\n```{language}\n(.*?)```", README, re.DOTALL)
    assert found, f"README.md has no block {marker}"
    return found.group(1)


def test_the_example_prints_what_the_readme_shows() -> None:
    done = subprocess.run(
        [sys.executable, "-c", block("example", "python")],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert done.stdout == block("output", "text")


def test_the_counts_are_those_of_the_data() -> None:
    rows = cd.tables().set_index("name")["rows"]
    kinds = {
        "governing": ["cabinet", "caretaker_cabinet"],
        "wars": ["interstate_war"],
        "disputes": ["militarized_dispute", "dispute_targets"],
        "interventions": ["intervention"],
        "expeditions": ["expedition", "historical_coalition"],
        "organisations": ["ngo_coalition", "ngo_alliance", "ngo_network"],
    }
    counts = [
        f"{len(cd.load('coalitions', subtype=kind)):,} | "
        f"{len(cd.load('memberships', subtype=kind)):,} |"
        for kind in kinds.values()
    ]
    countries = cd.load("coalitions", family="governing")["arena"].nunique()
    for text in (
        *counts,
        f"{int(cd.load('coalitions')['primary'].sum()):,} of the\n{rows['coalitions']:,} records",
        f"in {countries} democracies",
        f"{rows['dyads']:,} pairs of states by year",
        f"{rows['transformations']} transformations",
        f"{rows['alliances']} alliances",
    ):
        assert text in README, text


def test_the_files_it_points_to_exist() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
