"""What a user says about their minimal tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

import pandas as pd

from coalitiondata import schema
from coalitiondata.conforming import number
from coalitiondata.errors import InvalidDataError
from coalitiondata.given import shown, text_given
from coalitiondata.names import known
from coalitiondata.own.dates import one_date
from coalitiondata.own.states import States
from coalitiondata.paths import shipped_tables
from coalitiondata.rules.dates import latest

Scale = tuple[float, float]

SHIPPED = "shipped"
KINDS = {"wartime": "state", "governing": "party", "ngo": "organisation"}
_WORD = re.compile("[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Options:
    """The arguments of `CoalitionData.from_members`, checked."""

    names: Mapping[str, str] = field(default_factory=dict)
    """Column of `members` by its name in `minimal`."""
    power: str | None = "power"
    power_unit: str | None = None
    positions: tuple[str, ...] = ()
    scales: Mapping[str, Scale] = field(default_factory=dict)
    channels: tuple[str, ...] | None = None
    channel_scales: Mapping[str, Scale] = field(default_factory=dict)
    family: str = "wartime"
    kind: str | None = None
    states: States | None = None
    until: pd.Timestamp | None = None
    lag: int = 1
    shipped_power: bool = False
    shipped_pairs: bool = False
    title: str = "Own coalitions"
    author: str | None = None
    citation: str | None = None

    @property
    def actor_kind(self) -> str:
        """Kind of the actors."""
        if self.states is not None:
            return "state"
        return self.kind or KINDS.get(self.family, "organisation")

    @property
    def resource(self) -> str | None:
        """Name of the resource in `power`."""
        if self.shipped_power:
            return "cinc"
        return None if self.power is None else words(self.power)


def words(name: str) -> str:
    """A column's name as a level: lower case, words joined by underscores."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "power"


def checked(options: Options) -> Options:
    """The same options, or an error for what does not fit together."""
    optional = {name: getattr(options, name) for name in ("power_unit", "author", "citation")}
    texts = {
        **{f"the column of {name}": column for name, column in options.names.items()},
        **{name: text for name, text in optional.items() if text is not None},
        "title": options.title,
        **{f"the column {shown(name)}": name for name in options.positions},
        **{f"the channel {shown(name)}": name for name in options.channel_scales},
    }
    for what, text in texts.items():
        text_given(text, what)
    if not _WORD.fullmatch(text_given(options.family, "family")):
        raise InvalidDataError(
            f"family is {options.family!r}; give wartime, governing, ngo or a word of your own "
            "(lower-case letters, digits and underscores)."
        )
    if options.states is not None:
        known("states", options.states, get_args(States))
    if options.kind is not None:
        with shipped_tables():
            known("kind", options.kind, schema.table("actors").field("kind").levels)
    if (options.shipped_power or options.shipped_pairs) and options.states is None:
        raise InvalidDataError(
            'Power and pairs of the data set are those of states: say states="cow", "gw", "iso3", '
            '"iso2" or "name".'
        )
    if not isinstance(options.lag, int) or options.lag not in (0, 1):
        raise InvalidDataError(f"lag is {shown(options.lag)}; give 1 (the year before) or 0.")
    return options


def scales_of(names: tuple[str, ...], given: Any, argument: str) -> dict[str, Scale]:
    """The scale of each column: one for all, or a mapping. Raises InvalidDataError."""
    if not names:
        return {}
    if given is None:
        raise InvalidDataError(
            f"Say on which scale {', '.join(names)} are: {argument}=(lowest, highest), or a "
            "mapping from column to such a pair. Distances are compared with its width."
        )
    found = {}
    for name in names:
        pair: Any = given.get(name) if isinstance(given, Mapping) else given
        try:
            low, high = (number(each) for each in pair)
        except (TypeError, ValueError):
            low = high = 0.0
        if not low < high:
            raise InvalidDataError(
                f"{argument} has no (lowest, highest) with lowest < highest for {name!r}: "
                f"{shown(pair)}."
            )
        found[name] = (low, high)
    return found


def until_of(value: Any) -> pd.Timestamp | None:
    """The last day of observation: of the year or month, if no day is given.

    Raises InvalidDataError for what is no date.
    """
    if value is None:
        return None
    day, precision, fault = one_date(value)
    if day is None:
        raise InvalidDataError(f"until is {shown(value)}. {fault or 'Give a date, as 2020-12-31.'}")
    row = pd.DataFrame({"until": [day], "until_precision": [precision]})
    last: pd.Timestamp = latest(row.astype({"until": "datetime64[s]"}), "until").iloc[0]
    return last
