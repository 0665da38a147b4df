"""The paragraphs of docs/rules.md that say how a derived cause of an end was found."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "rules.md"

# Subtype: heading and first words of the paragraph.
_PARAGRAPHS = {
    "cabinet": ("Governing coalitions", "End cause"),
    "caretaker_cabinet": ("Governing coalitions", "End cause"),
    "interstate_war": ("Wartime coalitions", "End cause"),
    "militarized_dispute": ("Militarised disputes", "End cause"),
    "dispute_targets": ("Militarised disputes", "End cause"),
    "intervention": ("Interventions", "Runs"),
}


def end_cause_rules() -> dict[str, dict[str, str]]:
    """By subtype: `title` and `text` of its rule, the text without links and marks of emphasis.

    Raises LookupError if the page has no such paragraph any more.
    """
    page = PAGE.read_text(encoding="utf-8")
    return {
        subtype: {"title": f"{heading}: {opening}", "text": _paragraph(page, heading, opening)}
        for subtype, (heading, opening) in _PARAGRAPHS.items()
    }


def _paragraph(page: str, heading: str, opening: str) -> str:
    for section in page.split("\n## ")[1:]:
        if not section.startswith(heading):
            continue
        for paragraph in section.split("\n\n"):
            begins = re.match(rf"\*\*{re.escape(opening)}[^*]*\*\* ", paragraph)
            if begins:
                flat = " ".join(paragraph[begins.end() :].split())
                return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", flat)
    raise LookupError(f"{PAGE.name} has no paragraph {opening!r} under {heading!r}.")
