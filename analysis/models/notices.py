"""The warnings that a model can raise, each its own category so that a caller can filter it."""

from __future__ import annotations

import warnings
from collections.abc import Iterable


class DroppedRowsWarning(UserWarning):
    """Rows with missing values were left out; the message counts them by column."""


class SeparationWarning(UserWarning):
    """A coefficient runs to infinity (monotone likelihood); the message names the covariate."""


class ConvergenceWarning(UserWarning):
    """The optimiser stopped before the likelihood was flat; estimates are not to be used."""


def warn_of_separation(covariates: Iterable[str], stacklevel: int = 3) -> None:
    """Warn that the coefficients of `covariates` have no finite estimate."""
    warnings.warn(
        f"separation: the coefficient of {', '.join(covariates)} runs to infinity, because the "
        "covariate orders the events perfectly or a level has none; its estimate and standard "
        "error mean nothing. Leave it out, merge levels, or use a penalised likelihood",
        SeparationWarning,
        stacklevel=stacklevel + 1,
    )
