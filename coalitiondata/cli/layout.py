"""Laying text out for a terminal of some width."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Sequence

_CELL = 30  # characters of a cell before it is cut


def on_terminal() -> bool:
    """Whether a person reads along, rather than a file or another program."""
    return sys.stdout.isatty()


def width() -> int:
    """Columns of the terminal."""
    return shutil.get_terminal_size().columns


def paragraph(text: str, indent: int = 0, first: str = "") -> str:
    """The text in lines that fit, after `first` on the first line, indented by `indent`."""
    wide = max(width(), indent + 20)
    return textwrap.fill(
        text,
        wide,
        initial_indent=first.ljust(indent) if first else "",
        subsequent_indent=" " * indent,
        break_on_hyphens=False,
    )


def blocks(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in as many blocks, one below the other, as its columns need to fit."""
    # The first column is the key, which has to be whole to be of use.
    columns = [
        [_cut(cell, _CELL if place else width()) for cell in column]
        for place, column in enumerate(zip(header, *rows, strict=True))
    ]
    widths = [max(map(len, column)) for column in columns]
    parts: list[list[int]] = [[]]
    used = 0
    for place, wide in enumerate(widths):
        if parts[-1] and used + wide > width():
            parts.append([])
            used = 0
        parts[-1].append(place)
        used += wide + 2
    return "\n\n".join(
        "\n".join(
            "  ".join(columns[place][line].ljust(widths[place]) for place in part).rstrip()
            for line in range(len(rows) + 1)
        )
        for part in parts
    )


def _cut(cell: str, limit: int) -> str:
    plain = " ".join(cell.split())
    return plain if len(plain) <= limit else plain[: limit - 3] + "..."
