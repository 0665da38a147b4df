"""One message for every name that does not exist."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from coalitiondata.errors import UnknownNameError
from coalitiondata.given import shown

Name = TypeVar("Name", bound=str)

_LONGEST = 200


def known(kind: str, name: str, names: Iterable[Name]) -> Name:
    """Return `name` if it is one of `names`, else raise UnknownNameError with the closest match."""
    listed = list(names)
    # Whatever else a user hands over may not even be comparable with text.
    if isinstance(name, str) and name in listed:
        return listed[listed.index(name)]
    from difflib import get_close_matches

    close = get_close_matches(str(name)[:_LONGEST].lower(), map(str, listed), n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    there = ", ".join(map(str, listed))
    raise UnknownNameError(f"Unknown {kind} {shown(name)}.{hint} There is: {there}.")
