"""The line of a caption that says where the numbers come from."""

from __future__ import annotations

import pandas as pd

UNSTATED = "Source: not stated."


def source_line(*frames: pd.DataFrame, source: str | None = None) -> str:
    """`Source: ...` for a caption: as given, else from the frames.

    A frame with a column `source` names its own; one with `coalition_id` has the sources of these
    coalitions, their members and power in the data set. Ids of the data set are shown by their
    titles, together with its version; others as they are.

    Returns:
        "Source: not stated." where nothing says where the numbers come from.
    """
    if source is not None:
        text = source.strip().removesuffix(".")
        return f"{text if text.lower().startswith('source') else f'Source: {text}'}."
    ids = {str(each) for frame in frames for each in _ids(frame)}
    if not ids:
        return UNSTATED
    import coalitiondata

    titles = coalitiondata.load("sources").set_index("source_id")["title"]
    known = sorted(str(titles[each]) for each in ids if each in titles.index)
    parts = sorted(each for each in ids if each not in titles.index)
    if known:
        parts.insert(0, f"coalitiondata {coalitiondata.data_version} ({'; '.join(known)})")
    return f"Source: {'; '.join(parts)}."


def _ids(frame: pd.DataFrame) -> set[str]:
    if "source" in frame:
        return set(frame["source"].dropna().astype(str).unique())
    if "coalition_id" not in frame:
        return set()
    import coalitiondata

    mine = set(frame["coalition_id"].dropna())
    found: set[str] = set()
    for name in ("coalitions", "memberships", "power"):
        table = coalitiondata.load(name)
        found |= set(table.loc[table["coalition_id"].isin(mine), "source"].astype(str).unique())
    return found
