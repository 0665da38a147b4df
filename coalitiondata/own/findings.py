"""Problems and rows set aside, collected while minimal tables are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from coalitiondata import problems
from coalitiondata.errors import InvalidDataError

_SHOWN = 5
_ADVICE = (
    "The error's `.report` has them all as a data frame; strict=False uses the rest and keeps them "
    "in `.problems`."
)


@dataclass
class Findings:
    """What was found so far; rows are positions in the frames as given."""

    given: Mapping[str, pd.DataFrame]
    reports: list[pd.DataFrame] = field(default_factory=list)
    spoilt: dict[str, pd.Series] = field(default_factory=dict)

    def add(self, report: pd.DataFrame, *, spoils: bool = False) -> None:
        """Add problems; with `spoils` their rows are set aside."""
        self.reports.append(report)
        if spoils:
            for table, rows in report.dropna(subset="row").groupby("table")["row"]:
                self.spoil(str(table), rows)

    def spoil(self, table: str, rows: pd.Series) -> None:
        """Set these rows aside."""
        self.spoilt[table] = self.bad(table) | self.bad(table).index.isin(rows)

    def bad(self, table: str) -> pd.Series:
        """Which rows of a table are set aside, by position."""
        blank = pd.Series(False, index=range(len(self.given[table])))
        return self.spoilt.get(table, blank)

    def report(self) -> pd.DataFrame:
        """All problems, by table and row, rows labelled as in the frames given."""
        report = problems.together(self.reports)
        order = {name: place for place, name in enumerate(self.given)}
        places = report.assign(
            _table=report["table"].map(order), _row=report["row"].astype("float64")
        )
        report = report.loc[places.sort_values(["_table", "_row"], kind="stable").index]
        return problems.labelled(report, self.given).reset_index(drop=True)

    def set_aside(self) -> dict[str, pd.DataFrame]:
        """The rows set aside, as they were given, by table."""
        return {
            table: frame[self.bad(table).to_numpy()]
            for table, frame in self.given.items()
            if self.bad(table).any()
        }


def refuse(report: pd.DataFrame) -> InvalidDataError:
    """The error for a report that is not empty: a summary, with the report as `.report`."""
    return problems.refusal(report, _ADVICE, _SHOWN)
