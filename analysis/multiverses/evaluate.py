"""From one specification to one row: its models, their estimates and the words of the plan."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from analysis.multiverses.choices import Specification, identity
from analysis.multiverses.frames import Bools, Frame, rows_of
from analysis.multiverses.kernel import Estimate, Failure, Risk, fit, risk
from analysis.multiverses.terms import Terms, terms
from analysis.study.organisations import host_matters
from analysis.study.verdicts import Verdict, both, interests_count, lasts_longer, power_matters

Row = dict[str, object]
Fitter = Callable[[Bools, bool, tuple[str, ...]], Estimate | Failure]

WORDS = ("h1", "h2_depth", "h2_breadth", "h2", "h3")
PARTS = ("power", "power_squared", "closeness", "breadth")
ESTIMATES = ("coefficient", "error", "hazard_ratio", "low", "high", "p")


def fitter(frame: Frame) -> Fitter:
    """A function that fits covariates on rows of the frame, and each model only once."""
    risks: dict[tuple[bytes, bool], Risk] = {}
    fits: dict[tuple[bytes, bool, tuple[str, ...]], Estimate | Failure] = {}

    def fitted(rows: Bools, stratified: bool, names: tuple[str, ...]) -> Estimate | Failure:
        about = (rows.tobytes(), stratified)
        if (*about, names) not in fits:
            if about not in risks:
                risks[about] = risk(frame, rows, stratified=stratified)
            X = np.column_stack([frame.columns[name][rows] for name in names])
            fits[*about, names] = fit(risks[about], X, names)
        return fits[*about, names]

    return fitted


def evaluate(specification: Specification, frame: Frame, fitted: Fitter) -> Row:
    """Everything that the multiverse says about one specification.

    - `status`: "estimated" or "not estimated", then with `reason_kind` and `reason`;
    - n (rows), events, clusters, coefficients (their number), loglik, aic of its own model, which
      has power, interests and controls together (M3 of the plan, M4 if power is quadratic);
    - for each of `PARTS` the numbers `ESTIMATES`, per standard deviation. With a square, `power` is
      the slope at the mean. `closeness` is depth, or the measure that stands for it;
    - p_power: Wald test of power as a whole, with its square if there is one;
    - aic_power, aic_interests: the models with the one block only (M1, M2) on the same rows, and
      aic_difference, the former less the latter: positive favours interests;
    - h1 to h3: the word that the plan's rules give; missing where a model that the rule needs
      could not be estimated, or the specification has no such term. H1 looks at the linear and the
      quadratic form, so that two specifications that differ only in this have the same word.
      Organisations have the rule of their own plan, on the linear form;
    - note: models beside its own that could not be estimated.
    """
    t, rows = terms(specification), rows_of(specification, frame)
    stratified = specification.strata == "country"
    events = int(frame.event[rows].sum())
    row: Row = {
        "id": identity(specification),
        **specification._asdict(),
        "n": int(rows.sum()),
        "events": events,
        "clusters": len(np.unique(frame.cluster[rows])),
        "coefficients": len(t.full),
    }

    def model(*names: str) -> Estimate | Failure:
        if not events:
            return Failure("few events", f"no event in {row['n']} rows")
        return fitted(rows, stratified, (*names, *t.controls))

    own = model(*t.power_block, *t.interest_block)
    if isinstance(own, Failure):
        return {**row, "status": "not estimated", "reason_kind": own.kind, "reason": own.reason}
    beside = {
        "power alone": model(*t.power_block),
        "interests alone": model(*t.interest_block),
        "linear power": model(t.power, *t.interest_block),
    }
    if specification.family != "ngo":  # whose plan has no square
        beside["power squared"] = model(t.power, t.squared, *t.interest_block)
    usable = {name: each for name, each in beside.items() if isinstance(each, Estimate)}
    failures = {name: each for name, each in beside.items() if isinstance(each, Failure)}
    aic_power = _aic(usable.get("power alone"))
    aic_interests = _aic(usable.get("interests alone"))
    return {
        **row,
        "status": "estimated",
        "loglik": own.loglik,
        "aic": own.aic,
        **_estimates(own, t),
        "p_power": own.p_jointly(t.power_block),
        "aic_power": aic_power,
        "aic_interests": aic_interests,
        "aic_difference": aic_power - aic_interests,
        "h1": _h1(specification.family, usable, t),
        **_h2(own, t),
        "h3": None
        if math.isnan(aic_power - aic_interests)
        else interests_count(aic_power, aic_interests),
        "note": "; ".join(f"{name} not estimated: {f.reason}" for name, f in failures.items()),
    }


def _estimates(own: Estimate, t: Terms) -> dict[str, float]:
    names = (t.power, t.squared if t.quadratic else "", t.closeness, t.breadth)
    return {
        f"{part}_{what}": value
        for part, name in zip(PARTS, names, strict=True)
        if name
        for what, value in own.of(name).items()
    }


def _h1(family: str, usable: dict[str, Estimate], t: Terms) -> Verdict | None:
    if "linear power" not in usable:
        return None
    of = usable["linear power"].of(t.power)
    if family == "ngo":
        return host_matters(of["p"], of["low"], of["high"])
    square = usable.get("power squared")
    joint = math.nan if square is None else square.p_jointly((t.power, t.squared))
    return power_matters(of["p"], joint, of["low"], of["high"])


def _h2(own: Estimate, t: Terms) -> dict[str, Verdict | None]:
    depth, breadth = (
        lasts_longer(own.of(name)["low"], own.of(name)["high"]) if name else None
        for name in (t.closeness, t.breadth)
    )
    whole = both(depth, breadth) if depth and breadth else depth or breadth
    return {"h2_depth": depth, "h2_breadth": breadth, "h2": whole}


def _aic(estimate: Estimate | None) -> float:
    return math.nan if estimate is None else estimate.aic
