"""How cabinets ended: ParlGov's own code where there is one, else a rule.

ParlGov records a new cabinet when a general election is held, the parties in cabinet change, or the
prime minister changes (its three events), and besides for a resignation or a new investiture. The
difference between a cabinet and its successor therefore tells why the first ended:

1. an election lies between them: `early_election` or `regular_election`, as ParlGov flags it;
2. the parties differ: `party_change`;
3. the prime minister differs: `prime_minister_change` (cabinets bear their prime minister's name);
4. the successor is a caretaker cabinet: `resigned`;
5. otherwise ParlGov records a new investiture: `other`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from coalitiondata.build.parlgov import ParlGov

CODED = {
    4: "resigned",
    5: "prime_minister_change",
    10: "party_change",
    15: "regular_election",
    21: "early_election",
    23: "lost_confidence",
    24: "resigned",
    30: "other",
}


def end_causes(parlgov: ParlGov) -> pd.DataFrame:
    """For every cabinet with a successor: id, coded, derived (causes, missing where unknown)."""
    pairs = _with_successors(parlgov)
    another_election = (
        pairs["previous_parliament_election_next"] != pairs["previous_parliament_election"]
    )
    derived = np.select(
        [
            another_election & (pairs["early_next"] == 1),
            another_election & (pairs["early_next"] == 0),
            another_election,
            pairs["parties_next"] != pairs["parties"],
            pairs["prime_minister_next"] != pairs["prime_minister"],
            pairs["caretaker_next"] == 1,
        ],
        [
            "early_election",
            "regular_election",
            "",
            "party_change",
            "prime_minister_change",
            "resigned",
        ],
        default="other",
    )
    coded = pairs["termination"].map(CODED)
    # ParlGov also codes presidential elections as elections; they leave the chamber as it was.
    of_president = coded.isin(["regular_election", "early_election"]) & ~another_election
    return pd.DataFrame(
        {
            "id": pairs["id"],
            "coded": coded.mask(of_president),
            "derived": pd.Series(derived, index=pairs.index, dtype=object).replace("", None),
        }
    )


def party_sets(parlgov: ParlGov) -> pd.Series:
    """The set of parties of each cabinet, by cabinet id."""
    return parlgov.members.groupby("cabinet")["party"].agg(frozenset)


def prime_minister(cabinet_names: pd.Series) -> pd.Series:
    """Name of the prime minister: the cabinet's name without its number."""
    return cabinet_names.str.strip().str.replace(r"[ ]+[IVXL]+$", "", regex=True)


def _with_successors(parlgov: ParlGov) -> pd.DataFrame:
    elections = parlgov.elections.set_index("id")["early"]
    cabinets = parlgov.cabinets.assign(
        parties=parlgov.cabinets["id"].map(party_sets(parlgov)),
        prime_minister=prime_minister(parlgov.cabinets["name"]),
        early=parlgov.cabinets["previous_parliament_election"].map(elections),
    )
    successors = cabinets.dropna(subset=["previous_cabinet"])
    return cabinets.merge(
        successors, left_on="id", right_on="previous_cabinet", suffixes=("", "_next")
    )
