"""The data of the explorer page are those of the package, all of them, in the same bytes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import coalitiondata as cd

EXPLORER = Path(__file__).resolve().parents[2] / "docs" / "explorer"
sys.path.insert(0, str(EXPLORER))

from explorer_data import origins, plain, rules, tables  # noqa: E402


@pytest.fixture(scope="module")
def index(built: Path) -> dict[str, Any]:
    content: dict[str, Any] = part(built, "index")
    return content


@pytest.fixture(scope="module")
def records(built: Path, index: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every record by id, unpacked as the page does it."""
    files = len(list((built / "data").glob("records-*.js")))
    found = [each for place in range(files) for each in rows(part(built, f"records-{place}"))]
    return {each["facts"]["coalition_id"]: each for each in found}


@pytest.fixture(scope="module")
def survival() -> pd.DataFrame:
    return cd.survival_frame(primary=None).set_index("coalition_id")


def part(built: Path, name: str) -> Any:
    script = (built / "data" / f"{name}.js").read_text(encoding="utf-8")
    begins = f'explorer.receive("{name}",'
    assert script.startswith(begins)
    return json.loads(script.removeprefix(begins).removesuffix(");\n"))


def rows(table: dict[str, Any]) -> list[dict[str, Any]]:
    columns = {
        name: rows(column)
        if isinstance(column, dict)
        else [rows(value) if isinstance(value, dict) else value for value in column]
        for name, column in table.items()
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def same(found: Any, expected: Any) -> bool:
    """Equal as plain values, a missing one being None."""
    if pd.isna(expected):
        return found is None
    if isinstance(expected, pd.Timestamp):
        return bool(found == expected.strftime("%Y-%m-%d").rjust(10, "0"))
    return bool(found == expected)


def test_packing_rows_as_columns_loses_nothing() -> None:
    every = [
        {"a": {"x": 1, "y": None}, "b": [{"p": 1}, {"p": 2}], "c": ["s"], "d": []},
        {"a": {"x": 2, "y": "z"}, "b": [], "c": [], "d": [{"q": [{"r": 1}]}]},
    ]
    assert rows(plain.packed(every)) == every


def test_index_has_every_coalition_in_order(index: dict[str, Any]) -> None:
    coalitions = cd.load("coalitions")
    columns = index["coalitions"]
    assert columns["coalition_id"] == coalitions["coalition_id"].tolist()
    assert columns["name"] == coalitions["name"].tolist()
    assert {len(column) for column in columns.values()} == {len(coalitions)}


@pytest.mark.parametrize(
    "name",
    ["family", "subtype", "start_precision", "end_precision", "status", "end_cause"],
)
def test_index_has_the_levels_of_the_table(index: dict[str, Any], name: str) -> None:
    order = index["order"][name]
    found = [None if sign == "-" else order[int(sign, 36)] for sign in index["coalitions"][name]]
    assert found == plain.column(cd.load("coalitions")[name])


@pytest.mark.parametrize("name", ["n_members", "duration", "power_hhi", "interest_depth"])
def test_index_has_the_numbers_of_the_survival_frame(
    index: dict[str, Any], survival: pd.DataFrame, name: str
) -> None:
    found = pd.Series(index["coalitions"][name], index["coalitions"]["coalition_id"], dtype=float)
    pd.testing.assert_series_equal(
        found, survival[name].reindex(found.index), check_names=False, check_exact=True
    )


def test_index_says_when_a_coalition_without_end_was_last_seen(index: dict[str, Any]) -> None:
    coalitions = cd.load("coalitions")
    ended = coalitions["end"].notna()
    # The page takes the end for it elsewhere.
    assert coalitions["observed_until"][ended].equals(coalitions["end"][ended])
    seen = pd.Series(index["coalitions"]["observed_until"])
    assert (seen.notna() == ~ended).all()


def test_index_has_every_member_of_every_coalition(index: dict[str, Any]) -> None:
    ids = index["actors"][0]
    found = {
        owner: {ids[place] for place in places}
        for owner, places in zip(
            index["coalitions"]["coalition_id"], index["coalitions"]["members"], strict=True
        )
    }
    expected = cd.load("memberships").groupby("coalition_id")["actor_id"].agg(set).to_dict()
    assert found == expected


def test_countries(index: dict[str, Any]) -> None:
    codes = [code for code, _ in index["countries"]]
    of = {
        owner: [codes[place] for place in places]
        for owner, places in zip(
            index["coalitions"]["coalition_id"], index["coalitions"]["countries"], strict=True
        )
    }
    assert of["gov-parlgov-1071"] == ["DEU"]
    assert of["ngo-stop-watching-us"] == ["USA"]
    assert of["ngo-mai-campaign"] == []  # world-wide
    # Austria-Hungary has no code of its own and is not taken for Austria.
    assert "state-cow-300" in of["exp-eight-nation-alliance-1900"]
    assert "AUT" not in of["exp-eight-nation-alliance-1900"]


def test_records_are_where_the_page_looks_for_them(built: Path, index: dict[str, Any]) -> None:
    ids = index["coalitions"]["coalition_id"]
    size = index["chunk_size"]
    files = sorted((built / "data").glob("records-*.js"))
    assert len(files) == -(-len(ids) // size)
    for place in (0, 7, len(files) - 1):
        found = [each["facts"]["coalition_id"] for each in rows(part(built, f"records-{place}"))]
        assert found == ids[place * size : (place + 1) * size]


def test_records_have_all_facts(records: dict[str, dict[str, Any]]) -> None:
    for expected in cd.load("coalitions").to_dict("records"):
        found = records[expected["coalition_id"]]["facts"]
        assert found.keys() == expected.keys()
        wrong = [name for name in expected if not same(found[name], expected[name])]
        assert not wrong, (expected["coalition_id"], wrong)


def test_records_have_the_numbers_of_the_survival_frame(
    records: dict[str, dict[str, Any]], survival: pd.DataFrame
) -> None:
    assert set(records) == set(survival.index)
    names = list(records["war-cow-139-1"]["measures"])
    assert {"power_hhi", "power_gini", "interest_breadth", "seat_share", "outcome"} <= set(names)
    for owner, expected in survival[names].to_dict("index").items():
        found = records[owner]["measures"]
        wrong = [name for name in names if not same(found[name], expected[name])]
        assert not wrong, (owner, wrong)


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("members", "memberships"),
        ("power", "power"),
        ("transformations", "transformations"),
        ("codings", "codings"),
        ("campaign", "campaigns"),
    ],
)
def test_records_have_all_rows_of_a_table(
    records: dict[str, dict[str, Any]], name: str, table: str
) -> None:
    found = pd.DataFrame(
        [{"coalition_id": owner} | row for owner, each in records.items() for row in each[name]]
    )
    expected = cd.load(table)
    columns = [each for each in expected if each in found]
    assert {"coalition_id", "source"} <= set(columns) or table == "codings"
    expected = pd.DataFrame({each: plain.column(expected[each]) for each in columns})
    expected, found = (
        frame[columns].astype("object").where(frame[columns].notna(), None)
        for frame in (expected, found)
    )
    keys = [frame.astype(str).agg("|".join, axis=1).sort_values() for frame in (expected, found)]
    pd.testing.assert_series_equal(*keys, check_index=False, check_names=False)


def test_members_have_the_share_of_power_of_the_membership_frame(
    records: dict[str, dict[str, Any]],
) -> None:
    frame = cd.survival_frame("membership", primary=None).set_index("unit_id")["power_share"]
    found = {
        f"{owner}:{row['actor_id']}:{row['spell']}": row["power_share"]
        for owner, each in records.items()
        for row in each["members"]
    }
    assert found.keys() == set(frame.index)
    assert all(same(found[unit], share) for unit, share in frame.items())


def test_shares_at_the_start_make_the_concentration(
    records: dict[str, dict[str, Any]], survival: pd.DataFrame
) -> None:
    for owner, hhi in survival.loc[survival["family"] != "ngo", "power_hhi"].items():
        shares = [row["share"] for row in records[str(owner)]["power_at_start"]]
        if pd.isna(hhi):
            assert all(share is None for share in shares), owner
        else:
            assert np.isclose(sum(share**2 for share in shares), hhi, rtol=1e-12), owner
            assert np.isclose(sum(shares), 1), owner


def test_organisations_have_no_shares(records: dict[str, dict[str, Any]]) -> None:
    assert not any(
        each["power_at_start"] for each in records.values() if each["facts"]["family"] == "ngo"
    )


def test_votes_of_merkel_iii(records: dict[str, dict[str, Any]]) -> None:
    # 311, 193, 64 and 63 of 631 seats: the largest needs any one other, the others need all three.
    (game,) = records["gov-parlgov-1071"]["votes"]
    assert (game["chamber_seats"], game["quota"], game["parties"]) == (631, 316, 4)
    assert [row["seats"] for row in game["members"]] == [311, 193]
    assert [row["banzhaf"] for row in game["members"]] == pytest.approx([1 / 2, 1 / 6])
    assert [row["shapley_shubik"] for row in game["members"]] == pytest.approx([1 / 2, 1 / 6])


def test_votes_are_unknown_where_any_seats_are(records: dict[str, dict[str, Any]]) -> None:
    candidates = cd.load("candidates", family="governing")
    unknown = set(candidates.loc[candidates["seats"].isna(), "coalition_id"])
    assert unknown
    for owner, each in records.items():
        if each["facts"]["family"] != "governing":
            assert not each["votes"]
            continue
        values = [row["banzhaf"] for row in each["votes"][0]["members"]]
        assert all((value is None) == (owner in unknown) for value in values), owner


def test_members_of_world_war_ii(records: dict[str, dict[str, Any]], index: dict[str, Any]) -> None:
    names = dict(zip(*index["actors"][:2], strict=True))
    allies = {names[row["actor_id"]] for row in records["war-cow-139-1"]["members"]}
    assert {"United Kingdom", "France", "United States of America", "China", "Poland"} <= allies
    assert not {"Germany", "Japan"} & allies
    france = [
        row for row in records["war-cow-139-1"]["members"] if row["actor_id"] == "state-cow-220"
    ]
    assert [(row["joined"], row["left"]) for row in france] == [
        ("1939-09-03", "1940-06-22"),
        ("1944-10-23", "1945-08-14"),
    ]


def test_related_records(records: dict[str, dict[str, Any]]) -> None:
    assert "gov-parlgov-1071" in records["gov-parlgov-472"]["related"]["successors"]
    assert "war-cow-139-2" in records["war-cow-139-1"]["related"]["same_arena"]
    assert "exp-united-nations-allies-1942" in records["war-cow-139-1"]["related"]["same_coalition"]
    for owner, each in records.items():
        ids = [link for links in each["related"].values() for link in links]
        assert owner not in ids
        assert set(ids) <= set(records)


def test_next_coalitions_are_those_of_went_on(records: dict[str, dict[str, Any]]) -> None:
    expected = cd.went_on().set_index("coalition_id")["next_id"].dropna().to_dict()
    found = {
        owner: each["next"][0]["next_id"]
        for owner, each in records.items()
        if each["next"] and each["next"][0]["next_id"]
    }
    assert found == expected


@pytest.mark.parametrize(
    "owner",
    [
        "gov-parlgov-1071",
        "war-cow-139-1",
        "mid-cow-3098-b",
        "int-ucdp-374-a-2009",
        "exp-isaf-2001",
        "ngo-bersih-malaysia",
    ],
)
def test_sources_are_those_that_cite_gives(
    built: Path, records: dict[str, dict[str, Any]], owner: str
) -> None:
    citations = part(built, "sources")["citations"]
    row = cd.load("coalitions").query("coalition_id == @owner")[["coalition_id"]]
    ids = ["coalitiondata", *records[owner]["sources"]]
    for style in ("text", "bibtex"):
        found = "\n\n".join(citations[each][style] for each in ids) + "\n"
        assert found == cd.cite(list(tables.SHOWN), row, style)  # type: ignore[arg-type]


def test_every_page_that_was_read_is_listed(records: dict[str, dict[str, Any]]) -> None:
    evidence = cd.load("evidence", primary=None)
    found = {
        (owner, row["actor_id"], url)
        for owner, each in records.items()
        for row in each["evidence"]
        for url in row["urls"]
    }
    with_coalition = evidence.dropna(subset="coalition_id")
    for row in with_coalition.itertuples():
        actor = str(row.record_id).partition(":")[2] or None
        assert (row.coalition_id, actor, row.url) in found
    alone = evidence[evidence["coalition_id"].isna()]
    listed = {(actor, url) for _, actor, url in found}
    assert set(zip(alone["record_id"], alone["url"], strict=True)) <= listed


def test_addresses_that_a_browser_would_run_are_left_out() -> None:
    data = tables.load()
    tampered = data.tables["evidence"].copy()
    tampered.loc[tampered.index[-1], "url"] = "javascript:alert(1)"
    data.tables["evidence"] = tampered
    of_coalition, of_actor = origins.pages(data)
    assert "javascript:" not in json.dumps([of_coalition, of_actor])


def test_derived_causes_have_their_rule(built: Path, records: dict[str, dict[str, Any]]) -> None:
    found = part(built, "sources")["rules"]
    derived = {
        each["facts"]["subtype"]
        for each in records.values()
        if each["facts"]["end_cause_basis"] == "derived"
    }
    assert derived == found.keys()
    assert found["cabinet"]["text"].startswith("ParlGov's code where it has one")
    assert not any("](" in each["text"] for each in found.values())


def test_rule_that_is_gone_is_an_error() -> None:
    with pytest.raises(LookupError, match="End cause"):
        rules._paragraph("# Rules\n\n## Governing\n\n**Seats.** x\n", "Governing", "End cause")


def test_building_again_gives_the_same_bytes(built: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "records-999.js").write_text("left over")
    subprocess.run(
        [sys.executable, str(EXPLORER / "build.py"), str(tmp_path)],
        check=True,
        env=os.environ | {"PYTHONHASHSEED": "7"},
        cwd=EXPLORER.parents[1],
    )
    first, second = (
        {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*.*")}
        for out in (built, tmp_path)
    )
    assert first == second


def test_files_hold_no_path_of_this_machine(built: Path) -> None:
    here = str(EXPLORER.parents[1])
    for path in built.rglob("*.*"):
        text = path.read_text(encoding="utf-8")
        assert here not in text, path.name


def test_page_loads_all_scripts_and_nothing_from_elsewhere(built: Path) -> None:
    html = (built / "index.html").read_text(encoding="utf-8")
    scripts = re.findall(r'<script defer src="([^"]+)"', html)
    here = {path.relative_to(built).as_posix() for path in (built / "js").glob("*.js")}
    assert set(scripts) == here | {"data/index.js"}
    assert not re.search(r'(src|href)="(https?:)?//', html)
