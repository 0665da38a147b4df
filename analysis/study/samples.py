"""Drawing the study's samples and standardising what they measure, with a count of every loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from analysis.study.plan import (
    DAYS_PER_YEAR,
    DEPTH,
    POWER,
    POWER_SQUARED,
    STANDARDISED,
    SUBTYPES,
    TRANSFORMATION_YEARS,
    Family,
    Sample,
    z,
)
from coalitiondata.errors import InvalidDataError

Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True, eq=False)
class Drawn:
    """A sample of one family.

    Attributes:
        frame: every row of the sample, whether or not its covariates are known.
        complete: rows with all covariates, with their standardised forms.
        scale: mean and sd of each standardised measure, by measure.
        flow: step, units (coalitions left after the step), lost, reason.
    """

    family: Family
    sample: Sample
    frame: pd.DataFrame
    complete: pd.DataFrame
    scale: pd.DataFrame
    flow: pd.DataFrame


def load_tables(*also: str) -> dict[str, pd.DataFrame]:
    """Every table that survival frames need, and those named besides, read once."""
    from coalitiondata import load
    from coalitiondata.survival import NEEDED

    return {name: load(name) for name in (*NEEDED, *also)}


def draw(
    family: Family, sample: Sample, tables: Tables, scale: pd.DataFrame | None = None
) -> Drawn:
    """The sample, its complete cases and how it came about.

    `scale` standardises by another sample's means and standard deviations, so that hazard ratios
    compare with that sample's; without it, by those of the complete cases themselves. Rows with a
    missing covariate are in `frame` and not in `complete`; nothing is filled in.

    Raises InvalidDataError if no case is complete, or a measure does not vary.
    """
    from coalitiondata import survival_frame

    frame = survival_frame(family=family.id, primary=None, tables=tables, **sample.options)
    # All records of these kinds: a side of a war stays one where a fuller record from another
    # source is the primary one, and none of these kinds records a coalition twice.
    frame = frame[frame["subtype"].isin(SUBTYPES[family.id])]
    steps = [(" and ".join(SUBTYPES[family.id]), frame)]
    if sample.start_from is not None:
        frame = frame[frame["start"] >= pd.Timestamp(sample.start_from)]
        steps.append((f"started before {sample.start_from} left out", frame))
    if not sample.caretakers:
        frame = frame[frame["subtype"] != "caretaker_cabinet"]
        steps.append(("caretaker cabinets left out", frame))
    complete = frame
    for column in family.measured():
        complete = complete[complete[column].notna()]
        steps.append((f"{column} unknown", complete))
    if complete.empty:
        raise InvalidDataError(
            f"{family.id}, sample {sample.id!r}: no coalition has all of "
            f"{', '.join(family.measured())}; build the data again or change the sample"
        )
    scale = _scale(complete, family, sample) if scale is None else scale
    return Drawn(
        family=family,
        sample=sample,
        frame=frame.reset_index(drop=True),
        complete=_standardised(complete, scale).reset_index(drop=True),
        scale=scale,
        flow=_flow(steps),
    )


def outcomes(drawn: Drawn) -> pd.DataFrame:
    """Coalitions with known depth whose outcome is observed, with `half`, shallow or deep.

    Shallow is a depth of at most the median of these coalitions.
    """
    frame = drawn.frame[drawn.frame["outcome_observed"] & drawn.frame[DEPTH].notna()]
    deep = frame[DEPTH] > frame[DEPTH].median()
    return frame.assign(half=deep.map({False: "shallow", True: "deep"})).reset_index(drop=True)


def window_closed(frame: pd.DataFrame, tables: Tables) -> pd.Series:
    """Whether the window for transformations lies inside the source's coverage, or is still open
    because the coalition goes on.

    Unlike `outcome_observed` this does not look at whether the coalition was transformed, so it
    cannot keep recent coalitions because they were.
    """
    coalitions = tables["coalitions"]
    governing = coalitions.loc[coalitions["family"] == "governing", "observed_until"].max()
    covered = {"governing": governing, "wartime": tables["alliances"]["observed_until"].max()}
    last_seen = frame["family"].astype("object").map(covered).astype("datetime64[s]")
    window = pd.Timedelta(days=round(TRANSFORMATION_YEARS * DAYS_PER_YEAR)).as_unit("s")
    ongoing = frame["outcome"] == "censored"
    return ongoing | (frame["end_or_last_seen"] + window <= last_seen)


def terciles(frame: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Rows that have the measure, with `third`: 1 low, 2 middle, 3 high.

    Raises InvalidDataError if so many values are equal that the thirds cannot be told apart.
    """
    known = frame[frame[measure].notna()]
    try:
        third = pd.qcut(known[measure], 3, labels=[1, 2, 3])
    except ValueError as error:
        raise InvalidDataError(
            f"column {measure!r} has too many equal values for terciles in {len(known)} rows"
        ) from error
    return known.assign(third=third.astype("int64")).reset_index(drop=True)


def _scale(complete: pd.DataFrame, family: Family, sample: Sample) -> pd.DataFrame:
    scale = complete[list(STANDARDISED)].agg(["mean", "std"]).T
    flat = scale.index[~(scale["std"] > 0)]
    if len(flat):
        raise InvalidDataError(
            f"{family.id}, sample {sample.id!r}: {', '.join(flat)} does not vary among "
            f"{len(complete)} complete cases; it cannot be standardised"
        )
    return scale


def _standardised(frame: pd.DataFrame, scale: pd.DataFrame) -> pd.DataFrame:
    scaled = {z(m): (frame[m] - scale["mean"][m]) / scale["std"][m] for m in STANDARDISED}
    return frame.assign(**scaled, **{POWER_SQUARED: scaled[z(POWER)] ** 2})


def _flow(steps: list[tuple[str, pd.DataFrame]]) -> pd.DataFrame:
    units = [int(frame["unit_id"].nunique()) for _, frame in steps]
    lost = [0, *(before - after for before, after in pairwise(units))]
    return pd.DataFrame({"step": [name for name, _ in steps], "lost": lost, "units": units})
