"""What own tables say about themselves: title, author, and the source of every row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from coalitiondata.loading import load
from coalitiondata.own.options import Options

OWN_SOURCE = "own-data"
_UNSTATED = "not stated"


def about(options: Options) -> dict[str, Any]:
    """The head of datapackage.json."""
    author = options.author or "The author of these tables"
    return {
        "name": "own-coalitions",
        "title": options.title,
        "description": "Coalitions entered by their author, in the data model of coalitiondata.",
        "contributors": [{"title": author, "roles": ["creator"]}],
        "licenses": [{"name": "LicenseRef-not-stated", "title": _UNSTATED, "path": "not-stated"}],
        "keywords": ["coalitions"],
    }


def sources(
    raw: Mapping[str, pd.DataFrame], options: Options
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    """The tables with ids of sources, and the table `sources`.

    A row keeps the id of a source of the data set, or gets one for the words in its cell
    `source`, or that of the user's own table if it has none.
    """
    shipped = load("sources")
    texts = sorted(
        {text for frame in raw.values() if "source" in frame for text in frame["source"].dropna()}
        - set(shipped["source_id"])
    )
    names = {text: f"own-source-{place}" for place, text in enumerate(texts, start=1)}
    names |= {name: name for name in shipped["source_id"]}
    linked = {}
    for name, frame in raw.items():
        stated = frame["source"].map(names) if "source" in frame else None
        if stated is None:
            linked[name] = frame.assign(source=OWN_SOURCE) if len(frame.columns) else frame
        else:
            linked[name] = frame.assign(source=stated.fillna(OWN_SOURCE))
    used = {each for frame in linked.values() if "source" in frame for each in frame["source"]}
    cited = pd.DataFrame(
        {
            "source_id": [names[text] for text in texts],
            "title": texts,
            "citation": texts,
            "url": [
                text if text.startswith("http") and " " not in text else None for text in texts
            ],
            "licence": _UNSTATED,
            "redistribution": "facts_only",
        }
    )
    theirs = shipped[shipped["source_id"].isin(used | _origins(shipped, used))]
    own = own_source(options)
    return linked, pd.concat(
        [own, cited.astype("object"), theirs.astype("object")], ignore_index=True
    )


def own_source(options: Options) -> pd.DataFrame:
    """The row of `sources` for the user's own table."""
    author = options.author or "The author of these tables"
    row = {
        "source_id": OWN_SOURCE,
        "title": options.title,
        "citation": options.citation or f"{author}. {options.title}. Own table.",
        "licence": _UNSTATED,
        "redistribution": "own",
    }
    return pd.DataFrame([row], dtype="object")


def _origins(shipped: pd.DataFrame, used: set[str]) -> set[str]:
    based = shipped.set_index("source_id")["based_on"].dropna().str.split(";")
    return {origin for name in used if name in based for origin in based[name]}
