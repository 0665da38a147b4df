"""Cox regression of each transition of a multi-state process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.models.cox import CoxFit, cox
from analysis.models.frame import as_pandas, is_censored, require_columns
from coalitiondata.errors import InvalidDataError, UnknownNameError


def transition_cox(
    frame: Any,
    formula: str | Mapping[tuple[Any, Any], str],
    from_state: str = "from_state",
    to_state: str = "to_state",
    duration: str = "duration",
    entry: str | None = "entry",
    strata: str | Sequence[str] | None = None,
    cluster: str | None = None,
    transitions: Sequence[tuple[Any, Any]] | None = None,
) -> dict[tuple[Any, Any], CoxFit]:
    """Cox regression of each transition hazard, clock forward.

    The hazard of j -> k is fitted on the rows spent in j, at risk on (entry, duration], with moves
    to k as events and all other ends as censoring, by `cox`: the fits of R ``coxph`` for
    multi-state data, without coefficients shared between transitions.

    Args:
        frame: any data frame, rows as for `multistate`; covariates may differ between the rows of a
            unit.
        formula: covariates, one formula for all transitions or a mapping from (from, to) pairs.
        from_state, to_state, duration, entry: as `multistate`.
        strata, cluster: as `cox`. Units that can be in a state more than once need
            ``cluster=`` their column for valid errors.
        transitions: the (from, to) pairs to fit; those of `formula` if it is a mapping, else all
            that were seen, in the order of their labels.

    Returns:
        (from, to) -> fit.

    Rows with missing values are dropped per transition with a DroppedRowsWarning.

    Raises:
        UnknownNameError: a column, or a transition that was never seen.
        InvalidDataError: a transition with fewer than two events; as `cox`.

    Source: Putter, Fiocco and Geskus (2007), Statistics in Medicine 26: 2389-2430.
    """
    data = as_pandas(frame)
    require_columns(data, [from_state, to_state], "transition_cox")
    moved = data[[from_state, to_state]].dropna()
    moved = moved[~is_censored(moved[to_state])]
    ends = zip(moved[from_state].tolist(), moved[to_state].tolist(), strict=True)
    seen: Counter[tuple[Any, Any]] = Counter(ends)
    if transitions is not None:
        chosen = list(transitions)
    elif isinstance(formula, str):
        chosen = sorted(seen, key=lambda pair: (str(pair[0]), str(pair[1])))
    else:
        chosen = list(formula)
    fits = {}
    for pair in chosen:
        name = f"{pair[0]} -> {pair[1]}"
        if pair not in seen:
            listed = ", ".join(f"{a} -> {b}" for a, b in seen)
            raise UnknownNameError(f"no transition {name} in the rows; there are {listed}")
        if seen[pair] < 2:
            raise InvalidDataError(
                f"transition {name} has only one event; at least 2 needed, leave it out with "
                "transitions="
            )
        if not isinstance(formula, str) and pair not in formula:
            raise UnknownNameError(f"no formula for transition {name}; add it to the mapping")
        there = data.loc[data[from_state] == pair[0]]
        happened = (there[to_state] == pair[1]).astype(float).where(there[to_state].notna())
        fits[pair] = cox(
            there.assign(**{name: happened}),
            formula if isinstance(formula, str) else formula[pair],
            duration=duration,
            event=name,
            entry=entry,
            strata=strata,
            cluster=cluster,
        )
    return fits
