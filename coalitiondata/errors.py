"""The errors that a user can meet, each with one clear message."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


class CoalitionDataError(Exception):
    """Base of every error that this package raises on purpose."""


class UnknownNameError(CoalitionDataError, KeyError):
    """A table, column, family, level or style that does not exist; the message lists what does."""

    def __str__(self) -> str:
        """The message itself: KeyError would show its repr, quotes and escapes included."""
        return str(self.args[0]) if self.args else ""


class InvalidDataError(CoalitionDataError, ValueError):
    """A value, row or table that breaks a rule; the message names table, column, row and rule.

    `report` has every problem that was found as a data frame, where tables were checked.
    """

    report: pd.DataFrame | None = None


class DamagedFileError(CoalitionDataError, OSError):
    """A file of the data set that is missing, truncated or altered; the message has the repair."""


class SourceFileError(CoalitionDataError, OSError):
    """A raw source file that is missing, changed or cannot be downloaded."""


class MissingExtraError(CoalitionDataError, ImportError):
    """An optional library is not installed; the message gives the command that installs it."""


class TargetExistsError(CoalitionDataError, FileExistsError):
    """An export would replace files that are already there; the message names one of them."""


class NotWrittenError(CoalitionDataError, OSError):
    """A disk is full, a folder read-only or in use; the message says what became of the target."""
