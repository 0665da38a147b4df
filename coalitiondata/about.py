"""What every export says about itself: the data set, its variables and its levels."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from coalitiondata import schema
from coalitiondata.citing import cite
from coalitiondata.codebooks import codebook
from coalitiondata.coding import levels


def about(frames: Mapping[str, pd.DataFrame]) -> list[tuple[str, str]]:
    """Title, version, licence and citations of these tables, as pairs of item and text."""
    package = schema.package()
    licences = ", ".join(each["name"] for each in package.get("licenses", []))
    own, *sources = cite(list(frames)).strip().split("\n\n")
    return [
        ("title", str(package["title"])),
        ("version", str(package["version"])),
        ("description", str(package["description"])),
        ("licence", f"{licences} for this compilation; the terms of each source are its own"),
        ("citation", own),
        *((f"source {place}", words) for place, words in enumerate(sources, start=1)),
    ]


def books(frames: Mapping[str, pd.DataFrame]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The codebook of these tables, and the levels of their variables."""
    variables = pd.concat([codebook(name) for name in frames], ignore_index=True)
    return variables, levels(schema.table(name) for name in frames)
