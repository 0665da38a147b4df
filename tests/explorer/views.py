"""What tests of the explorer page read from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

Page = Any
Open = Callable[..., Page]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}


def count(page: Page) -> int:
    text = page.locator("#count").inner_text()
    return 0 if text.startswith("No ") else int(text.split()[0].replace(",", ""))


def ids(page: Page) -> list[str]:
    found: list[str] = page.eval_on_selector_all(
        "#coalitions tbody th a", "links => links.map((link) => link.dataset.id)"
    )
    return found


def downloaded(page: Page) -> pd.DataFrame:
    with page.expect_download() as waiting:
        page.locator("#download").click()
    return pd.read_csv(waiting.value.path(), dtype={"coalition_id": str})


def listed(page: Page) -> set[str]:
    """Ids of all rows of the view, on all pages."""
    found = set(downloaded(page)["coalition_id"])
    assert len(found) == count(page)
    return found


def primary(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["primary"]]
