"""Who of those that could join a coalition does: conditional logit with any number of joiners."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.models.conditional import Conditional, choice_sets, conditional
from analysis.models.design import Design, collinear, design_matrix, formula_variables
from analysis.models.frame import (
    Floats,
    Ints,
    as_list,
    as_pandas,
    codes,
    complete_rows,
    numeric,
    require_columns,
)
from analysis.models.newton import LONG, climb, inverse
from analysis.models.notices import ConvergenceWarning, DroppedRowsWarning, warn_of_separation
from analysis.models.result import Fit, coefficient_table
from coalitiondata.errors import InvalidDataError


@dataclass(frozen=True, eq=False, kw_only=True)
class ChoiceFit(Fit):
    """A conditional logit; see `Fit` for the common face. `events` counts those who joined.

    Attributes:
        covariance_model: inverse information, also where `covariance` is robust.
        groups: groups that were used.
        groups_dropped: groups left out because all or none of their alternatives joined.
        clusters: number of clusters, 0 without.
        design: names and terms of the covariates.
    """

    covariance_model: pd.DataFrame
    groups: int
    groups_dropped: int
    clusters: int
    design: Design


def joining(
    frame: Any,
    formula: str,
    *,
    group: str | Sequence[str] = "coalition_id",
    joined: str = "joined",
    cluster: str | None = None,
) -> ChoiceFit:
    """Conditional (fixed-effects) logit: which alternatives of a group joined, given how many.

    P(D | k of n joined) = exp(sum over D of x'b) / sum over all sets S of size k of
    exp(sum over S of x'b). A group's own level cancels, so that nothing which is the same for all
    its alternatives can have a coefficient. The likelihood is exact for any number of joiners, as
    in R ``survival::clogit(method = "exact")``; with one joiner a group it is McFadden's choice
    model, and Efron's and Breslow's approximations coincide with it.

    With `cluster`, errors are the sandwich of the groups' scores summed by cluster, without
    small-sample factor; R has none for the exact method. Else they are from the information.

    Args:
        frame: any data frame, one row per alternative (potential member) of a group (coalition).
        formula: covariates that differ between alternatives, R-like as in `cox`.
        group: columns that tell the groups apart.
        joined: 1 or True for alternatives that joined, 0 or False for others.
        cluster: column of the units (countries, wars) within which groups depend on each other; a
            group lies in one cluster.

    Returns:
        The fit; its table adds odds_ratio = exp(estimate) with odds_low and odds_high.

    Rows with a missing value in any column used are dropped with a DroppedRowsWarning: the group
    then chooses among the others. Groups all or none of whose rows joined say nothing about the
    coefficients and are dropped with a DroppedRowsWarning that counts them. A coefficient that
    runs to infinity gives a SeparationWarning and ``converged`` False.

    Raises:
        UnknownNameError: a column that the frame does not have.
        InvalidDataError: no complete rows, a `joined` column other than 0/1, no group with both
            joiners and others, covariates that are constant or collinear within groups, groups
            that lie in several clusters, fewer than two clusters.

    Source: McFadden (1974), in Zarembka (ed.), Frontiers in Econometrics: 105-142; Chamberlain
    (1980), Review of Economic Studies 47: 225-238; the recursion is Gail, Lubin and Rubinstein's
    (1981), Biometrika 68: 703-707.
    """
    data = as_pandas(frame)
    named = [*as_list(group), joined, *as_list(cluster)]
    require_columns(data, named, "joining")
    used, dropped = complete_rows(data, [*named, *formula_variables(formula, data)])
    used, groups_dropped = _with_variation(used, group, _joiners(used, joined), joined)
    chosen = _joiners(used, joined)
    number = codes(used, group)
    design = design_matrix(formula, used)
    spread = _within_spread(design, number)
    blocks = choice_sets(design.matrix / spread, chosen, number)
    null = conditional(blocks, np.zeros(len(spread)))
    reach = np.ptp(design.matrix / spread, axis=0)
    peak, finished = climb(lambda b: conditional(blocks, b), null, reach)
    at = conditional(blocks, peak)
    converged = _check_convergence(at, null, reach, design, finished)
    variance = inverse(at.information())
    covariance = variance
    if cluster:
        covariance = _sandwich(at, variance, _cluster_of_groups(used, group, number, cluster))

    estimate = peak / spread
    per_unit = np.outer(spread, spread)
    variance, covariance = variance / per_unit, covariance / per_unit
    table = coefficient_table(design.names, estimate, covariance)
    with np.errstate(over="ignore"):
        table["odds_ratio"] = np.exp(table["estimate"])
        table["odds_low"] = np.exp(table["conf_low"])
        table["odds_high"] = np.exp(table["conf_high"])
    names = list(design.names)
    return ChoiceFit(
        model="conditional logit, exact" + (", robust errors" if cluster else ""),
        formula=formula,
        table=table,
        covariance=pd.DataFrame(covariance, index=names, columns=names),
        covariance_model=pd.DataFrame(variance, index=names, columns=names),
        n=len(used),
        events=int(chosen.sum()),
        loglik=at.loglik,
        loglik_null=null.loglik,
        converged=converged,
        dropped=dropped,
        groups=int(number.max()) + 1,
        groups_dropped=groups_dropped,
        clusters=int(used[cluster].nunique()) if cluster else 0,
        design=design,
    )


def _joiners(frame: pd.DataFrame, joined: str) -> npt.NDArray[np.bool_]:
    values = numeric(frame, joined)
    if not np.isin(values, (0.0, 1.0)).all():
        found = ", ".join(f"{v:g}" for v in np.unique(values)[:6])
        raise InvalidDataError(
            f"column {joined!r} holds {found}; it must hold 1 (joined) and 0 (did not) only"
        )
    return np.asarray(values == 1)


def _with_variation(
    frame: pd.DataFrame, group: str | Sequence[str], chosen: npt.NDArray[np.bool_], joined: str
) -> tuple[pd.DataFrame, int]:
    number = codes(frame, group)
    size = np.bincount(number)
    taken = np.bincount(number, weights=chosen)
    varies = (taken > 0) & (taken < size)
    without = int((~varies).sum())
    if not varies.any():
        raise InvalidDataError(
            f"column {joined!r}: in each of the {without} groups all or none of the complete rows "
            "joined; conditional logit needs groups with both"
        )
    if without:
        warnings.warn(
            f"{without} of {len(size)} groups dropped, with {int(size[~varies].sum())} rows: all "
            f"joined in {int((taken == size).sum())}, none in {int((taken == 0).sum())}",
            DroppedRowsWarning,
            stacklevel=3,
        )
    return frame.loc[varies[number]], without


def _within_spread(design: Design, number: Ints) -> Floats:
    """Standard deviation within groups; refuses covariates that have none, or are collinear."""
    size = np.bincount(number)
    means = [np.bincount(number, weights=x) / size for x in design.matrix.T]
    centred = design.matrix - np.stack(means, axis=1)[number]
    spread = np.sqrt((centred**2).mean(axis=0))
    flat = spread <= 1e-10 * np.abs(design.matrix).max(axis=0)
    if flat.any():
        names = ", ".join(n for n, f in zip(design.names, flat, strict=True) if f)
        raise InvalidDataError(
            f"covariate {names} is the same for all alternatives of every group; leave it out, or "
            "let it act through an interaction with one that differs"
        )
    if involved := collinear(centred / spread):
        raise InvalidDataError(
            "collinear covariates within groups: "
            + ", ".join(design.names[k] for k in involved)
            + "; leave one out"
        )
    return np.asarray(spread)


def _check_convergence(
    at: Conditional, null: Conditional, reach: Floats, design: Design, finished: bool
) -> bool:
    """Whether one more Newton step would move nothing; names what runs to infinity."""
    variance = inverse(at.information())
    moves = np.abs(variance @ at.score()) * reach  # in units of the linear predictor
    inflation = np.diag(variance) / np.diag(inverse(null.information()))
    running = (moves > LONG) | ~((inflation > 0) & (inflation < 1e6))
    if runaway := [n for n, r in zip(design.names, running, strict=True) if r]:
        warn_of_separation(runaway, stacklevel=3)
        return False
    if not finished or not (moves < 1e-6).all():
        warnings.warn(
            "the conditional likelihood is not at its maximum; rescale the covariates",
            ConvergenceWarning,
            stacklevel=3,
        )
        return False
    return True


def _cluster_of_groups(
    used: pd.DataFrame, group: str | Sequence[str], number: Ints, cluster: str
) -> Ints:
    """The cluster of each group, by group number."""
    of_row = codes(used, cluster)
    several = pd.Series(of_row).groupby(number).nunique().to_numpy() > 1
    if several.any():
        first = used.loc[number == int(np.flatnonzero(several)[0]), as_list(group)].iloc[0]
        raise InvalidDataError(
            f"{int(several.sum())} groups lie in several clusters of {cluster!r}, the first is "
            f"{', '.join(map(str, first))}; a group must lie in one"
        )
    of_group = np.zeros(int(number.max()) + 1, dtype=np.int64)
    of_group[number] = of_row
    if of_group.max() < 1:
        raise InvalidDataError("cluster-robust errors need at least two clusters")
    return of_group


def _sandwich(at: Conditional, variance: Floats, clusters: Ints) -> Floats:
    influence = pd.DataFrame(at.scores @ variance)
    by_cluster = influence.groupby(clusters).sum().to_numpy()
    return np.asarray(by_cluster.T @ by_cluster)
