"""What may be passed on of each source, and the words that go with it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from coalitiondata import schema
from coalitiondata.metadata.sources import Source, every

# Sources of these levels of `sources.redistribution` supply no row of any table.
BARRED = frozenset({"compute_only", "link_only"})
# Tables that list the sources themselves rather than data from them.
LISTS = frozenset({"sources", "source_files"})


def attribution(source: Source) -> str:
    """Terms of the source and what was done to it, in one line, as licences ask for it."""
    labels = schema.table("sources").field("redistribution").labels or {}
    label = labels.get(source.redistribution, source.redistribution)
    changed = "" if source.own or source.redistribution in BARRED else "; adapted for this data set"
    return f"{source.licence}: {label}{changed}"


def barred_rows(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Rows supplied by a source that may not supply any: none in a release.

    `frames` are tables by name. Returns `table`, `source`, `redistribution`, `rows`.
    """
    level = {name: source.redistribution for name, source in every().items()}
    found = []
    for table, frame in frames.items():
        if table in LISTS or "source" not in frame:
            continue
        for source, rows in frame["source"].value_counts(sort=False).items():
            if level.get(str(source)) in BARRED:
                found.append((table, source, level[str(source)], int(rows)))
    return pd.DataFrame(found, columns=["table", "source", "redistribution", "rows"])
