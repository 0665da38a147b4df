"""Survival models and figures of coalitions: fits with one face, tests, curves and residuals.

Names are loaded on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import Any

# public name -> module that defines it
_HOME = {
    "aft": "analysis.models.aft",
    "alive_by_year": "analysis.figures.years",
    "alt_text": "analysis.figures.described",
    "BlockComparison": "analysis.models.comparison",
    "brier_score": "analysis.models.accuracy",
    "cabinet_months": "analysis.figures.years",
    "calibration_plot": "analysis.figures.calibration",
    "calibration_table": "analysis.figures.calibration",
    "CensoredTransitionWarning": "analysis.models.transitions",
    "chain_of": "analysis.figures.chains",
    "ChoiceFit": "analysis.models.choice",
    "cluster_bootstrap": "analysis.multiverses.bootstrap",
    "ClusterBootstrap": "analysis.multiverses.bootstrap",
    "compare_blocks": "analysis.models.comparison",
    "concordance": "analysis.models.concordance",
    "contributions": "analysis.models.shares",
    "Convergence": "analysis.models.convergence",
    "convergence": "analysis.models.convergence",
    "convergence_frame": "analysis.models.convergence",
    "ConvergenceWarning": "analysis.models.notices",
    "cox": "analysis.models.cox",
    "cox_diagnostics": "analysis.models.diagnostics",
    "cox_snell_check": "analysis.models.cox_snell",
    "cox_snell_residuals": "analysis.models.cox_snell",
    "CoxDiagnostics": "analysis.models.diagnostics",
    "CoxFit": "analysis.models.cox",
    "cumulative_incidence": "analysis.models.competing",
    "description": "analysis.figures.described",
    "deviance_residuals": "analysis.models.residuals",
    "dfbeta_residuals": "analysis.models.residuals",
    "DroppedRowsWarning": "analysis.models.notices",
    "exit_frame": "analysis.models.membership",
    "expected_time": "analysis.models.multistate",
    "explained_variation": "analysis.models.accuracy",
    "fine_gray": "analysis.models.competing",
    "firth": "analysis.models.firth",
    "firth_test": "analysis.models.firth",
    "FirthFit": "analysis.models.firth",
    "Fit": "analysis.models.result",
    "forest": "analysis.figures.forest",
    "forest_table": "analysis.figures.forest",
    "form_points": "analysis.models.functional_form",
    "frailty": "analysis.models.frailty",
    "FrailtyFit": "analysis.models.frailty",
    "gallery": "analysis.figures.gallery",
    "gamson": "analysis.models.influence",
    "government_strips": "analysis.figures.overview",
    "gray_test": "analysis.models.competing",
    "GroupTest": "analysis.models.nonparametric",
    "impute": "analysis.models.imputation",
    "incidence_curves": "analysis.figures.incidence",
    "InfluenceFit": "analysis.models.influence",
    "influential_rows": "analysis.models.diagnostics",
    "integrated_brier_score": "analysis.models.accuracy",
    "joining": "analysis.models.choice",
    "kaplan_meier": "analysis.models.nonparametric",
    "likelihood_ratio_test": "analysis.models.result",
    "linearity_tests": "analysis.models.functional_form",
    "log_rank": "analysis.models.nonparametric",
    "martingale_residuals": "analysis.models.residuals",
    "median_survival": "analysis.models.nonparametric",
    "membership_exit": "analysis.models.membership",
    "membership_timeline": "analysis.figures.timeline",
    "multistate": "analysis.models.multistate",
    "Multiverse": "analysis.multiverses.run",
    "multiverse": "analysis.multiverses.run",
    "nelson_aalen": "analysis.models.hazards",
    "nonnested_test": "analysis.models.vuong",
    "overview_over_time": "analysis.figures.overview",
    "permutation_test": "analysis.multiverses.permutation",
    "PermutationTest": "analysis.multiverses.permutation",
    "ph_test": "analysis.models.proportionality",
    "piecewise_exponential": "analysis.models.flexible",
    "PiecewiseFit": "analysis.models.flexible",
    "pool": "analysis.models.imputation",
    "PooledFit": "analysis.models.imputation",
    "power_interest_plane": "analysis.figures.plane",
    "predict_survival": "analysis.models.prediction",
    "proportionality": "analysis.models.influence",
    "restricted_mean": "analysis.models.nonparametric",
    "save_figure": "analysis.figures.saving",
    "schoenfeld_plot": "analysis.figures.schoenfeld",
    "schoenfeld_residuals": "analysis.models.residuals",
    "score_residuals": "analysis.models.residuals",
    "SeparationWarning": "analysis.models.notices",
    "simultaneous_bands": "analysis.models.hazards",
    "specification_curve": "analysis.figures.specification",
    "split_episodes": "analysis.models.episodes",
    "strongest_leads": "analysis.models.influence",
    "survival_curves": "analysis.figures.survival",
    "transformation_chains": "analysis.figures.chains",
    "transition_cox": "analysis.models.transition_cox",
    "transition_probabilities": "analysis.models.multistate",
    "transition_rows": "analysis.models.transitions",
    "uno_concordance": "analysis.models.accuracy",
    "wald_test": "analysis.models.result",
    "WeakIdentificationWarning": "analysis.models.frailty",
    "weighted_log_rank": "analysis.models.weighted_logrank",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'analysis' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
