"""States by code or English name and date, as the states of this data set."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from pandas._libs.tslibs import NaTType

from coalitiondata.errors import InvalidDataError
from coalitiondata.gleditsch_ward import cow_codes
from coalitiondata.loading import load
from coalitiondata.names import known
from coalitiondata.paths import shipped_tables

States = Literal["cow", "gw", "iso3", "iso2", "name"]

_NAMES = Path(__file__).with_name("state_names.csv")
_BEGINNING = np.datetime64("1816-01-01", "s")
# Numbers that others stood in for while they were out of the system.
_STOOD_IN = {255: "260 (Federal Republic) or 265 (Democratic Republic)"}


def match_states(
    labels: pd.Series, first: pd.Series, last: pd.Series | None = None, *, states: States
) -> pd.DataFrame:
    """The state of this data set that each label meant at the time.

    `first` and `last` bound the day as far as it is known (`last` is `first` if not given), so a
    date known to the year spans it. `states` says what the labels are: `cow` and `gw` numbers of
    the Correlates of War list and of Gleditsch and Ward, `iso3` and `iso2` codes of ISO 3166-1
    (and of 3166-3 for states that ended), or English names (`name`).

    Returns, with the index of `labels`: `actor_id`, missing where nothing or more than one state
    fits; `in_system`, whether the state was in the Correlates of War state system on the day; and
    `hint`, why there is no match, with the nearest candidates.

    A label stands for the state that was in the system on that day. The list begins in 1816; a
    state that is on it from its first day counts as in the system before, too. A label that can
    mean one state only also matches before that state enters and while it is out (Canada in 1918,
    France in 1943), with `in_system` false, but never after it ended for good. Names come from the
    list itself, then from `state_names.csv` (historic names, each with its ground), then, if it is
    installed, from the package country_converter.

    Raises UnknownNameError for an unknown kind of label.
    """
    known("states", states, get_args(States))
    last = first if last is None else last
    days = {name: _days(given, name) for name, given in (("first", first), ("last", last))}
    rows = pd.DataFrame({"label": labels.astype("object").map(_plain), **days})
    distinct = rows.drop_duplicates()
    found = [
        _resolve(label, start, stop, states)
        for label, start, stop in distinct.itertuples(index=False, name=None)
    ]
    answer = pd.DataFrame(found, columns=["actor_id", "in_system", "hint"], index=distinct.index)
    merged = rows.merge(distinct.join(answer), on=["label", "first", "last"], how="left")
    return merged.set_axis(labels.index)[["actor_id", "in_system", "hint"]]


def _days(given: Any, name: str) -> pd.Series:
    """Days as dates. Raises InvalidDataError for a column that holds anything else."""
    try:
        return pd.Series(given).astype("datetime64[s]")
    except Exception as problem:  # what pandas raises at odd cells has no common type
        raise InvalidDataError(f"`{name}` must be dates (datetime64): {problem}") from problem


def _plain(value: object) -> str:
    """A code or name as text; 255.0, as pandas reads numbers beside a gap, is 255."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return " ".join(str(value).split())


def _resolve(
    label: str, first: pd.Timestamp | NaTType, last: pd.Timestamp | NaTType, states: States
) -> tuple[str | None, bool | None, str | None]:
    codes, close = _candidates(label, first, states)
    if not codes:
        known_as = f" Close: {', '.join(close)}." if close else ""
        when = " at that time" if any(each.startswith("before ") for each in close) else ""
        hint = f"No state is known by this {_KINDS[states]}{when}.{known_as}"
        return None, None, hint + ("" if when else _help(states))
    spells = _spells()
    if isinstance(first, NaTType) or isinstance(last, NaTType):
        if len(codes) == 1:
            return _actor(codes[0]), None, None
        return (
            None,
            None,
            f"Which state is meant depends on the date, which is missing: {_told(codes)}.",
        )
    inside = [code for code in codes if _inside(spells[code], first, last)]
    if len(inside) == 1:
        return _actor(inside[0]), True, None
    if len(inside) > 1:
        return None, None, f"Can mean {_told(inside)} at that time: give one of these."
    waiting = [code for code in codes if not _ended(spells[code], first)]
    if len(codes) == 1 and waiting and not (_stood_in(codes[0], spells[codes[0]], first)):
        return _actor(codes[0]), False, None
    more = f" Between its spells write {_STOOD_IN[codes[0]]}." if codes[0] in _STOOD_IN else ""
    return None, None, f"Not in the state system at that time: {_told(codes)}.{more}"


_KINDS = {
    "cow": "Correlates of War number",
    "gw": "Gleditsch-Ward number",
    "iso3": "ISO 3166 alpha-3 code",
    "iso2": "ISO 3166 alpha-2 code",
    "name": "English name",
}


def _candidates(
    label: str, first: pd.Timestamp | NaTType, states: States
) -> tuple[list[int], list[str]]:
    """Numbers that the label can stand for, and labels close to it where there is none."""
    if states in ("cow", "gw"):
        if not re.fullmatch(r"\d{1,3}", label):
            return [], []
        number = int(label)
        if states == "gw":
            year = pd.Series([0 if pd.isna(first) else first.year])
            number = int(cow_codes(pd.Series([number]), year).iloc[0])
        return ([number] if number in _spells() else []), []
    key = _folded(label) if states == "name" else label.upper()
    listed = _labels(states)
    codes = [
        code
        for code, until in listed.get(key, ())
        if pd.isna(first) or until is None or first.year <= until
    ]
    if key in listed:
        past = [f"before {until + 1} {code}" for code, until in listed[key] if until]
        return codes, [] if codes else past
    converted = _converted(label, states)
    if converted is not None:
        return [code for code, _ in _labels("iso3").get(converted, ())], []
    return [], get_close_matches(key, list(listed), n=3, cutoff=0.7)


def _inside(spells: list[tuple[np.datetime64, np.datetime64]], first: pd.Timestamp,
            last: pd.Timestamp) -> bool:  # fmt: skip
    return any(
        (last >= entered or entered == _BEGINNING) and (np.isnat(left) or first <= left)
        for entered, left in spells
    )


def _ended(spells: list[tuple[np.datetime64, np.datetime64]], first: pd.Timestamp) -> bool:
    return all(not np.isnat(left) and first > left for _, left in spells)


def _stood_in(
    code: int, spells: list[tuple[np.datetime64, np.datetime64]], first: pd.Timestamp
) -> bool:
    return code in _STOOD_IN and first > spells[0][1]


def _told(codes: list[int]) -> str:
    names, spells = _official(), _spells()
    parts = []
    for code in codes:
        spans = [
            f"{str(entered)[:10]} to {'today' if np.isnat(left) else str(left)[:10]}"
            for entered, left in spells[code]
        ]
        parts.append(f"{code} ({names[code]}, {' and '.join(spans)})")
    return "; ".join(parts)


def _help(states: States) -> str:
    if states in ("iso2", "name") and find_spec("country_converter") is None:
        return ' More are known with country_converter: pip install "coalitiondata[states]".'
    return ""


def _actor(code: int) -> str:
    return f"state-cow-{code}"


def _folded(name: str) -> str:
    """Lower case without accents, points and hyphens, `&` as `and`, no leading `the`."""
    text = unicodedata.normalize("NFKD", name.lower().replace("&", " and ").replace("ß", "ss"))
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    words = re.sub(r"[^a-z0-9 ]", " ", text.replace("'", "").replace("’", "")).split()
    words = ["saint" if word == "st" else word for word in words]
    return " ".join(words[1:] if words[:1] == ["the"] else words)


def _states() -> pd.DataFrame:
    with shipped_tables():
        actors = load("actors")
    return actors[actors["cow_code"].notna()].astype({"cow_code": "int64"})


@lru_cache(maxsize=1)
def _official() -> dict[int, str]:
    rows = _states()
    return dict(zip(rows["cow_code"], rows["name"], strict=True))


@lru_cache(maxsize=1)
def _spells() -> dict[int, list[tuple[np.datetime64, np.datetime64]]]:
    with shipped_tables():
        system = load("state_system")
    spells: dict[int, list[tuple[np.datetime64, np.datetime64]]] = {}
    for actor, entered, left in zip(
        system["actor_id"], system["entered"].to_numpy(), system["left"].to_numpy(), strict=True
    ):
        spells.setdefault(int(actor.rpartition("-")[2]), []).append((entered, left))
    return spells


@lru_cache(maxsize=3)
def _labels(states: str) -> Mapping[str, tuple[tuple[int, int | None], ...]]:
    """What each label can stand for: numbers, each with the last year in which it does."""
    table = pd.read_csv(_NAMES, keep_default_na=False, dtype="object")
    table = table[table["kind"] == states]
    listed: dict[str, list[tuple[int, int | None]]] = {}
    for label, code, until in zip(
        table["label"], table["cow_code"], table["until_year"], strict=True
    ):
        key = _folded(label) if states == "name" else label
        listed.setdefault(key, []).append((int(code), int(until) if until else None))
    rows = _states()
    ours = {"name": rows["name"].map(_folded), "iso3": rows["iso3"]}.get(states)
    if ours is not None:
        for key, code in zip(ours, rows["cow_code"], strict=True):
            if isinstance(key, str) and key not in listed:
                listed[key] = [(int(code), None)]
    return {key: tuple(codes) for key, codes in listed.items()}


def _converted(label: str, states: States) -> str | None:
    """The ISO alpha-3 code by country_converter, if it is installed and knows the label."""
    if states == "iso3" or find_spec("country_converter") is None:
        return None
    code = _converter(states, label)
    return code if isinstance(code, str) and re.fullmatch("[A-Z]{3}", code) else None


@lru_cache(maxsize=1024)
def _converter(states: str, label: str) -> Any:
    source = "ISO2" if states == "iso2" else "regex"
    # Without a match the converter gives back the label itself.
    converted = _coco().convert(label, src=source, to="ISO3", not_found=None)
    return None if converted == label and states == "iso2" else converted


@lru_cache(maxsize=1)
def _coco() -> Any:
    import country_converter

    logging.getLogger("country_converter").setLevel(logging.CRITICAL)
    return country_converter.CountryConverter()
