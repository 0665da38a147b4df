"""Survival models for coalitions: fits with one face, tests, curves and residuals.

Names are loaded on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import Any

# public name -> module that defines it
_HOME = {
    "ConvergenceWarning": "analysis.models.notices",
    "CoxFit": "analysis.models.cox",
    "DroppedRowsWarning": "analysis.models.notices",
    "Fit": "analysis.models.result",
    "GroupTest": "analysis.models.nonparametric",
    "SeparationWarning": "analysis.models.notices",
    "aft": "analysis.models.aft",
    "concordance": "analysis.models.concordance",
    "cox": "analysis.models.cox",
    "cumulative_incidence": "analysis.models.competing",
    "deviance_residuals": "analysis.models.residuals",
    "dfbeta_residuals": "analysis.models.residuals",
    "fine_gray": "analysis.models.competing",
    "gray_test": "analysis.models.competing",
    "kaplan_meier": "analysis.models.nonparametric",
    "likelihood_ratio_test": "analysis.models.result",
    "log_rank": "analysis.models.nonparametric",
    "martingale_residuals": "analysis.models.residuals",
    "median_survival": "analysis.models.nonparametric",
    "ph_test": "analysis.models.proportionality",
    "restricted_mean": "analysis.models.nonparametric",
    "schoenfeld_residuals": "analysis.models.residuals",
    "score_residuals": "analysis.models.residuals",
    "wald_test": "analysis.models.result",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'analysis' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
