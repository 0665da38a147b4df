"""Docstrings as they are written here, made into what Sphinx reads.

They are plain text: a bar is the size of a number, not a substitution, and an indented paragraph is
a formula or a small table, to be shown as it stands.
"""

from __future__ import annotations

import re

_SECTION = re.compile(r"^(Args|Attributes|Raises|Returns|Yields):$")


def prepare(lines: list[str]) -> list[str]:
    """The lines of a docstring as reStructuredText."""
    out: list[str] = []
    literal = False
    heading = ""
    for line in lines:
        indented = line.startswith(" ")
        if line and not indented:
            literal, heading = False, line
        starts = indented and bool(out) and not out[-1] and not literal
        if starts and heading and not _SECTION.match(heading):
            out += ["::", ""]
            literal = True
        out.append(line if literal else line.replace("|", "\\|"))
    return out


def setup(app: object) -> dict[str, bool]:
    """Called by Sphinx; runs before the extension that reads the sections."""

    def process(_app: object, _what: str, _name: str, _obj: object, _o: object, lines: list[str]):  # type: ignore[no-untyped-def]
        lines[:] = prepare(lines)

    app.connect("autodoc-process-docstring", process, priority=400)  # type: ignore[attr-defined]
    return {"parallel_read_safe": True}
