"""The list of released ids: none disappears, none is given to something else.

data/curated/released_ids.csv has a row for every id in the version that released it, with start and
name as they were. Rows of earlier versions are never edited. Ids that a coming version adds are
listed by `python -m coalitiondata.metadata`; that a start or name was corrected, not the id
reused, somebody must say by adding a row by hand: same table and id, the coming version, the
corrected start and name.
"""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd

from coalitiondata.errors import InvalidDataError
from coalitiondata.loading import load

PATH = "data/curated/released_ids.csv"
COLUMNS = ["table", "id", "version", "start", "name"]
# Tables with ids of their own: the columns with the id, the start (if any) and the name.
TABLES = {
    "coalitions": ("coalition_id", "start", "name"),
    "actors": ("actor_id", "founded", "name"),
    "alliances": ("alliance_id", "start", "source_key"),
    "transformations": ("transformation_id", "date", "coalition_id"),
    "sources": ("source_id", None, "title"),
}


def read(path: Path) -> pd.DataFrame:
    """The list as text, or an empty one before the first version."""
    if not path.is_file():
        return pd.DataFrame(columns=COLUMNS, dtype="object")
    return pd.read_csv(path, dtype="object", keep_default_na=False)[COLUMNS]


def current() -> pd.DataFrame:
    """Ids of the data as they are: `table`, `id`, `start` (ISO date or empty), `name`."""
    parts = []
    for table, (key, start, name) in TABLES.items():
        frame = load(table)
        dates = frame[start].dt.strftime("%Y-%m-%d").fillna("") if start else ""
        parts.append(
            pd.DataFrame({"table": table, "id": frame[key], "start": dates, "name": frame[name]})
        )
    return pd.concat(parts, ignore_index=True).astype("object")


def problems(listed: pd.DataFrame, now: pd.DataFrame) -> list[str]:
    """What the data break of the list, in words: ids gone, reused, or not listed.

    An id counts as reused if its start or name differs from its latest row in the list; a start
    that was missing then may be known now.
    """
    latest = listed.sort_values("version", key=_order).drop_duplicates(["table", "id"], keep="last")
    both = latest.merge(now, on=["table", "id"], how="outer", suffixes=("", "_now"), indicator="in")
    gone, new = both["in"] == "left_only", both["in"] == "right_only"
    both = both.drop(columns="in").fillna("")
    moved = (both["start"] != "") & (both["start"] != both["start_now"])
    reused = ~gone & ~new & (moved | (both["name"] != both["name_now"]))
    what = both["table"] + ": id " + both["id"]
    then = what + ", released in " + both["version"]
    changed = " as " + _words(both["name"], both["start"]) + ", now is "
    changed += _words(both["name_now"], both["start_now"])
    return [
        *(then[gone] + " is gone"),
        *(then[reused] + changed[reused]),
        *(what[new] + " is not listed"),
    ]


def _words(names: pd.Series, starts: pd.Series) -> pd.Series:
    return '"' + names + '" (' + starts.where(starts != "", "no start") + ")"


def updated(
    listed: pd.DataFrame, now: pd.DataFrame, version: str, *, is_released: bool
) -> pd.DataFrame:
    """The list with the ids that `version` adds.

    As long as `version` is not released its own rows follow the data; afterwards nothing is added.

    Raises InvalidDataError if an id of a released version is gone or reused, or if a released
    version has ids that are not listed.
    """
    if is_released:
        result = listed
    else:
        before = listed[listed["version"] != version]
        known = pd.MultiIndex.from_frame(before[["table", "id"]])
        here = listed[listed["version"] == version]
        corrections = here[pd.MultiIndex.from_frame(here[["table", "id"]]).isin(known)]
        added = now[~pd.MultiIndex.from_frame(now[["table", "id"]]).isin(known)]
        result = pd.concat([before, corrections, added.assign(version=version)])[COLUMNS]
    if faults := problems(result, now):
        more = f" and {len(faults) - 5} more" if len(faults) > 5 else ""
        raise InvalidDataError(
            f"{PATH}: {'; '.join(faults[:5])}{more}. A released id stays with what it named: give "
            "a new record a new id. If a start or name was corrected, add a row to the list by "
            "hand (same table and id, the coming version, the corrected start and name); new ids "
            "need a new data version."
        )
    order = {"table": lambda column: column.map(list(TABLES).index), "version": _order}
    return result.sort_values(
        ["table", "id", "version"],
        key=lambda column: order.get(str(column.name), pd.Series.copy)(column),
    ).reset_index(drop=True)


def text(listed: pd.DataFrame) -> str:
    """released_ids.csv."""
    target = io.StringIO()
    listed.to_csv(target, index=False, lineterminator="\n")
    return target.getvalue()


def _order(versions: pd.Series) -> pd.Series:
    """Versions as tuples of numbers, so that 0.10.0 comes after 0.9.0."""
    return versions.map(lambda version: tuple(int(part) for part in str(version).split(".")))
