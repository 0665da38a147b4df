"""Entries for single cells and arguments."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

import coalitiondata as cd
from fuzz.invariants import holds
from fuzz.tiny_data import variable, whole_folder
from fuzz.values import DATES, TEXTS, any_value, pick

Rng = np.random.Generator


def dates(rng: Rng, folder: Path) -> None:
    from coalitiondata.own.dates import read_dates

    cells = [pick(rng, DATES) if rng.random() < 0.7 else any_value(rng) for _ in range(20)]
    read = read_dates(pd.Series(cells, dtype="object"))
    holds((read["date"].notna() == read["precision"].notna()).all(), "a date without precision")
    holds(not (read["date"].notna() & read["hint"].notna()).any(), "a refused date")


def states(rng: Rng, folder: Path) -> None:
    labels = pd.Series([any_value(rng) for _ in range(4)], dtype="object")
    when = pd.Series(pd.to_datetime(["1914-08-01"] * 4).astype("datetime64[s]"))
    if rng.random() < 0.3:
        when = pd.Series([any_value(rng) for _ in range(4)], dtype="object")
    kind = pick(rng, ("cow", "gw", "iso3", "iso2", "name", *TEXTS[:3]))
    found = cd.match_states(labels, when, states=kind)
    holds(len(found) == len(labels), "labels were lost")


def persistence(rng: Rng, folder: Path) -> None:
    years = 10.0 if rng.random() < 0.4 else any_value(rng)
    members = 2 if rng.random() < 0.5 else any_value(rng)
    with variable(whole_folder()):
        frame = cd.went_on(within_years=years, min_members=members)
    holds((frame["n_carried"].dropna() >= 1).all(), "carried over nobody")
