"""Ids for what users call by names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from hashlib import sha256


def ids(labels: Iterable[str]) -> dict[str, str]:
    """One id for each label: its letters and digits in lower case, joined by hyphens.

    A label that is an id already keeps it. Labels that would share an id, or have no Latin letter
    or digit, get a number that depends on the label alone, so that ids stay as they are when other
    rows are added.
    """
    distinct = sorted(set(labels))
    plain = {label: _slug(label) for label in distinct}
    taken: dict[str, list[str]] = {}
    for label, slug in plain.items():
        taken.setdefault(slug, []).append(label)
    return {
        label: slug
        if slug and (len(taken[slug]) == 1 or label == slug)
        else "-".join(filter(None, [slug, sha256(label.encode()).hexdigest()[:8]]))
        for label, slug in plain.items()
    }


def _slug(label: str) -> str:
    text = unicodedata.normalize("NFKD", label.lower().replace("ß", "ss").replace("ø", "o"))
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    return "-".join(re.findall(r"[a-z0-9]+", text))
