"""Code on the pages of docs/ runs, and prints what the page shows."""

from __future__ import annotations

import docs_code
import pytest
from raw_files import ROOT

PAGES = ("tutorial", "how-to")


@pytest.mark.parametrize("page", PAGES)
def test_the_code_prints_what_the_page_shows(page: str) -> None:
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    blocks = docs_code.run(text)
    assert len(blocks) >= 5
    for code, shown, printed in blocks:
        assert shown is None or shown == printed, code
