"""Reading the curated files of organisations and refusing what breaks their rules.

All problems are found at once; each names the file, row (line of the file), column, value and rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from coalitiondata.build.curated import read_curated
from coalitiondata.build.ngo_rules import COLUMNS, check
from coalitiondata.errors import InvalidDataError, SourceFileError

_SHOWN = 10


@dataclass(frozen=True, eq=False)
class Files:
    """The curated files, as text, missing where empty."""

    coalitions: pd.DataFrame
    members: pd.DataFrame
    organisations: pd.DataFrame
    resources: pd.DataFrame
    codings: pd.DataFrame


def read(curated: Path) -> Files:
    """The curated files of organisations, checked.

    Raises SourceFileError for a file that is missing, InvalidDataError if any rule is broken.
    """
    frames = {name: _read(curated / f"{name}.csv", columns) for name, columns in COLUMNS.items()}
    report = check(frames)
    if len(report):
        lines = [
            f"{row['table']}.csv, line {row['row'] + 2}, column {row['column']} "
            f"(value {row['value']!r}): breaks {row['rule']}. {row['hint']}"
            for row in report.head(_SHOWN).to_dict("records")
        ]
        more = f"\n... and {len(report) - _SHOWN} more." if len(report) > _SHOWN else ""
        raise InvalidDataError(
            f"{len(report)} problem{'s' * (len(report) > 1)} in the curated files of "
            "organisations:\n" + "\n".join(lines) + more
        )
    return Files(*(frames[name] for name in COLUMNS))


def _read(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    if not path.is_file():
        raise SourceFileError(f"The curated file {path.name} is missing from {path.parent}.")
    frame = read_curated(path)
    if list(frame.columns) != list(columns):
        raise InvalidDataError(
            f"{path.name} has the columns {', '.join(frame.columns)}; "
            f"it must have {', '.join(columns)}, in this order."
        )
    return frame
