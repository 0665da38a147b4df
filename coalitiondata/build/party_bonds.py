"""Transformations of cabinets: members run on one electoral list, merge, join another or split.

Rules (events after the cabinet's start and within ten years after its end; splits until its end):

- `electoral_alliance`: at a parliamentary election two or more cabinet parties stand on one list
  (ParlGov links them to one alliance and gives no result to each), and at least one pair of them
  did not do so at the last election before the cabinet's start. Each pair counts once, at its first
  such election.
- `electoral_pact`: the same for parties that ParlGov links to one alliance but gives results of
  their own: lists that could be pooled, shared candidates, a common front. Kept for the record.
- `party_merger`: ParlGov's party changes record that two or more cabinet parties merged into one
  party on one day, or that one cabinet party joined another.
- `party_split`: a cabinet party divides or a splinter group leaves it. The opposite of a bond, kept
  for the record.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from coalitiondata.build.dates import midyear_precision
from coalitiondata.build.parlgov import PARLIAMENT_ELECTION, ParlGov, party_ids, records

HORIZON = pd.DateOffset(years=10)
SPLINTER, DIVISION, MERGED, JOINED = 31, 32, 33, 34
KINDS = {"electoral_alliance": "on_list", "electoral_pact": "parties"}
IDS = {"electoral_alliance": "list", "electoral_pact": "pact"}
Pair = tuple[int, int]


def transformations(
    parlgov: ParlGov, cabinets: pd.DataFrame, coalitions: pd.DataFrame
) -> pd.DataFrame:
    """Rows of `transformations` for the governing family."""
    spans = cabinets[["id", "country", "previous_parliament_election"]].assign(
        coalition_id=coalitions["coalition_id"].to_numpy(),
        start=coalitions["start"].to_numpy(),
        end=coalitions["observed_until"].to_numpy(),
        until=(coalitions["observed_until"] + HORIZON).to_numpy(),
    )
    members = parlgov.members.groupby("cabinet")["party"].agg(set)
    spans["members"] = spans["id"].map(members)
    parts = [_joint_lists(parlgov, spans), _mergers(parlgov, spans), _splits(parlgov, spans)]
    rows = pd.concat(parts, ignore_index=True)
    return rows.assign(basis="derived", source="parlgov")


def _joint_lists(parlgov: ParlGov, spans: pd.DataFrame) -> pd.DataFrame:
    names = parlgov.parties.set_index("id")["name_english"].str.strip()
    lists = _lists(parlgov)
    before = {
        kind: {
            election: {pair for parties in group[column] for pair in _pairs(parties)}
            for election, group in lists.groupby("election")
        }
        for kind, column in KINDS.items()
    }
    elections = lists.sort_values(["date", "list"]).groupby("country")
    rows = []
    for span in records(spans):
        if span.country not in elections.groups:
            continue
        election = span.previous_parliament_election
        known: dict[str, set[Pair]] = {kind: set(before[kind].get(election, ())) for kind in KINDS}
        later = elections.get_group(span.country)
        later = later[(later["date"] > span.start) & (later["date"] <= span.until)]
        for joint in records(later):
            # Who stood on one list before has no new bond in a mere pact.
            listed = _pairs(joint.on_list & span.members)
            linked = _pairs(joint.parties & span.members)
            found = {
                "electoral_alliance": listed - known["electoral_alliance"],
                "electoral_pact": linked - listed - known["electoral_pact"],
            }
            for kind, new in found.items():
                if not new:
                    continue
                parties = sorted({party for pair in new for party in pair})
                rows.append(
                    {
                        "transformation_id": f"{span.coalition_id}-{IDS[kind]}-{joint.list}",
                        "coalition_id": span.coalition_id,
                        "kind": kind,
                        "date": joint.date,
                        "date_precision": "day",
                        # A list linked to its strongest member has no name of its own.
                        "became": None if joint.party in span.members else names[joint.party],
                        "members_carried_over": _ids(parties),
                    }
                )
            known["electoral_alliance"] |= listed
            known["electoral_pact"] |= linked
    return pd.DataFrame(rows)


def _lists(parlgov: ParlGov) -> pd.DataFrame:
    """Alliances at elections: election, date and country, parties, and those of them on one list.

    ParlGov links a member's result to the result of the alliance or of its strongest party. A
    member with a result of its own was on no common list; where the alliance itself has none, no
    member was.
    """
    elections = parlgov.elections[parlgov.elections["type"] == PARLIAMENT_ELECTION]
    results = parlgov.results[parlgov.results["election"].isin(elections["id"])]
    linked = results.dropna(subset=["alliance"])
    heads = results[results["id"].isin(linked["alliance"])]
    parties = linked.groupby("alliance")["party"].agg(set)
    with_result = heads.loc[heads["vote_share"].notna(), "id"]
    merged = linked[linked["vote_share"].isna() & linked["alliance"].isin(with_result)]
    on_list = merged.groupby("alliance")["party"].agg(set)
    lists = heads.assign(
        list=heads["id"],
        parties=[parties[head.id] | {head.party} for head in records(heads)],
        on_list=[on_list.get(head.id, set()) | {head.party} for head in records(heads)],
    )
    dated = elections[["id", "date", "country"]].rename(columns={"id": "election"})
    return lists[["election", "list", "party", "parties", "on_list"]].merge(dated, on="election")


def _mergers(parlgov: ParlGov, spans: pd.DataFrame) -> pd.DataFrame:
    names = parlgov.parties.set_index("id")["name_english"].str.strip()
    members = _members(spans)
    moves = _changes(parlgov, members, [MERGED, JOINED])
    pairs = set(zip(members["coalition_id"], members["members"], strict=True))
    rows = []
    for move in records(
        moves.groupby(["coalition_id", "party_new", "date"])["party"].agg(set).reset_index()
    ):
        became = int(move.party_new)
        parties = {int(party) for party in move.party}
        if (move.coalition_id, became) in pairs:
            parties.add(became)
        if len(parties) > 1:
            rows.append(
                {
                    "transformation_id": f"{move.coalition_id}-merger-{became}-{move.date:%Y%m%d}",
                    "coalition_id": move.coalition_id,
                    "kind": "party_merger",
                    "date": move.date,
                    "became": names[became],
                    "members_carried_over": _ids(sorted(parties)),
                }
            )
    frame = pd.DataFrame(rows)
    return frame.assign(date_precision=midyear_precision(frame["date"]))


def _splits(parlgov: ParlGov, spans: pd.DataFrame) -> pd.DataFrame:
    names = parlgov.parties.set_index("id")["name_english"].str.strip()
    moves = _changes(parlgov, _members(spans), [SPLINTER, DIVISION])
    moves = moves[moves["date"] <= moves["end"]]
    became = moves["party_new"].astype(int)
    key = moves["party"].astype(int).astype(str) + "-" + became.astype(str)
    return pd.DataFrame(
        {
            "transformation_id": moves["coalition_id"] + "-split-" + key,
            "coalition_id": moves["coalition_id"],
            "kind": "party_split",
            "date": moves["date"],
            "became": became.map(names),
            "members_carried_over": party_ids(moves["party"]),
            "date_precision": midyear_precision(moves["date"]),
        }
    ).drop_duplicates("transformation_id")


def _members(spans: pd.DataFrame) -> pd.DataFrame:
    return spans[["coalition_id", "start", "end", "until", "members"]].explode("members")


def _changes(parlgov: ParlGov, members: pd.DataFrame, types: list[int]) -> pd.DataFrame:
    """Party changes of these types that befall members inside their coalition's window."""
    changes = parlgov.changes[parlgov.changes["type"].isin(types)]
    known = changes.dropna(subset=["party", "party_new", "date"])
    moves = members.merge(known, left_on="members", right_on="party")
    return moves[(moves["date"] > moves["start"]) & (moves["date"] <= moves["until"])]


def _pairs(parties: set[int]) -> set[Pair]:
    return set(combinations(sorted(parties), 2))


def _ids(parties: list[int]) -> str:
    return ";".join(party_ids(pd.Series(np.array(parties))))
