"""The tiny data set with text that trips programs up: formulas, error values, quotes, long text."""

from __future__ import annotations

import copy

import tiny

LONG = "Σ" + "long text, " * 300 + "end"  # more than an ordinary string of Stata holds

TEXTS = [
    "=HYPERLINK(\"http://example.org\",\"x\")",
    "+Europa",
    "-1+1",
    "@SUM(A1)",
    "＝1+1",
    "#REF!",
    "NA",
    "NULL",
    "true",
    "1914",
    "007",
    "1-2",
    'say "so", he said',
    "semi;colon",
    "tab\there",
    "two\nlines",
    "Ελλάδα — Ísland, Łódź, Беларусь, 日本",
    "e\u0301 in two parts",
    "🕊️",
    LONG,
]  # fmt: skip

FORMULAS = TEXTS[:5]


def rows() -> tiny.Rows:
    """The tiny rows, and one actor for every text, with the text as its native name."""
    every = copy.deepcopy(tiny.ROWS)
    every["actors"] += [
        {"actor_id": f"party-tricky-{place}", "kind": "party", "name": text, "name_native": text,
         "founded": f"{1583 + place}-02-28", "founded_precision": "day", "source": "tinygov"}
        for place, text in enumerate(TEXTS)
    ]  # fmt: skip
    return every
