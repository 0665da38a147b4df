"""Coalitions as a process: together, ended, turned into something more lasting."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.models.multistate import MultiState, expected_time, multistate
from analysis.models.transitions import CensoredTransitionWarning, transition_rows
from analysis.study.plan import DAYS_PER_YEAR, SUBTYPES, TRANSFORMATION_YEARS
from analysis.study.samples import Tables

YEARS = (1, 2, 5, 10)
HORIZON_YEARS = 10
NGO = ("ngo_coalition",)
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "governing": {"scheduled_end": "event"},
    "wartime": {},
    "ngo": {},
}


@dataclass(frozen=True, eq=False)
class States:
    """The multi-state model of each family.

    Attributes:
        transitions: family, from_state, to_state, n: how often each was seen.
        occupation: family, state, years, estimate, conf_low, conf_high: probability of the state.
        expected: family, state, years (horizon), estimate, conf_low, conf_high: expected years in
            the state up to the horizon.
    """

    transitions: pd.DataFrame
    occupation: pd.DataFrame
    expected: pd.DataFrame


def states(tables: Tables) -> States:
    """Active -> ended or transformed, ended -> transformed within five years, by family.

    Without covariates. Regular elections end a cabinet here: a transformation after one would
    otherwise follow a censoring. Coalitions whose window for transformations the source does not
    cover are followed to their end only.
    """
    transitions, occupation, expected = [], [], []
    for family in OPTIONS:
        rows, fit = fitted(family, tables)
        counted = rows[rows["to_state"] != "censored"]
        counts = counted.groupby(["from_state", "to_state"], as_index=False).size()
        transitions.append(counts.rename(columns={"size": "n"}).assign(family=family))
        occupation.append(_occupation(fit).assign(family=family))
        spent = expected_time(fit, HORIZON_YEARS * DAYS_PER_YEAR)
        scale = ["estimate", "std_error", "conf_low", "conf_high"]
        spent[scale] = spent[scale] / DAYS_PER_YEAR
        expected.append(spent.assign(family=family, years=HORIZON_YEARS))
    first = ["family", "state", "years"]
    return States(
        transitions=pd.concat(transitions, ignore_index=True)[
            ["family", "from_state", "to_state", "n"]
        ],
        occupation=pd.concat(occupation, ignore_index=True)[
            [*first, "estimate", "conf_low", "conf_high"]
        ],
        expected=pd.concat(expected, ignore_index=True)[
            [*first, "estimate", "std_error", "conf_low", "conf_high"]
        ],
    )


def fitted(family: str, tables: Tables) -> tuple[pd.DataFrame, MultiState]:
    """The transitions of a family's coalitions and the model of them."""
    from coalitiondata import survival_frame

    frame = survival_frame(
        family=family, tables=tables, transformation_years=TRANSFORMATION_YEARS, **OPTIONS[family]
    )
    kept = frame["subtype"].isin({**SUBTYPES, "ngo": NGO}[family])
    with warnings.catch_warnings():
        # Transformations after the last day on which a coalition was seen cannot be reached.
        warnings.simplefilter("ignore", CensoredTransitionWarning)
        rows = transition_rows(frame[kept], window=TRANSFORMATION_YEARS)
    return rows, multistate(rows)


def _occupation(fit: MultiState) -> pd.DataFrame:
    rows = []
    for state, curve in fit.occupation.groupby("state", sort=False):
        time = curve["time"].to_numpy()
        for years in YEARS:
            place = int(np.searchsorted(time, years * DAYS_PER_YEAR, side="right")) - 1
            at = curve.iloc[place] if place >= 0 else None
            rows.append(
                {
                    "state": state,
                    "years": years,
                    **{
                        name: np.nan if at is None else float(at[name])
                        for name in ("estimate", "conf_low", "conf_high")
                    },
                }
            )
    return pd.DataFrame(rows)
