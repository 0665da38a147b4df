"""The curated coalitions of organisations: what the build makes of them, and what it refuses."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
import pytest
from raw_files import CURATED

from coalitiondata.build import evidence, ngo, ngo_files, ngo_rules
from coalitiondata.errors import InvalidDataError, SourceFileError

NAMES = tuple(ngo_rules.COLUMNS)
Frames = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def files() -> ngo_files.Files:
    return ngo_files.read(CURATED)


@pytest.fixture(scope="module")
def tables() -> Mapping[str, pd.DataFrame]:
    return ngo.build(CURATED)


@pytest.fixture(scope="module")
def coalitions(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    return tables["coalitions"].set_index("coalition_id")


@pytest.fixture
def frames() -> Frames:
    return {
        name: pd.read_csv(CURATED / f"{name}.csv", dtype=str, keep_default_na=False, na_values=[""])
        for name in NAMES
    }


# --- golden records -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "start", "end", "cause", "goal"),
    [
        # Repeal of the Corn Laws; the council met for the last time on 2 July 1846.
        ("anti-corn-law-league", "1839-03-20", "1846-07-02", "goal_achieved", "achieved"),
        ("march-on-washington-1963", "1963-07-02", "1963-08-28", "occasion_passed", None),
        ("better-together-scotland", "2012-06-01", "2014-09-18", "goal_achieved", "achieved"),
        ("yes-scotland", "2012-05-25", "2014-09-18", "goal_unachievable", "failed"),
        ("pro-life-amendment-campaign-ireland", "1981-01-21", "1983-09-07", "goal_achieved",
         "achieved"),
        ("national-referendum-campaign-1975", None, "1975-06-05", "goal_unachievable", "failed"),
        ("hong-kong-alliance-patriotic-democratic", "1989-05-21", "2021-09-25", "suppressed", None),
        ("civil-human-rights-front-hong-kong", "2002-09-13", "2021-08-15", "suppressed", None),
    ],
)  # fmt: skip
def test_known_coalitions(
    coalitions: pd.DataFrame,
    key: str,
    start: str | None,
    end: str,
    cause: str,
    goal: str | None,
) -> None:
    row = coalitions.loc[f"ngo-{key}"]
    assert (row["end"], row["end_cause"]) == (pd.Timestamp(end), cause)
    if start is not None:
        assert row["start"] == pd.Timestamp(start)
    if goal is not None:
        assert row["goal_outcome"] == goal


@pytest.mark.parametrize(
    ("key", "kind", "became"),
    [
        ("labour-representation-committee-1900", "political_party", "Labour Party"),
        ("save-darfur-coalition", "organisation_merger", "United to End Genocide"),
        ("coalition-to-stop-the-use-of-child-soldiers", "permanent_organisation", "Child Soldiers"),
        ("framework-convention-alliance", "permanent_organisation", "Framework Convention"),
    ],
)
def test_known_transformations(
    tables: Mapping[str, pd.DataFrame], key: str, kind: str, became: str
) -> None:
    row = tables["transformations"].set_index("coalition_id").loc[f"ngo-{key}"]
    assert row["kind"] == kind
    assert became in row["became"]


def test_size_of_the_family(tables: Mapping[str, pd.DataFrame]) -> None:
    coalitions, members = tables["coalitions"], tables["memberships"]
    assert len(coalitions) >= 165
    assert len(members) >= 1200
    assert coalitions["end"].notna().mean() >= 0.5
    assert members.groupby("coalition_id")["actor_id"].nunique().min() >= 3


# --- invariants ---------------------------------------------------------------------------------


def test_ids_follow_from_keys(files: ngo_files.Files, coalitions: pd.DataFrame) -> None:
    assert list(coalitions.index) == ["ngo-" + key for key in files.coalitions["coalition_key"]]


def test_an_undated_end_has_no_end(files: ngo_files.Files, coalitions: pd.DataFrame) -> None:
    rows = files.coalitions.set_index("ngo-" + files.coalitions["coalition_key"])
    undated = rows["ended"].isna() & (rows["end_cause"] != "ongoing")
    assert undated.any()
    assert coalitions.loc[undated, "end"].isna().all()
    assert (coalitions.loc[undated, "status"] == "ended").all()
    assert coalitions["observed_until"].notna().all()


def test_founders_are_in_from_the_start(tables: Mapping[str, pd.DataFrame]) -> None:
    members = tables["memberships"].merge(
        tables["coalitions"][["coalition_id", "start"]], on="coalition_id"
    )
    founders = members["role"] == "founder"
    assert (members.loc[founders, "joined"] == members.loc[founders, "start"]).mean() > 0.9
    plain = members[(members["role"] == "member")]
    assert plain["joined"].isna().mean() > 0.8


def test_decision_rights_follow_the_governance(tables: Mapping[str, pd.DataFrame]) -> None:
    power = tables["power"]
    rights = power[power["resource"] == "decision_right"]
    assert set(rights["value"]) == {0.0, 1.0}
    held = rights.groupby("coalition_id")["value"]
    governance = tables["campaigns"].set_index("coalition_id")["governance"]
    single = governance.index[governance == "single_host"]
    assert (held.sum().reindex(single) == 1).all()
    loose = governance.index[governance == "loose"]
    assert (held.min().reindex(loose) == 1).all()
    assert not set(rights["coalition_id"]) & set(governance.index[governance.isna()])


def test_every_row_is_sourced() -> None:
    pages = evidence.evidence(CURATED)
    assert pages["url"].str.match(r"https?://").all()
    # Stored archives name files by where somebody unpacked them.
    assert not pages["url"].str.contains(":/tmp/", regex=False).any()
    assert not pages.duplicated(["record_table", "record_id", "url"]).any()


def test_codings_hold_what_the_tables_hold(
    tables: Mapping[str, pd.DataFrame], files: ngo_files.Files
) -> None:
    codings = tables["codings"]
    assert set(codings["coalition_id"]) <= set(tables["coalitions"]["coalition_id"])
    form = codings[codings["variable"] == "form"].set_index("coalition_id")["settled"]
    held = tables["coalitions"].set_index("coalition_id")["subtype"].str.removeprefix("ngo_")
    assert (form == held.reindex(form.index)).all()


# --- what is refused ----------------------------------------------------------------------------


def spoil(table: str, column: str, value: str | None, row: int = 0) -> Callable[[Frames], None]:
    def change(frames: Frames) -> None:
        frames[table].loc[row, column] = value

    return change


@pytest.mark.parametrize(
    ("change", "rule", "column"),
    [
        (spoil("ngo_coalitions", "started", "1990-02-30"), "date", "started"),
        (spoil("ngo_coalitions", "started", "spring 1990"), "date", "started"),
        (spoil("ngo_coalitions", "started", "2090"), "dates_in_order", "observed_until"),
        (spoil("ngo_coalitions", "form", "league"), "vocabulary", "form"),
        (spoil("ngo_coalitions", "goal_outcome", "won"), "vocabulary", "goal_outcome"),
        (spoil("ngo_coalitions", "peak_members_n", "many"), "number", "peak_members_n"),
        (spoil("ngo_coalitions", "country", "England"), "pattern", "country"),
        (spoil("ngo_coalitions", "source_urls", "see the book"), "address", "source_urls"),
        (spoil("ngo_coalitions", "source_urls", None), "required", "source_urls"),
        (spoil("ngo_members", "coalition_key", "no-such-coalition"), "orphan_member",
         "coalition_key"),
        (spoil("ngo_members", "actor_id", "org-no-such"), "orphan_member", "actor_id"),
        (spoil("ngo_members", "role", "friend"), "vocabulary", "role"),
        (spoil("ngo_organisations", "kind", "club"), "vocabulary", "kind"),
        (spoil("ngo_organisations", "issue_areas", "peace;fishing"), "vocabulary", "issue_areas"),
        (spoil("ngo_codings", "settled", "network"), "settled_is_held", "settled"),
    ],
)  # fmt: skip
def test_a_broken_cell_is_named(
    frames: Frames, change: Callable[[Frames], None], rule: str, column: str
) -> None:
    assert ngo_rules.check(frames).empty
    change(frames)
    found = ngo_rules.check(frames)
    hit = found[(found["rule"] == rule) & (found["column"] == column)]
    assert 0 in list(hit["row"])
    assert hit["hint"].str.len().min() > 10


def ended_row(frames: Frames, **where: str) -> int:
    rows = frames["ngo_coalitions"]
    mask = rows["ended"].notna()
    for column, value in where.items():
        mask &= rows[column] == value
    return int(rows.index[mask][0])


def test_rules_between_columns(frames: Frames) -> None:
    rows = frames["ngo_coalitions"]
    won = ended_row(frames, end_cause="goal_achieved")
    rows.loc[won, "goal_outcome"] = "partly_achieved"
    other = ended_row(frames, end_cause="wound_up")
    rows.loc[other, "end_cause"] = "ongoing"
    third = ended_row(frames, end_cause="split")
    rows.loc[third, "observed_until"] = "2024"
    fourth = ended_row(frames, end_cause="merged")
    rows.loc[fourth, ["ended", "observed_until"]] = ["1700", "1700"]
    found = ngo_rules.check(frames)
    hits = set(found[["row", "rule"]].itertuples(index=False, name=None))
    assert {
        (won, "achieved_goal_is_achieved"),
        (other, "ongoing_has_no_end"),
        (third, "observed_to_the_end"),
        (fourth, "dates_in_order"),
    } <= hits


def test_a_coalition_needs_three_members(frames: Frames) -> None:
    key = frames["ngo_coalitions"].loc[0, "coalition_key"]
    members = frames["ngo_members"]
    mine = members.index[members["coalition_key"] == key]
    frames["ngo_members"] = members.drop(mine[2:]).reset_index(drop=True)
    found = ngo_rules.check(frames)
    assert (0, "three_members") in set(found[["row", "rule"]].itertuples(index=False, name=None))


def copied(tmp_path: Path) -> Path:
    for name in NAMES:
        shutil.copy(CURATED / f"{name}.csv", tmp_path)
    return tmp_path


def test_all_faults_are_told_at_once_and_nothing_is_built(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    path = folder / "ngo_coalitions.csv"
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    rows.loc[0, "form"], rows.loc[1, "started"] = "league", "yesterday"
    rows.to_csv(path, index=False)
    with pytest.raises(InvalidDataError) as error:
        ngo.build(folder)
    text = str(error.value)
    assert "ngo_coalitions.csv, line 2, column form (value 'league'): breaks vocabulary" in text
    assert "line 3, column started (value 'yesterday'): breaks date" in text


def test_missing_and_reordered_files_are_one_clear_error(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    rows = pd.read_csv(folder / "ngo_members.csv", dtype=str)
    rows[rows.columns[::-1]].to_csv(folder / "ngo_members.csv", index=False)
    with pytest.raises(InvalidDataError, match=r"ngo_members\.csv has the columns"):
        ngo_files.read(folder)
    (folder / "ngo_members.csv").unlink()
    with pytest.raises(SourceFileError, match=r"ngo_members\.csv is missing"):
        ngo_files.read(folder)
