"""The reader's page: `python -m analysis.study.results_page results docs/results.md`.

The page's prose is written by hand; what stands between its marks is made of hypotheses.csv.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.figures.words import p_text
from analysis.study.labels import interval_text
from analysis.study.page_marks import replaced_between
from analysis.study.tables import markdown
from coalitiondata.replacing import write_whole

BEGIN, END = "<!-- answers -->", "<!-- /answers -->"
MANY, NO_MORE = "<!-- multiverse -->", "<!-- /multiverse -->"
FAMILIES: Mapping[str, str] = {
    "governing": "Cabinets",
    "wartime": "States at war",
    "ngo": "Organisations",
}
VERDICTS: Mapping[str, str] = {
    "supported": "the data support it",
    "contrary": "the data speak against it",
    "undecided": "the data do not decide",
}
WORDS: Mapping[str, str] = {
    "power_hhi_z": "power concentration",
    "interest_depth_z": "interest depth",
    "interest_breadth_z": "interest breadth",
    "single_host": "a single host",
    "power_share_z": "the member's share of power",
    "coalition_share_z": "the share of the coalition's seats",
    "seat_share_z": "the share of the chamber's seats",
    "log_cinc_z": "capability",
    "cinc_share": "the share of capability",
    "rewarded": "having been rewarded",
    "un_agreement": "agreement in the General Assembly",
    ", M3": "",
    ", N3": "",
    "AIC(M1) - AIC(M2)": "AIC of power less that of interests",
    "AIC(N1) - AIC(N2)": "AIC of power less that of interests",
}
# What a reader should know before believing the number, whatever it is.
LIMITS: Mapping[str, str] = {
    "H1": "Power is the concentration of seats or of capabilities, and for organisations whether "
    "one member ran the coalition. A hazard ratio of 1 means that power makes no difference; the "
    "claim leaves the sign open, so that only a clear difference either way supports it.",
    "H2": "A hazard ratio below 1 means that coalitions with more overlap last longer. Depth and "
    "breadth go together, so that each shows what the other leaves.",
    "H3": "A better fit is not a longer duration: interests may predict duration in the wrong "
    "direction. AIC takes coalitions as independent; intervals that draw whole countries or wars "
    "are in `tables/blocks_differences`.",
    "H4": "Only wars and expeditions with members of comparable pairs that stayed out, and mostly "
    "after 1946, since the General Assembly votes only from then.",
    "H5": "Transformations are few and come in bunches: one merger of parties can follow from "
    "several cabinets in a row.",
    "H6": "Why a member left is not always its decision. In cabinets the prime minister's party "
    "can hardly leave early, because the cabinet then ends by definition.",
    "H7": "Troops are known for few coalitions, and the strongest member weighs heavily. The data "
    "hold no portfolios; on those of Warwick and Druckman the published slope is found again.",
    "H8": "A war ends when the fighting does, a campaign with its vote: shorter is part of what "
    "they are. Alliances and networks of organisations are few.",
    "H9": "Who could have joined is every party with seats and every state of the system. Who "
    "leads is known for few wars.",
}


def plain(answers: pd.DataFrame) -> str:
    """Every hypothesis in a few lines: claim, answer by family, and what to keep in mind."""
    lines = []
    for name, part in answers.groupby("hypothesis", sort=True):
        claim = part["claim"].iloc[0]
        lines.append(f"### {name}. {claim}\n")
        lines.append(f"Tested by: {part['test'].iloc[0]}.\n")
        lines += [f"- {_line(row)}" for row in part.to_dict("records")]
        lines.append(f"\n{LIMITS[str(name)]}\n")
    return "\n".join(lines).rstrip("\n")


def replaced(page: str, text: str) -> str:
    """The page with the text between its marks."""
    return replaced_between(page, text, BEGIN, END)


def choices(summary: pd.DataFrame) -> str:
    """The multiverse as a table: how often the rules would say each of the three words."""
    rows = [
        {
            "": FAMILIES[str(row["family"])],
            "hypothesis": str(row["hypothesis"]),
            "specifications": f"{row['n']:,}",
            "median (middle half)": f"{row['median']:.2f} ({row['q25']:.2f} to {row['q75']:.2f})",
            "support": f"{row['supported']:.0%}",
            "speak against": f"{row['contrary']:.0%}",
            "do not decide": f"{row['undecided']:.0%}",
            "the plan's own": f"{row['main']:.2f}, {row['main_word']}",
        }
        for row in summary.to_dict("records")
    ]
    return markdown(pd.DataFrame(rows)).rstrip("\n")


def _line(row: Mapping[Hashable, Any]) -> str:
    part = "" if _empty(row["part"]) else f", {row['part']}"
    verdict = VERDICTS[str(row["verdict"])]
    text = f"**{FAMILIES[str(row['family'])]}{part}**: {verdict}."
    numbers = _numbers(row)
    if numbers:
        text += f" {numbers}."
    if not _empty(row["hangs_on"]):
        text += f" What it hangs on: {row['hangs_on']}."
    return text


def _numbers(row: Mapping[Hashable, Any]) -> str:
    estimate, low, high = (float(row[k]) for k in ("estimate", "conf_low", "conf_high"))
    digits = 3 if row["hypothesis"] in ("H4", "H5") else 2
    size = f"N = {int(row['n'])}, {int(row['events'])} events" if row["n"] else ""
    quantity = str(row["quantity"])
    for name, words in WORDS.items():
        quantity = quantity.replace(name, words)
    if not math.isnan(low):
        shown = f"{quantity}: {interval_text(estimate, low, high, digits)}"
    elif not math.isnan(estimate):
        shown = f"{quantity}: {estimate:.{digits}f}"
    elif not math.isnan(float(row["p_value"])):
        shown = f"{quantity}: {p_text(float(row['p_value']))}"
    else:
        return ""
    return f"{shown[0].upper()}{shown[1:]}" + (f" ({size})" if size else "")


def _empty(cell: object) -> bool:
    return cell is None or cell == "" or (isinstance(cell, float) and math.isnan(cell))


def main(results: Path, path: Path) -> None:
    """Put the answers of a results folder, and its multiverse if there is one, into the page."""
    answers = pd.read_csv(results / "hypotheses.csv")
    page = path.read_text(encoding="utf-8")
    page = replaced(page, plain(answers))
    summary = results / "multiverse" / "summary.csv"
    if summary.is_file():
        page = replaced_between(page, choices(pd.read_csv(summary)), MANY, NO_MORE)
    write_whole(path, page.encode("utf-8"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
