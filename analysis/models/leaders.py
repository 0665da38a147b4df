"""Who leads a coalition, and how far from the leader's interests an actor stands."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.models.frame import Floats, require_columns
from coalitiondata.covariates.interests import CHANNELS, Positions
from coalitiondata.covariates.power import member_power
from coalitiondata.covariates.presence import measurement_year, members_at
from coalitiondata.errors import InvalidDataError
from coalitiondata.measures import similarity
from coalitiondata.names import known

Tables = Mapping[str, pd.DataFrame]

SCALE = 10  # parties stand between 0 and 10
SIGNED = ("s_alliance",)  # channels from -1 to 1; the others go from 0 to 1
DEFENCE = 3
COMMITMENTS = (0, 1, 2, DEFENCE)


def coalition_leaders(tables: Tables, founding_days: int = 30) -> pd.DataFrame:
    """The leader of each coalition and how it is known.

    `leader_basis` is "coded" where the data name a leader (the prime minister's party, the state
    that led an expedition). Lists of wars name none; there it is "strongest": the founding member,
    in within `founding_days` of the start, with the largest CINC in the year before. That one is
    derived, not a fact; it is missing if the CINC of any founding member is unknown or two are
    equally strong. Cabinets under a prime minister without party have no leader.

    Returns:
        One row per coalition: coalition_id, leader (actor_id), leader_basis.
    """
    coalitions = tables["coalitions"]
    moments = coalitions[["coalition_id", "start"]].rename(columns={"start": "at"})
    moments = moments.assign(moment=moments["coalition_id"])
    present = members_at(tables["memberships"], moments, founding_days)
    own = member_power(tables, present)
    own["complete"] = own["value"].notna().groupby(own["moment"]).transform("all")
    own["rank"] = own.groupby("moment")["value"].rank(method="average", ascending=False)
    first = own[own["complete"] & (own["rank"] == 1)].set_index("moment")["actor_id"]
    coded = coalitions["leader"].astype("object")
    strongest = coalitions["coalition_id"].map(first).where(coalitions["family"] == "wartime")
    basis = pd.Series(None, index=coalitions.index, dtype="object")
    basis[strongest.notna()] = "strongest"
    basis[coded.notna()] = "coded"
    return pd.DataFrame(
        {
            "coalition_id": coalitions["coalition_id"],
            "leader": coded.where(coded.notna(), strongest),
            "leader_basis": basis,
        }
    )


def with_leader_distance(
    frame: pd.DataFrame,
    tables: Tables,
    *,
    channel: str = "s_alliance",
    positions: Positions = "expert",
    founding_days: int = 30,
) -> pd.DataFrame:
    """The rows of `frame` with `leader`, `leader_basis` and `leader_distance`, from 0 to 1.

    Parties: |x - x_leader| / 10 on left-right, one minus their similarity. States: (1 - S) / 2, or
    1 minus the value of another `channel` of the table `dyads`, in the calendar year before
    `start`, the day on which the row's member joined. The leader's own distance is 0: of a party if
    its position is known, of a state if that of any other member is.

    `frame` needs coalition_id, actor_id and start, as frames of unit="membership" have. Missing:
    unknown leader (see `coalition_leaders`), `start`, position or pair; organisations.

    Raises:
        UnknownNameError: a column or channel that does not exist.
    """
    require_columns(frame, ("coalition_id", "actor_id", "start"), "with_leader_distance")
    known("channel", channel, CHANNELS)
    leaders = coalition_leaders(tables, founding_days).set_index("coalition_id")
    rows = frame.assign(
        leader=frame["coalition_id"].map(leaders["leader"]),
        leader_basis=frame["coalition_id"].map(leaders["leader_basis"]),
    )
    year = measurement_year(rows["start"])
    far = party_distance(rows, tables, positions)
    closeness = _from_dyads(rows, year, tables["dyads"], channel)
    of_states = (1 - closeness) / 2 if channel in SIGNED else 1 - closeness
    far = far.where(far.notna(), of_states)
    itself = (rows["actor_id"] == rows["leader"]) & year.notna()
    measured = far.notna().groupby(rows["coalition_id"]).transform("any")
    return rows.assign(leader_distance=far.mask(itself & measured, 0.0))


def party_distance(rows: pd.DataFrame, tables: Tables, positions: Positions) -> pd.Series:
    """|x - x_leader| / 10 on left-right for rows with actor_id and leader, missing if unknown."""
    placed = tables["positions"].astype({"dimension": "object", "basis": "object"})
    placed = placed[placed["dimension"] == "left_right"]
    if positions == "expert":
        placed = placed[placed["basis"] == "expert_mean"]
    value = placed.set_index("actor_id")["value"].astype("float64")
    return (rows["actor_id"].map(value) - rows["leader"].map(value)).abs() / SCALE


def alliance_ties(rows: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """S of the alliance portfolios of actor and leader, and whether a defence pact bound them.

    Unlike `dyads`, which holds partners, this covers every pair of states of the system, so that
    those that joined and those that did not are measured alike. Portfolios are built from the
    tables `alliances` and `alliance_members` as for `dyads` (highest commitment in force on any day
    of the year: 3 defence or offence, 2 neutrality or non-aggression, 1 consultation, 0 none; 3 to
    itself), but an obligation binds all members of an alliance alike. Where both exist the two
    correlate by .999.

    `rows` needs actor_id, leader and year. Returns, with the index of `rows`, `s_alliance` (-1 to
    1) and `defence_pact` (1 or 0); both missing if either was not in the system that year, or the
    year is not covered by the alliances.
    """
    require_columns(rows, ("actor_id", "leader", "year"), "alliance_ties")
    out = pd.DataFrame({"s_alliance": np.nan, "defence_pact": np.nan}, index=rows.index)
    asked = rows.dropna(subset=["leader", "year"])
    covered = tables["alliances"]["start"].min(), tables["alliances"]["observed_until"].max()
    for year in sorted(asked["year"].astype("int64").unique()):
        if not covered[0].year <= year <= covered[1].year:
            continue
        group = asked[asked["year"] == year]
        states, portfolios = _portfolios(tables, int(year))
        S = similarity.s_matrix(portfolios, levels=COMMITMENTS)
        a, b = (states.get_indexer(pd.Index(group[c])) for c in ("actor_id", "leader"))
        inside = (a >= 0) & (b >= 0)
        at = group.index[inside]
        out.loc[at, "s_alliance"] = S[a[inside], b[inside]]
        out.loc[at, "defence_pact"] = (portfolios[a, b] == DEFENCE)[inside].astype("float64")
    return out


def _portfolios(tables: Tables, year: int) -> tuple[pd.Index, Floats]:
    """States of the system on any day of the year, and their highest commitments to each other."""
    first, last = pd.Timestamp(year, 1, 1), pd.Timestamp(year, 12, 31)
    system = tables["state_system"]
    listed = system[(system["entered"] <= last) & ~(system["left"] < first)]
    states = pd.Index(sorted(listed["actor_id"].unique()), dtype="object")
    treaties = tables["alliances"].set_index("alliance_id")
    duty = {
        DEFENCE: treaties["defense"] | treaties["offense"],
        2: treaties["neutrality"] | treaties["nonaggression"],
        1: treaties["consultation"],
    }
    level = np.select([each.fillna(False).astype(bool) for each in duty.values()], list(duty), 0)
    bound = tables["alliance_members"]
    bound = bound[(bound["joined"] <= last) & ~(bound["left"] < first)]
    bound = bound[bound["actor_id"].isin(states)][["alliance_id", "actor_id"]].drop_duplicates()
    pairs = bound.merge(bound, on="alliance_id")
    portfolios = np.zeros((len(states), len(states)))
    at = tuple(states.get_indexer(pd.Index(pairs[c])) for c in ("actor_id_x", "actor_id_y"))
    of_pair = level[treaties.index.get_indexer(pd.Index(pairs["alliance_id"]))]
    np.maximum.at(portfolios, at, of_pair)
    np.fill_diagonal(portfolios, DEFENCE)
    return states, portfolios


def _from_dyads(
    rows: pd.DataFrame, year: pd.Series, dyads: pd.DataFrame, channel: str
) -> pd.Series:
    """The channel between actor and leader; the table holds each pair in one order only."""
    value = dyads.set_index(["actor_a", "actor_b", "year"])[channel].astype("float64")
    if not value.index.is_unique:
        raise InvalidDataError("table 'dyads' has several rows for a pair and year; keep one")
    keys = [rows["actor_id"], rows["leader"]]
    one, other = (
        value.reindex(pd.MultiIndex.from_arrays([*order, year])).to_numpy()
        for order in (keys, keys[::-1])
    )
    return pd.Series(np.where(np.isnan(one), other, one), index=rows.index)
