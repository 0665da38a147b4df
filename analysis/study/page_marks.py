"""Pages whose prose is written by hand, with a computed part between two marks."""

from __future__ import annotations

from coalitiondata.errors import InvalidDataError


def replaced_between(page: str, text: str, begin: str, end: str) -> str:
    """The page with the text between two marks, each of which it holds once."""
    if page.count(begin) != 1 or page.count(end) != 1:
        raise InvalidDataError(f"the page needs one {begin} and one {end}")
    head, rest = page.split(begin)
    return f"{head}{begin}\n{text}\n{end}{rest.split(end)[1]}"
