"""One message for every name that does not exist."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from coalitiondata.errors import UnknownNameError

Name = TypeVar("Name", bound=str)


def known(kind: str, name: str, names: Iterable[Name]) -> Name:
    """Return `name` if it is one of `names`, else raise UnknownNameError with the closest match."""
    listed = list(names)
    for candidate in listed:
        if candidate == name:
            return candidate
    from difflib import get_close_matches

    close = get_close_matches(str(name).lower(), listed, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise UnknownNameError(f"Unknown {kind} {name!r}.{hint} There is: {', '.join(listed)}.")
