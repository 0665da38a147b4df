"""The code on a page of docs/, run from top to bottom as a reader would.

`python tests/docs_code.py docs/tutorial.md` writes what the code prints into the page.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
from pathlib import Path

# A block of Python, and the output shown right after it, if any.
_BLOCK = re.compile(r"```python\n(?P<code>.*?)```(?:\n\n```text\n(?P<shown>.*?)```)?", re.DOTALL)


def run(page: str) -> list[tuple[str, str | None, str]]:
    """(code, output shown or None, output printed) of every block, in one namespace."""
    names: dict[str, object] = {"__name__": "page"}
    found = []
    for block in _BLOCK.finditer(page):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(block["code"], "page", "exec"), names)
        found.append((block["code"], block["shown"], printed.getvalue()))
    return found


def filled(page: str) -> str:
    """The page with every shown output replaced by what the code prints now."""
    printed = iter(output for _, _, output in run(page))

    def fill(block: re.Match[str]) -> str:
        output = next(printed)
        if block["shown"] is None:
            return block.group(0)
        return f"```python\n{block['code']}```\n\n```text\n{output}```"

    return _BLOCK.sub(fill, page)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        path = Path(name)
        path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")
