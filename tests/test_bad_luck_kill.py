"""Commands that are killed: the old files or the new ones, never some of each."""

from __future__ import annotations

import copy
import json
import os
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

import pytest
import raw_files
import tiny
from bad_luck import ENDINGS, Place, posix, second_disk, state
from kill_server import Server, was_killed

from analysis.study import results as results_of
from coalitiondata.formats import Format
from coalitiondata.settling import UNFINISHED

pytestmark = posix
ROOT = Path(__file__).resolve().parents[1]
SEED = 1914
FIGURE = "members_crimean_war"
PREPARED = "coalitiondata.exporting.staging"  # all tables are read, nothing is written yet


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    made = Server(
        "coalitiondata.exporting", "coalitiondata.codebooks", "coalitiondata.metadata.outputs",
        "coalitiondata.build.assemble", "pyarrow.parquet", "openpyxl", "rdata", "rdata.conversion",
        "pyreadstat", "duckdb", "analysis.study.run", "analysis.study.results",
    )  # fmt: skip
    yield made
    made.close()


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Settings for two versions of the data, of which every exported file differs."""
    folder = tmp_path_factory.mktemp("versions")
    rows = copy.deepcopy(tiny.ROWS)
    rows["coalitions"][0]["name"] = "Renamed"
    rows["positions"][0]["value"] = 4.1
    tiny.write(folder / "old")
    descriptor = tiny.write(folder / "new", rows=rows) / "datapackage.json"
    described = json.loads(descriptor.read_text(encoding="utf-8"))
    described["version"] = "9.9.9"
    for resource in described["resources"]:
        for field in resource["schema"]["fields"]:
            field["title"] += " again"
            if "labels" in field:
                field["labels"] = {level: f"{a} again" for level, a in field["labels"].items()}
            for category in field.get("categories", ()):
                category["label"] = f"{category.get('label', category['value'])} again"
    descriptor.write_text(json.dumps(described), encoding="utf-8")
    return {name: {"COALITIONDATA_DATA": str(folder / name)} for name in ("old", "new")}


@contextmanager
def held(server: Server, where: str, **request: Any) -> Iterator[None]:
    """For as long as this lasts, every request goes on with the command from that function."""
    assert server.ask(**request, hold=where) == {"held": True}
    try:
        yield
    finally:
        server.ask(release=True)


def kill_everywhere(
    server: Server, request: dict[str, Any], place: Place, some: int = 10_000
) -> dict[str, int]:
    """Kill a command before each of its changes, and let it run again after every kill.

    `some` draws so many of the changes, unless the variable EVERY_KILL is set.
    Returns how many of the kills left the old files, the new ones, or files with a mark.
    """
    place.restore()
    undisturbed = server.ask(**request)
    assert undisturbed["status"] == 0, undisturbed["said"]
    place.finished()
    found = {"old": 0, "new": 0, "unfinished": 0}
    moments = range(1, undisturbed["changes"] + 1)
    if some < len(moments) and not os.environ.get("EVERY_KILL"):
        moments = sorted(random.Random(SEED).sample(moments, some))
    for k in moments:
        place.restore()
        answer = server.ask(**request, kill=k)
        assert was_killed(answer), answer
        found[place.judge(UNFINISHED)] += 1
        again = server.ask(**request)
        assert again["status"] == 0, again["said"]
        place.must_be_finished()
    print(f"killed at {len(moments)} of {undisturbed['changes']} changes: {found}")
    return found


def exported(server: Server, place: Place, versions: Any, format: str, *more: str) -> list[str]:
    """Put an export of the old data and a file of somebody else into the place."""
    call = ["coalitiondata", "export", str(place.folder / "out"), "positions"]
    call += ["--format", format, "--overwrite", *more]
    answer = server.ask(call=call, env=versions["old"])
    assert answer["status"] == 0, answer["said"]
    (place.folder / "out" / "notes.txt").write_text("mine", encoding="utf-8")
    place.remember()
    return call


# Exports ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ENDINGS)
def test_export_over_an_older_one(
    server: Server, versions: Any, tmp_path: Path, format: str
) -> None:
    place = Place(tmp_path / "place")
    call = exported(server, place, versions, format)
    some = 1000 if format in ("csv", "parquet", "excel", "sqlite", "duckdb") else 12
    with held(server, PREPARED, call=call, env=versions["new"]):
        found = kill_everywhere(server, {}, place, some)
    assert min(found["old"], found["new"]) > 0
    assert found["unfinished"] == 0


def test_export_into_a_new_folder(server: Server, versions: Any, tmp_path: Path) -> None:
    place = Place(tmp_path / "place")
    call = ["coalitiondata", "export", str(place.folder / "out"), "coalitions", "--format", "csv"]
    call += ["--overwrite"]
    place.remember()
    found = kill_everywhere(server, {"call": call, "env": versions["new"]}, place)
    assert found["old"] > 0
    assert found["unfinished"] == 0


def test_export_where_folders_cannot_be_exchanged(
    server: Server, versions: Any, tmp_path: Path
) -> None:
    """The target is a disk of its own: files are moved one by one, and a rerun finishes that."""
    with second_disk(tmp_path / "place" / "out", "4m"):
        place = Place(tmp_path / "place")
        call = exported(server, place, versions, "csv")
        with held(server, PREPARED, call=call, env=versions["new"]):
            found = kill_everywhere(server, {}, place)
    assert found["old"] > 0
    # Killed while files are moved: the rest of them lies in the folder with the speaking name.
    assert 0 < found["unfinished"] <= 15


@pytest.mark.parametrize("format", ["parquet", "spss", "sqlite", "duckdb", "excel"])
def test_export_killed_at_random_moments(
    server: Server, versions: Any, tmp_path: Path, format: str
) -> None:
    """What libraries in C write, Python does not see: these are killed by the clock."""
    draw = random.Random(f"{SEED} {format}")
    place = Place(tmp_path / "place")
    request = {"call": exported(server, place, versions, format), "env": versions["new"]}
    seconds = server.ask(**request)["seconds"]
    place.finished()
    kills = 0
    for _ in range(5):
        place.restore()
        kills += was_killed(server.ask(**request, after=draw.random() * seconds))
        place.judge(UNFINISHED)
        assert server.ask(**request)["status"] == 0
        place.must_be_finished()
    assert kills > 0


# Codebook and metadata --------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["csv", "html", "pdf"])
def test_codebook(server: Server, versions: Any, tmp_path: Path, format: str) -> None:
    place = Place(tmp_path / "place")
    target = place.folder / "book"
    call = ["coalitiondata", "codebook", "power", "--format", format, "--out", str(target)]
    assert server.ask(call=call, env=versions["old"])["status"] == 0
    place.remember()
    request = {"call": [*call, "--overwrite"], "env": versions["new"]}
    found = kill_everywhere(server, request, place)
    assert found["old"] > 0


def test_metadata(server: Server, tmp_path: Path) -> None:
    """Nine files in four folders: each is whole, and --check names those that are still old."""
    place = Place(tmp_path / "place")
    for name in ("CITATION.cff", "DATA_CHANGELOG.md", "metadata", "data", "docs/citing.md"):
        (place.folder / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, place.folder / name)
        else:
            shutil.copy(ROOT / name, place.folder / name)
    env = {"COALITIONDATA_DATA": str(place.folder / "data")}
    new = {"call": ["coalitiondata.metadata", "--out", str(place.folder)], "env": env}
    assert server.ask(**new)["status"] == 0
    descriptor = place.folder / "data" / "datapackage.json"
    described = json.loads(descriptor.read_text(encoding="utf-8"))
    described["title"] += " again"
    descriptor.write_text(json.dumps(described), encoding="utf-8")
    place.remember()
    partly = []
    with held(server, "coalitiondata.metadata.outputs.write_whole", **new):
        undisturbed = server.ask()
        assert undisturbed["status"] == 0, undisturbed["said"]
        place.finished()
        for k in range(1, undisturbed["changes"] + 1):
            place.restore()
            assert was_killed(server.ask(kill=k))
            now = state(place.folder, hidden=False)
            assert all(now[name] in (place.old[name], place.new[name]) for name in place.old)
            if now not in (place.old, place.new):
                partly.append(k)
    print(f"killed at {k} of {k} changes, {len(partly)} of them between two files")
    place.restore()
    for k in random.Random(SEED).sample(partly, 2):
        place.restore()
        with held(server, "coalitiondata.metadata.outputs.write_whole", **new):
            server.ask(kill=k)
        check = server.ask(call=[*new["call"], "--check"], env=env)
        assert os.waitstatus_to_exitcode(check["status"]) == 1
        assert "is out of date: run python -m coalitiondata.metadata" in check["said"]
        assert server.ask(**new)["status"] == 0
        place.must_be_finished()


# Build and study --------------------------------------------------------------------------------


def test_build(server: Server, tmp_path: Path) -> None:
    """The real build, killed before changes that it makes once all tables are ready."""
    raw = raw_files.folder_or_skip()
    place = Place(tmp_path / "place")
    out = place.folder / "data"
    out.mkdir()
    shutil.copy(ROOT / "data" / "datapackage.json", out)
    shutil.copytree(ROOT / "data" / "curated", out / "curated")
    (out / "references.bib").write_text("kept", encoding="utf-8")
    (out / "coalitions.csv").write_text("old", encoding="utf-8")
    (out / "table_of_an_older_version.csv").write_text("old", encoding="utf-8")
    place.remember()
    call = ["coalitiondata.build", "--sources", str(raw), "--out", str(out)]
    with held(server, "coalitiondata.build.write.write_all", call=call):
        found = kill_everywhere(server, {}, place, some=4)
    assert found["unfinished"] == 0
    assert not (out / "table_of_an_older_version.csv").exists()
    assert (out / "references.bib").read_text(encoding="utf-8") == "kept"
    shipped = (ROOT / "data" / "coalitions.csv").read_bytes()
    assert (out / "coalitions.csv").read_bytes() == shipped


def test_small_tables_as_the_build_replaces_them(server: Server, tmp_path: Path) -> None:
    """The same function at every moment, with a subfolder, references and an old table beside."""
    place = Place(tmp_path / "place")
    out = place.folder / "data"
    tiny.write(out)
    _made_up(out, "kept", ("curated/a.csv", "curated/deeper/b.csv", "references.bib"))
    _made_up(out, "old", ("actors.csv", "power.csv", "table_of_an_older_version.csv"))
    place.remember()
    files = str(tiny.write(tmp_path / "made"))
    found = kill_everywhere(server, {"call": ["write_all", files, str(out)]}, place, some=20)
    assert min(found["old"], found["new"]) > 0
    assert found["unfinished"] == 0
    assert "data/table_of_an_older_version.csv" not in place.new
    assert {"data/curated/deeper/b.csv", "data/references.bib"} <= set(place.new)


def test_study_takes_its_place_in_one_step(server: Server, tmp_path: Path) -> None:
    """What the study does with its finished files, with a multiverse and a note beside them."""
    place = Place(tmp_path / "place")
    results, staged = place.folder / "results", place.folder / ".results-staged-x"
    _made_up(results, "old", ("report.md", "tables/a.csv", "tables/b.csv", "figures/gone.png"))
    results_of.write_manifest(results)
    _made_up(results, "kept", ("multiverse/chunks/1.csv", "tables/notes.txt"))
    _made_up(staged, "new", ("report.md", "tables/a.csv", "tables/b.csv", "curves/c.csv"))
    place.remember()
    call = ["replace", str(staged), str(results)]
    undisturbed = server.ask(call=call)
    assert undisturbed["status"] == 0, undisturbed["said"]
    shutil.rmtree(staged, ignore_errors=True)
    place.finished()
    found = {"old": 0, "new": 0}
    assert "results/figures/gone.png" not in place.new
    assert {"results/multiverse/chunks/1.csv", "results/tables/notes.txt"} <= set(place.new)
    for k in range(1, undisturbed["changes"] + 1):
        place.restore()
        assert was_killed(server.ask(call=call, kill=k))
        found[place.judge(UNFINISHED)] += 1  # "unfinished" is no key: it must not come out
    assert min(found.values()) > 0
    print(f"killed at {k} of {k} changes: {found}")


def _made_up(folder: Path, text: str, names: tuple[str, ...]) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{text} {name}\n", encoding="utf-8")


def test_study_killed_while_it_computes(server: Server, tmp_path: Path) -> None:
    place = Place(tmp_path / "place")
    _made_up(place.folder / "results", "old", ("report.md",))
    manifest = place.folder / "results" / "manifest.json"
    manifest.write_text('{"outputs": {"report.md": ""}}', encoding="utf-8")
    place.remember()
    draw = random.Random(SEED)
    call = ["analysis", "--quiet", "--out", str(place.folder / "results")]
    for _ in range(3):
        assert was_killed(server.ask(call=call, after=draw.random() * 3))
        assert state(place.folder) == place.old


def test_gallery(server: Server, tmp_path: Path) -> None:
    """Figures and their index belong together: one step for all, and another's file stays."""
    place = Place(tmp_path / "place")
    out = place.folder / "gallery"
    _made_up(out, "old", ("index.json", "index.csv", f"{FIGURE}.png", "notes.txt"))
    place.remember()
    call = ["analysis", "figures", "--out", str(out), "--only", FIGURE, "--quiet"]
    with held(server, "analysis.figures.gallery.staging", call=[*call, "--format", "svg"]):
        found = kill_everywhere(server, {}, place, some=12)
    assert min(found["old"], found["new"]) > 0
    assert found["unfinished"] == 0
    assert {"gallery/notes.txt", f"gallery/{FIGURE}.svg"} <= set(place.new)


def test_multiverse(server: Server, tmp_path: Path) -> None:
    """Its tables are whole whenever it is killed; a rerun makes the bytes of an undisturbed run."""
    place = Place(tmp_path / "place")
    place.remember()
    call = ["analysis", "multiverse", "--out", str(place.folder / "many"), "--family", "ngo"]
    call += ["--limit", "4", "--backend", "sequential", "--quiet"]
    undisturbed = server.ask(call=call)
    assert undisturbed["status"] == 0, undisturbed["said"]
    tables = {
        name: digest
        for name, digest in state(place.folder / "many").items()
        if name.endswith((".csv", ".parquet"))
    }
    draw = random.Random(SEED)
    for k in sorted(draw.sample(range(1, undisturbed["changes"] + 1), 1)):
        place.restore()
        assert was_killed(server.ask(call=call, kill=k))
        left = state(place.folder, hidden=False)
        assert all(tables[name.removeprefix("many/")] == left[name] for name in left
                   if name.removeprefix("many/") in tables)  # fmt: skip
        again = server.ask(call=call)
        assert again["status"] == 0, again["said"]
        done = state(place.folder / "many")
        assert {name: done[name] for name in tables} == tables


def test_every_format_is_killed() -> None:
    assert set(ENDINGS) == set(get_args(Format))
