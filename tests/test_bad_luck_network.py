"""Downloads over a network that fails: a typed error, nothing damaged kept, a rerun succeeds."""

from __future__ import annotations

import gzip
import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pandas as pd
import pytest

from coalitiondata.build import sources
from coalitiondata.build.__main__ import main
from coalitiondata.errors import SourceFileError

GOOD = b"country,cabinet\n" + b"Norway,Gerhardsen I\n" * 5000
BOMB = gzip.compress(b"\0" * 99_000_000, 9)  # a thousand times as large when unpacked
FAULTS = {
    "dropped": "ends after|Connection broken|IncompleteRead",
    "truncated": "ends after",
    "wrong": "SHA256 hash",
    "empty": "ends after 0 of",
    "absent": "404",
    "broken": "500",
    "endless": "is longer than the pinned",
    "bomb": "ends after|is longer than|SHA256 hash",
    "stalled": "timed out|Read timed out",
    "dripping": "bytes came in",
    "to_file": "No connection adapters|file://",
    "circle": "redirects",
    "gibberish": "BadStatusLine|Connection aborted",
    "silent": "Connection aborted|Remote end closed",
}


class Handler(BaseHTTPRequestHandler):
    """Serves GOOD at /good and every fault under its name; sent counts bytes of /endless."""

    sent = 0

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        # The other side may have had enough.
        with suppress(BrokenPipeError, ConnectionResetError):
            getattr(self, self.path[1:])()

    def _head(self, length: int | None, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def _whole(self, content: bytes, **headers: str) -> None:
        self._head(len(content), **headers)
        self.wfile.write(content)

    def good(self) -> None:
        self._whole(GOOD)

    def dropped(self) -> None:
        self._head(len(GOOD))
        self.wfile.write(GOOD[: len(GOOD) // 2])

    def truncated(self) -> None:
        self._whole(GOOD[:-100])

    def wrong(self) -> None:
        self._whole(GOOD.replace(b"Gerhardsen", b"Gerhardsem"))

    def empty(self) -> None:
        self._whole(b"")

    def absent(self) -> None:
        self.send_error(404)

    def broken(self) -> None:
        self.send_error(500)

    def endless(self) -> None:
        self._head(None)
        while True:
            Handler.sent += self.wfile.write(b"x" * 65536)

    def bomb(self) -> None:
        self._whole(BOMB, Content_Encoding="gzip")

    def stalled(self) -> None:
        self._head(len(GOOD))
        self.wfile.write(GOOD[:1000])
        self.wfile.flush()
        stop.wait(20)

    def dripping(self) -> None:
        self._head(len(GOOD))
        for k in range(2000):
            self.wfile.write(GOOD[k : k + 1])
            self.wfile.flush()
            if stop.wait(0.05):
                return

    def to_file(self) -> None:
        self._head(0, 302, Location=Path(__file__).as_uri())

    def circle(self) -> None:
        self._head(0, 302, Location="/circle")

    def gibberish(self) -> None:
        self.wfile.write(b"\x00\x01not http at all\r\n\r\n")

    def silent(self) -> None:
        return


stop = threading.Event()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    stop.set()
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "STALLED", 0.5)
    monkeypatch.setattr(sources, "LONGEST", 1.0)
    monkeypatch.setattr(sources, "CHUNK", 1 << 10)


def registry(url: str) -> pd.DataFrame:
    row = {
        "file": "tiny/cabinet.csv",
        "source_id": "tiny",
        "sha256": hashlib.sha256(GOOD).hexdigest(),
        "bytes": len(GOOD),
        "url": url,
    }
    return pd.DataFrame([row])


def download(cache: Path, url: str) -> Path:
    return sources.from_download(cache, registry(url))("tiny/cabinet.csv")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_a_typed_error_and_the_next_try_succeeds(
    address: str, tmp_path: Path, fault: str
) -> None:
    begun = time.monotonic()
    with pytest.raises(SourceFileError, match=FAULTS[fault]) as caught:
        download(tmp_path, f"{address}/{fault}")
    assert f"Could not get the raw file tiny/cabinet.csv from {address}/{fault}" in str(
        caught.value
    )
    assert "--sources" in str(caught.value)
    assert list(tmp_path.iterdir()) == []
    assert time.monotonic() - begun < 20  # bounded, not fast
    assert download(tmp_path, f"{address}/good").read_bytes() == GOOD
    assert len(list(tmp_path.iterdir())) == 1


def test_an_endless_body_is_not_read_to_its_end(address: str, tmp_path: Path) -> None:
    Handler.sent = 0
    with pytest.raises(SourceFileError):
        download(tmp_path, f"{address}/endless")
    assert Handler.sent < 50_000_000


def test_nobody_listens(tmp_path: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.server_close()
    with pytest.raises(SourceFileError, match=r"Connection refused|Failed to establish"):
        download(tmp_path, f"http://127.0.0.1:{server.server_port}/good")
    with pytest.raises(SourceFileError, match=r"resolve|Name or service|Max retries"):
        download(tmp_path, "http://nowhere.invalid/good")


def test_a_damaged_file_in_the_cache_is_replaced(address: str, tmp_path: Path) -> None:
    kept = download(tmp_path, f"{address}/good")
    kept.write_bytes(GOOD[:-1])
    with pytest.raises(SourceFileError):
        download(tmp_path, f"{address}/absent")
    assert download(tmp_path, f"{address}/good").read_bytes() == GOOD


def test_a_whole_file_in_the_cache_needs_no_network(address: str, tmp_path: Path) -> None:
    download(tmp_path, f"{address}/good")
    assert download(tmp_path, f"{address}/broken").read_bytes() == GOOD


@pytest.mark.parametrize("fault", ["dropped", "wrong", "absent"])
def test_a_build_without_its_sources_leaves_the_data(
    address: str,
    tmp_path: Path,
    fault: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`python -m coalitiondata.build`, every registered file at the address that fails."""
    shipped = Path(__file__).resolve().parents[1] / "data"
    out = tmp_path / "data"
    out.mkdir()
    (out / "datapackage.json").write_bytes((shipped / "datapackage.json").read_bytes())
    (out / "coalitions.csv").write_text("old", encoding="utf-8")
    (out / "curated").symlink_to(shipped / "curated")
    before = {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}
    pinned = sources.registry().assign(url=f"{address}/{fault}")
    monkeypatch.setattr(sources, "registry", lambda: pinned)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert main(["--out", str(out)]) == 1
    said = capsys.readouterr().err
    assert "error: Could not get the raw file" in said
    assert "Traceback" not in said
    assert {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()} == before
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []
