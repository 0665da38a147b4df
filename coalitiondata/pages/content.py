"""What the codebook says, apart from how it looks."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import pandas as pd

from coalitiondata import schema
from coalitiondata.codebooks import chosen, codebook
from coalitiondata.coverage import missing_by_family, rows_by_family
from coalitiondata.loading import load
from coalitiondata.rule_links import RuleLink, rules_of
from coalitiondata.rules import RULES
from coalitiondata.schema import Field, Table


@dataclass(frozen=True, slots=True)
class Level:
    """One value of a variable with listed levels, its meaning and how many rows have it."""

    name: str
    label: str
    n: int


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of a table."""

    name: str
    title: str
    description: str
    type: str
    unit: str | None
    required: bool
    n: int
    missing: int
    missing_share: float
    missing_reason: str | None
    coverage: str | None
    sources: tuple[str, ...]
    rules: tuple[RuleLink, ...]
    version: str
    levels: tuple[Level, ...]

    def facts(self) -> list[str]:
        """Type, unit and numbers, in a few words each."""
        gap = f"missing {self.missing:,} ({self.missing_share:.1%})"
        return [
            self.type,
            *([f"unit: {self.unit}"] if self.unit else []),
            *(["required"] if self.required else []),
            f"n = {self.n:,}",
            *([gap] if self.missing else []),
            *([self.coverage] if self.coverage else []),
            f"since {self.version}",
        ]


@dataclass(frozen=True, slots=True)
class Chapter:
    """One table."""

    name: str
    title: str
    description: str
    rows: int
    primary_key: tuple[str, ...]
    foreign_keys: tuple[tuple[str, str], ...]  # columns, and what they refer to
    rules: tuple[RuleLink, ...]
    variables: tuple[Variable, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """Sources of any of its variables."""
        return tuple(sorted({source for each in self.variables for source in each.sources}))


@dataclass(frozen=True, slots=True)
class Book:
    """The codebook of some tables; the parts about all of them are empty for a single table."""

    title: str
    version: str
    created: str
    chapters: tuple[Chapter, ...]
    families: pd.DataFrame | None  # rows by table and family
    gaps: pd.DataFrame | None  # share of missing values by table, variable and family, and why
    checks: tuple[tuple[str, str], ...]  # the rules that `validate` applies, and their words


def content(table: str | None = None) -> Book:
    """The codebook of one table or of all. Raises UnknownNameError."""
    package = schema.package()
    facts = codebook(table)
    every = table is None
    return Book(
        title=str(package["title"]),
        version=str(package["version"]),
        created=str(package.get("created", ""))[:10],
        chapters=tuple(
            _chapter(each, facts[facts["table"] == each.name]) for each in chosen(table)
        ),
        families=rows_by_family() if every else None,
        gaps=gaps_by_family() if every else None,
        checks=tuple((rule.__name__, inspect.cleandoc(rule.__doc__ or "")) for rule in RULES)
        if every
        else (),
    )


def gaps_by_family() -> pd.DataFrame:
    """Share of rows without a value: one row per variable that is not complete.

    Columns: `table`, `variable`, one per family, `why`.
    """
    missing = missing_by_family()
    keys = ["table", "variable"]
    wide = missing.pivot_table(
        index=keys, columns="family", values="missing_share", sort=False, observed=True
    )
    reasons = missing.drop_duplicates(keys).set_index(keys)["missing_reason"]
    incomplete = wide[(wide > 0).any(axis=1)]
    incomplete.columns = list(map(str, incomplete.columns))
    return incomplete.assign(why=reasons).reset_index()


def _chapter(table: Table, facts: pd.DataFrame) -> Chapter:
    frame = load(table.name)
    rows: list[dict[Any, Any]] = (
        facts.astype("object").where(facts.notna(), None).to_dict("records")
    )
    return Chapter(
        name=table.name,
        title=table.title,
        description=table.description,
        rows=len(frame),
        primary_key=table.primary_key,
        foreign_keys=tuple(
            (", ".join(key.fields), f"{key.table}.{', '.join(key.references)}")
            for key in table.foreign_keys
        ),
        rules=rules_of(table.name),
        variables=tuple(
            _variable(table, field, row, frame[field.name])
            for field, row in zip(table.fields, rows, strict=True)
        ),
    )


def _variable(table: Table, field: Field, row: dict[Any, Any], column: pd.Series) -> Variable:
    counts = column.value_counts() if field.levels else None
    return Variable(
        name=field.name,
        title=field.title,
        description=field.description,
        type=field.type,
        unit=field.unit,
        required=field.required,
        n=row["n"],
        missing=row["missing"],
        missing_share=row["missing_share"],
        missing_reason=field.missing_reason,
        coverage=row["coverage"],
        sources=tuple(row["sources"].split("; ")) if row["sources"] else (),
        rules=rules_of(table.name, field.name),
        version=row["version_introduced"],
        levels=()
        if counts is None
        else tuple(
            Level(name, (field.labels or {}).get(name, ""), int(counts[name]))
            for name in field.levels
        ),
    )
