"""The main samples of the families and of coalitions of organisations under one face."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import pandas as pd

from analysis.models.notices import ConvergenceWarning, SeparationWarning
from analysis.study import organisations, plan, samples
from analysis.study.duration_models import Fitted, fit_model
from analysis.study.plan import DEPTH, POWER, Model, z
from coalitiondata.errors import InvalidDataError

T = TypeVar("T")

FEW_EVENTS = 10  # fewer on one side, or of one kind, say too little for a model
HALVES = {False: "low", True: "high"}
THIRDS = {1: "low", 2: "middle", 3: "high"}
HOSTS = {0.0: "no", 1.0: "yes"}


@dataclass(frozen=True, eq=False)
class Setting:
    """A family's main sample with the models that are fitted on it.

    Attributes:
        drawn: the sample and its complete cases.
        models: every model of the family.
        main: the one with power and interests, M3 or N3.
        power: what measures power: `power_hhi`, or `single_host` (0 or 1).
        power_term: its form in the models.
    """

    drawn: samples.Drawn
    models: tuple[Model, ...]
    main: Model
    power: str
    power_term: str

    @property
    def id(self) -> str:
        """The family."""
        return self.drawn.family.id

    @property
    def cluster(self) -> str:
        """The column that errors are clustered on."""
        return self.drawn.family.cluster

    @property
    def terms(self) -> tuple[str, ...]:
        """Covariates of the main model, controls last."""
        return (*self.main.terms, *self.drawn.family.controls)

    @property
    def formula(self) -> str:
        """The main model's right-hand side."""
        return " + ".join(self.terms)

    @property
    def graded(self) -> bool:
        """Whether power is a number, not a yes or no."""
        return self.power == POWER

    def measure(self, name: str) -> str:
        """The column of "depth" or "power"."""
        return {"depth": DEPTH, "power": self.power}[name]

    def fitted(self, model: Model | None = None, rows: pd.DataFrame | None = None) -> Fitted:
        """A model (default: the main one) on the complete cases, or on `rows` in their place."""
        drawn = self.drawn if rows is None else replace(self.drawn, complete=rows)
        return fit_model(self.main if model is None else model, drawn)


def all_settings(tables: samples.Tables) -> list[Setting]:
    """Governing, wartime and organisations."""
    found = []
    for family in plan.FAMILIES:
        models = {model.id: model for model in family.models()}
        drawn = samples.draw(family, family.main, tables)
        found.append(Setting(drawn, tuple(models.values()), models["M3"], POWER, z(POWER)))
    drawn = organisations.draw(organisations.ORGANISATIONS.main, tables)
    host = organisations.HOST
    main = next(model for model in organisations.MODELS if model.id == "N3")
    return [*found, Setting(drawn, organisations.MODELS, main, host, host)]


def halves(rows: pd.DataFrame, setting: Setting, measure: str) -> pd.DataFrame:
    """Rows with known "depth" or "power", with `group`: low (at most the median) or high; no or yes
    of a single host."""
    column = setting.measure(measure)
    known = rows[rows[column].notna()]
    if column == organisations.HOST:
        return known.assign(group=known[column].map(HOSTS)).reset_index(drop=True)
    upper = known[column] > known[column].median()
    return known.assign(group=upper.map(HALVES)).reset_index(drop=True)


def thirds(rows: pd.DataFrame, setting: Setting, measure: str) -> pd.DataFrame:
    """The same by thirds (low, middle, high), as `samples.terciles`; no or yes of a single host."""
    column = setting.measure(measure)
    if column == organisations.HOST:
        return halves(rows, setting, measure)
    cut = samples.terciles(rows, column)
    return cut.assign(group=cut["third"].map(THIRDS))


def attempt(fit: Callable[[], T]) -> tuple[T | None, str]:
    """What `fit` returns, or None and why it cannot be used: bad data, separation, no maximum."""
    with warnings.catch_warnings():
        # Both leave estimates that mean nothing.
        warnings.simplefilter("error", SeparationWarning)
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            return fit(), ""
        except (InvalidDataError, SeparationWarning, ConvergenceWarning) as error:
            return None, f"not estimated: {error}"


def stacked(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Tables one below the other, with the columns of all; none gives an empty table."""
    if not parts:
        return pd.DataFrame()
    columns = list(dict.fromkeys(name for part in parts for name in part))
    # A column that is empty in one part would change the type of the whole.
    filled = [part.dropna(axis=1, how="all") for part in parts]
    return pd.concat(filled, ignore_index=True).reindex(columns=columns)
