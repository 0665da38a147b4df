"""Survival predicted by a Cox model."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.models.cox import CoxFit
from analysis.models.design import design_matrix, formula_variables
from analysis.models.frame import Floats, Ints, as_pandas, require_columns
from analysis.models.ipcw import step
from coalitiondata.errors import InvalidDataError


def predict_survival(
    fit: CoxFit,
    newdata: Any = None,
    times: Sequence[float] | Floats = (),
    training: Any = None,
) -> pd.DataFrame:
    """Survival of rows with given covariates: S(t | x) = exp(-H0(t) exp((x - m)'b)).

    H0 is the baseline cumulative hazard that goes with Efron's likelihood, at the mean m of the
    covariates; without ties it is Breslow's. So R ``survfit(coxph)``. Survival is counted from
    time zero, also where rows entered late.

    Args:
        fit: a Cox model.
        newdata: any data frame with the columns of the formula; None for the rows of the fit, each
            with the baseline of its own stratum.
        times: at which to predict, in the unit of the durations.
        training: the frame that was fitted, needed with `newdata` if the formula has a factor or a
            transform that depends on the data (``bs``, ``scale``): their levels and knots are
            those of the fit, not those of the new rows.

    Returns:
        One row per row of `newdata`, with its index, one column per time, which is its name.
        Missing where a covariate is missing, and at times beyond the last exit of the fit's rows
        (of the stratum), about which the data say nothing.

    Raises:
        UnknownNameError: a column of the formula that `newdata` does not have.
        InvalidDataError: no times, or missing ones; a stratified fit with `newdata`, whose
            stratum is unknown; a level that the fit has not seen; `training` needed and not
            given, or not the frame that was fitted.

    Source: Breslow (1972), JRSS B 34: 216-217; Therneau and Grambsch (2000), section 10.2.
    """
    at = np.asarray(times, dtype=float).reshape(-1)
    if not at.size or np.isnan(at).any():
        raise InvalidDataError("predict_survival: give the times at which to predict, none missing")
    columns = pd.Index(at, name="time")
    strata: Ints = fit.rows["stratum"].to_numpy()
    if newdata is None:
        last = fit.rows.groupby("stratum")["duration"].transform("max").to_numpy(dtype=float)
        survival = np.where(at > last[:, None], np.nan, own_survival(fit, at))
        return pd.DataFrame(survival, index=fit.rows.index, columns=columns)
    if strata.any():
        raise InvalidDataError(
            "predict_survival: the fit is stratified and has a baseline for each stratum; predict "
            "for its own rows (newdata=None), or fit the strata as covariates"
        )
    data = as_pandas(newdata)
    complete = data[formula_variables(fit.formula, data)].notna().all(axis=1).to_numpy()
    survival = np.full((len(data), len(at)), np.nan)
    if complete.any():
        matrix = _matrix(fit, data.loc[complete], training)
        mean = np.average(fit.design.matrix, axis=0, weights=fit.efron.weights)
        eta = (matrix - mean) @ fit.coefficients.to_numpy()
        survival[complete] = _survival(fit, 0, np.exp(eta), at)
    survival[:, at > fit.rows["duration"].max()] = np.nan
    return pd.DataFrame(survival, index=data.index, columns=columns)


def cumulative_hazard(fit: CoxFit, stratum: int = 0) -> tuple[Floats, Floats]:
    """Event times of a stratum and its baseline cumulative hazard at the mean covariates."""
    own = fit.efron.sets.own[(fit.rows["stratum"] == stratum).to_numpy() & fit.efron.dead]
    first, last = (int(own.min()), int(own.max()) + 1) if own.size else (0, 0)
    return fit.efron.sets.time[first:last], fit.efron.hazard[first:last].cumsum()


def own_survival(fit: CoxFit, at: Floats) -> Floats:
    """Predicted survival of the fit's rows, rows x times, level after the last event."""
    strata = fit.rows["stratum"].to_numpy()
    survival = np.empty((fit.n, len(at)))
    for stratum in np.unique(strata):
        mine = strata == stratum
        survival[mine] = _survival(fit, int(stratum), fit.efron.risk[mine], at)
    return survival


def _survival(fit: CoxFit, stratum: int, risk: Floats, at: Floats) -> Floats:
    time, hazard = cumulative_hazard(fit, stratum)
    return np.asarray(np.exp(-risk[:, None] * step(time, hazard, at, start=0.0)))


def _matrix(fit: CoxFit, data: pd.DataFrame, training: Any) -> Floats:
    """Covariates of new rows, coded as those of the fit."""
    from formulaic import Formula
    from formulaic.errors import DataMismatchWarning
    from formulaic.parser.types import Factor

    learned = data
    if training is not None:
        learned = as_pandas(training)
        require_columns(learned, formula_variables(fit.formula, learned), "training")
        learned = learned.loc[learned.index.isin(fit.rows.index)]
        if len(learned) != fit.n or not np.array_equal(
            design_matrix(fit.formula, learned).matrix, fit.design.matrix
        ):
            raise InvalidDataError("training: not the frame that was fitted; its covariates differ")
    # The fit codes factors against an intercept that it then leaves out; so must this.
    formula = Formula(f"{fit.formula} + 1")
    spec = formula.get_model_matrix(_plain(learned), context={}, na_action="ignore").model_spec
    factors = [
        str(name)
        for name, (kind, _) in spec.encoder_state.items()
        if kind is Factor.Kind.CATEGORICAL
    ]
    if training is None and (spec.transform_state or factors):
        what = ", ".join([*map(str, spec.transform_state), *factors])
        raise InvalidDataError(
            f"predict_survival: the coding of {what} depends on the rows that were fitted; "
            "pass training=, the frame of the fit"
        )
    with warnings.catch_warnings():
        # It would code a level that it does not know like the reference level.
        warnings.simplefilter("error", DataMismatchWarning)
        try:
            matrix = spec.get_model_matrix(_plain(data), context={}, na_action="ignore")
        except DataMismatchWarning as unseen:
            raise InvalidDataError(
                f"predict_survival: newdata has a level of {', '.join(factors)} that the fit has "
                "not seen; leave those rows out"
            ) from unseen
    return np.asarray(matrix[list(fit.design.names)].to_numpy(dtype=float))


def _plain(data: pd.DataFrame) -> pd.DataFrame:
    """Columns of the kinds that a formula can read, as the fit read them."""
    plain = data.copy(deep=False)
    for column in plain.columns:
        kind = plain[column].dtype
        if isinstance(kind, pd.CategoricalDtype):
            plain[column] = plain[column].cat.remove_unused_categories()
        elif pd.api.types.is_extension_array_dtype(kind):
            number = pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_bool_dtype(kind)
            plain[column] = plain[column].astype(float if number else object)
    return plain
