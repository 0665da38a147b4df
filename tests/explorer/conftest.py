"""A real browser on the explorer page, from a folder and over http."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from views import DESKTOP, Open, Page

import coalitiondata as cd

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "docs" / "explorer"))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from explorer_data.page import build

    out = tmp_path_factory.mktemp("explorer")
    build(out)
    return out


@pytest.fixture(scope="session")
def served(built: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(built)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/index.html"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("there is no chromium on this machine")
    with playwright.sync_playwright() as runner:
        running = runner.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def open_page(built: Path, browser: Any) -> Iterator[Open]:
    """Opens the page at a view; afterwards nothing may have gone wrong or asked the network."""
    contexts, complaints, requested = [], [], []

    def opened(
        view: str = "",
        *,
        size: dict[str, int] = DESKTOP,
        scheme: str = "light",
        address: str = "",
    ) -> Page:
        context = browser.new_context(
            viewport=size, color_scheme=scheme, accept_downloads=True, reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(request.url))
        page.on("request", lambda request: requested.append(request.url))
        page.goto((address or (built / "index.html").as_uri()) + view)
        page.wait_for_function("performance.getEntriesByName('explorer-ready').length === 1")
        if "record=" in view:
            page.locator("#record-title").wait_for()
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
    allowed = (built.as_uri(), "data:", "blob:", "http://127.0.0.1:")
    assert [url for url in requested if not url.startswith(allowed)] == []


@pytest.fixture(scope="session")
def expected() -> pd.DataFrame:
    """One row per coalition as the package has it."""
    measures = cd.survival_frame(primary=None).set_index("coalition_id")
    frame = cd.load("coalitions").astype({"family": object, "subtype": object, "end_cause": object})
    names = ["n_members", "duration", "power_hhi", "interest_depth"]
    return frame.join(measures[names], on="coalition_id")
