"""The warnings that a model can raise, each its own category so that a caller can filter it."""

from __future__ import annotations


class DroppedRowsWarning(UserWarning):
    """Rows with missing values were left out; the message counts them by column."""


class SeparationWarning(UserWarning):
    """A coefficient runs to infinity (monotone likelihood); the message names the covariate."""


class ConvergenceWarning(UserWarning):
    """The optimiser stopped before the likelihood was flat; estimates are not to be used."""
