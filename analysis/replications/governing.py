"""The specification of King, Alt, Burns and Laver (1990) on governing coalitions since 1945.

Every covariate of theirs that the tables can give has its nearest counterpart here. Investiture
votes, the length of the formation and the number of attempts at it are not in the data.
"""

from __future__ import annotations

import pandas as pd

from analysis.replications.estimates import four_models
from coalitiondata.names import known

FROM = "1945-01-01"
DAYS_PER_MONTH = 365.25 / 12
POST_ELECTION_DAYS = 90
LONGER_POST_ELECTION_DAYS = 180
PLACED_SHARE = 0.9
LEFT_RIGHT_CENTRE = 5

# The countries and years of their data.
THEIR_COUNTRIES = (
    *("BEL", "CAN", "DNK", "ESP", "FIN", "FRA", "GBR", "IRL", "ISL", "ISR", "ITA", "NLD", "NOR"),
    *("PRT", "SWE"),
)
THEIR_LAST_YEAR = 1987

TWO = "fract + majority"
FOUR = "fract + majority + post_election + caretaker"
FIVE = "fract + polarization + majority + post_election + caretaker"
FORMULAS = (TWO, FOUR, FIVE)
SAMPLES = ("their countries and years", "all")
COLUMNS = [
    *("coalition_id", "arena", "start", "months", "event"),
    *("fract", "polarization", "majority", "post_election", "caretaker"),
]


def cabinets(
    post_election_days: int = POST_ELECTION_DAYS, family_means: bool = False
) -> pd.DataFrame:
    """Governing coalitions that started in 1945 or later, caretakers included, one row each.

    Columns: coalition_id, arena, start, months (duration in days / (365.25 / 12)), event
    (censored in the last year of the chamber's constitutional term, whatever the cause: their
    rule), fract, polarization, majority (1 if the members hold more than half of the seats),
    post_election (1 if it started within `post_election_days` of the election of its chamber),
    caretaker. Missing values stay missing. `family_means` also takes positions that the source
    fills with the mean of the party's family.
    """
    from coalitiondata import load, survival_frame

    frame = survival_frame(family="governing", scheduled_end="final_year")
    frame = frame[frame["start"] >= pd.Timestamp(FROM)]
    coalitions = load("coalitions", family="governing").set_index("coalition_id")
    candidates = load("candidates", family="governing")
    positions = load("positions").astype({"dimension": "object", "basis": "object"})
    placed = positions[
        (positions["dimension"] == "left_right")
        & (family_means | (positions["basis"] == "expert_mean"))
    ].set_index("actor_id")["value"]
    elected = frame["coalition_id"].map(coalitions["chamber_elected"])
    since_election = (frame["start"] - elected).dt.total_seconds() / 86_400
    return frame.assign(
        months=frame["duration"] / DAYS_PER_MONTH,
        fract=frame["coalition_id"].map(fractionalization(candidates)),
        polarization=frame["coalition_id"].map(polarization(candidates, placed)),
        post_election=(since_election <= post_election_days)
        .astype("float64")
        .where(since_election.notna()),
    )[COLUMNS].reset_index(drop=True)


def fractionalization(candidates: pd.DataFrame) -> pd.Series:
    """Fractionalisation of the chamber that each cabinet faced, by coalition_id, 0 to 1,000.

    1,000 (1 - sum of squared seat shares), on the scale of King et al. `candidates` has
    coalition_id and seats, one row per party; shares are of the seats listed. Missing if any
    party's seats are unknown.

    Source: Rae (1967), The Political Consequences of Electoral Laws, ch. 3.
    """
    from coalitiondata.measures import concentration

    measured = concentration(_seats(candidates), "coalition_id", "seats", ["hhi"])
    return 1000 * (1 - measured.set_index("coalition_id")["hhi"])


def polarization(candidates: pd.DataFrame, placed: pd.Series) -> pd.Series:
    """Left-right polarisation of the chamber that each cabinet faced, by coalition_id, 0 to 10.

    10 sqrt(sum_i s_i ((x_i - m) / 5)^2), s_i the seat share, x_i the position from 0 to 10 and m
    its mean weighted by seats: 0 if all sit at one point, 10 if half sit at either end.
    `candidates` as in `fractionalization`, with actor_id; `placed` has positions by actor_id.

    Parties without a position are left out if the others hold at least nine tenths of the seats;
    otherwise, or if any party's seats are unknown, the value is missing.

    Source: Dalton (2008), Comparative Political Studies 41: 899-920, with seats for votes.
    """
    rows = _seats(candidates)
    rows = rows.assign(position=rows["actor_id"].map(placed))
    chamber = rows.groupby("coalition_id")["seats"].agg(["sum", "count", "size"])
    located = rows[rows["position"].notna()]
    key = located["coalition_id"]
    held = located.groupby("coalition_id")["seats"].sum()
    mean = (located["seats"] * located["position"]).groupby(key).sum() / held
    distance = (located["position"] - key.map(mean)) / LEFT_RIGHT_CENTRE
    spread = (located["seats"] * distance**2).groupby(key).sum() / held
    placed_seats = held.reindex(chamber.index, fill_value=0.0)
    defined = (chamber["count"] == chamber["size"]) & (placed_seats > 0)
    defined &= placed_seats >= PLACED_SHARE * chamber["sum"]
    return 10 * spread.pow(0.5).reindex(chamber.index).where(defined)


def in_sample(frame: pd.DataFrame, sample: str) -> pd.DataFrame:
    """The rows of one of `SAMPLES`; raises UnknownNameError for another name."""
    known("sample", sample, SAMPLES)
    if sample == "all":
        return frame
    theirs = frame["arena"].isin(THEIR_COUNTRIES) & (frame["start"].dt.year <= THEIR_LAST_YEAR)
    chosen: pd.DataFrame = frame[theirs]
    return chosen


def samples(frame: pd.DataFrame) -> pd.DataFrame:
    """How many cabinets each model uses: sample, formula, cabinets, complete, events, countries.

    `complete` counts those of which all covariates are known; events and countries are theirs.
    """
    rows = []
    for sample in SAMPLES:
        part = in_sample(frame, sample)
        for formula in FORMULAS:
            used = _complete(part, formula)
            rows.append(
                {
                    "sample": sample,
                    "formula": formula,
                    "cabinets": len(part),
                    "complete": len(used),
                    "events": int(used["event"].sum()),
                    "countries": used["arena"].nunique(),
                }
            )
    return pd.DataFrame(rows)


def estimates(frame: pd.DataFrame) -> pd.DataFrame:
    """The four models in both samples with two, four and five covariates, on complete rows.

    Returns the rows of `four_models` with sample and formula; clusters are countries.
    """
    return pd.concat(
        [
            _models(in_sample(frame, sample), formula).assign(sample=sample, formula=formula)
            for sample in SAMPLES
            for formula in FORMULAS
        ],
        ignore_index=True,
    )


def variants() -> pd.DataFrame:
    """The five covariates in the whole sample under other choices of measurement.

    Returns the rows of `four_models` with variant.
    """
    chosen = {
        f"{LONGER_POST_ELECTION_DAYS} days after the election": cabinets(LONGER_POST_ELECTION_DAYS),
        "positions filled by party family": cabinets(family_means=True),
    }
    return pd.concat(
        [_models(frame, FIVE).assign(variant=name) for name, frame in chosen.items()],
        ignore_index=True,
    )


def _models(frame: pd.DataFrame, formula: str) -> pd.DataFrame:
    return four_models(_complete(frame, formula), formula, "months", cluster="arena")


def _complete(frame: pd.DataFrame, formula: str) -> pd.DataFrame:
    return frame.dropna(subset=formula.split(" + "))


def _seats(candidates: pd.DataFrame) -> pd.DataFrame:
    return candidates.assign(seats=candidates["seats"].astype("float64"))
