"""Wartime, governing and NGO coalitions in one data model.

Nothing heavy is imported before it is used: `import coalitiondata` costs about a millisecond.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from coalitiondata.errors import (
    CoalitionDataError,
    DamagedFileError,
    InvalidDataError,
    MissingExtraError,
    NotWrittenError,
    SourceFileError,
    TargetExistsError,
    UnknownNameError,
)

if TYPE_CHECKING:
    from coalitiondata import measures
    from coalitiondata.citing import cite
    from coalitiondata.codebooks import codebook
    from coalitiondata.exporting import export
    from coalitiondata.loading import load, tables
    from coalitiondata.own.data import CoalitionData
    from coalitiondata.own.states import match_states
    from coalitiondata.own.template import write_template
    from coalitiondata.persistence import went_on
    from coalitiondata.survival import survival_frame
    from coalitiondata.validation import validate
    from coalitiondata.verifying import verify

    data_version: str

__version__ = "0.1.0"

__all__ = [
    "CoalitionData",
    "CoalitionDataError",
    "DamagedFileError",
    "InvalidDataError",
    "MissingExtraError",
    "NotWrittenError",
    "SourceFileError",
    "TargetExistsError",
    "UnknownNameError",
    "__version__",
    "cite",
    "codebook",
    "data_version",
    "export",
    "load",
    "match_states",
    "measures",
    "survival_frame",
    "tables",
    "validate",
    "verify",
    "went_on",
    "write_template",
]

# No module may bear the name of a public function: importing it would replace the function.
_HOMES = {
    "CoalitionData": "own.data",
    "cite": "citing",
    "codebook": "codebooks",
    "export": "exporting",
    "load": "loading",
    "match_states": "own.states",
    "survival_frame": "survival",
    "tables": "loading",
    "validate": "validation",
    "verify": "verifying",
    "went_on": "persistence",
    "write_template": "own.template",
}


def __getattr__(name: str) -> Any:
    if name == "measures":
        return import_module("coalitiondata.measures")
    if name == "data_version":
        # Not cached: the data folder can be changed while the process runs.
        return import_module("coalitiondata.schema").package()["version"]
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"coalitiondata.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
