"""From an R-like formula to a design matrix whose columns can carry a coefficient each."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.models.frame import Floats, require_columns
from coalitiondata.errors import InvalidDataError, UnknownNameError
from coalitiondata.given import text_given


@dataclass(frozen=True, eq=False)
class Design:
    """Design matrix without intercept.

    Attributes:
        names: one name per column.
        terms: formula term -> positions of its columns (several for factors and splines).
        matrix: rows x columns.
    """

    names: tuple[str, ...]
    terms: dict[str, list[int]]
    matrix: Floats


def formula_variables(formula: str, frame: pd.DataFrame) -> list[str]:
    """Columns of `frame` that `formula` uses, in the frame's order.

    Raises:
        InvalidDataError: the formula cannot be read or has a left side.
        UnknownNameError: it names a column that the frame does not have.
    """
    text_given(formula, "formula")
    if asked := re.search(r"\b(strata|cluster)\(", formula):
        raise InvalidDataError(
            f"formula {formula!r}: {asked[1]} is an argument of its own, {asked[1]}='column'"
        )
    parsed = _parse(formula)
    for name in map(str, parsed.required_variables):
        if name not in frame.columns and re.search(rf"\b{re.escape(name)}\(", formula):
            raise UnknownNameError(
                f"formula {formula!r}: no transform {name!r}; numpy's are written np.{name}(...)"
            )
    require_columns(frame, sorted(map(str, parsed.required_variables)), f"formula {formula!r}")
    # Some transforms (poly) hide their argument from the parser; the words of the formula do not.
    words = set(re.findall(r"`[^`]+`|[^\W\d]\w*", re.sub(r"'[^']*'|\"[^\"]*\"", "", formula)))
    words = {word.strip("`") for word in words} | set(map(str, parsed.required_variables))
    return [str(column) for column in frame.columns if column in words]


def design_matrix(formula: str, frame: pd.DataFrame) -> Design:
    """Design matrix of a right-hand side such as ``x + z``, ``x * g`` or ``bs(x, df=4)``.

    Factors (text, categories) are coded against their first level, whether or not the formula
    removes the intercept, because the baseline hazard takes its place. `frame` must be complete.

    Raises:
        InvalidDataError: no covariate, a term that is not finite, constant or collinear columns.
        UnknownNameError: a name that is neither a column nor a transform.
    """
    from formulaic.errors import FormulaicError

    data = frame.copy(deep=False)
    for column in data.columns:
        if isinstance(data[column].dtype, pd.CategoricalDtype):
            data[column] = data[column].cat.remove_unused_categories()
        elif pd.api.types.is_extension_array_dtype(data[column].dtype):
            kind = data[column].dtype
            number = pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_bool_dtype(kind)
            data[column] = data[column].astype(float if number else object)
    for column in data.select_dtypes("number").columns:
        if not np.isfinite(data[column].to_numpy(dtype=float)).all():
            raise InvalidDataError(f"column {column!r} has infinite values; make them missing")
    try:
        with np.errstate(all="ignore"):
            matrix = _parse(formula).get_model_matrix(data, context={}, na_action="ignore")
    except FormulaicError as error:
        if unknown := re.search(r"`(.+)` is not present|name '(.+)' is not defined", str(error)):
            name = unknown[1] or unknown[2]
            raise UnknownNameError(
                f"formula {formula!r}: no column or transform {name!r}"
            ) from error
        raise InvalidDataError(f"formula {formula!r} cannot be computed: {error}") from error
    except Exception as error:  # a formula runs whatever functions it names, on any column
        raise InvalidDataError(f"formula {formula!r} cannot be computed: {error}") from error
    terms = {str(k): v for k, v in matrix.model_spec.term_indices.items()}
    kept = [k for k, name in enumerate(matrix.columns) if name != "Intercept"]
    if not kept:
        raise InvalidDataError(f"formula {formula!r} has no covariate; name at least one column")
    place = {k: position for position, k in enumerate(kept)}
    design = Design(
        names=tuple(str(matrix.columns[k]) for k in kept),
        terms={t: [place[k] for k in ks] for t, ks in terms.items() if all(k in place for k in ks)},
        matrix=matrix.to_numpy(dtype=float)[:, kept],
    )
    _check(design, formula)
    return design


def _parse(formula: str):  # type: ignore[no-untyped-def]  # formulaic is untyped
    from formulaic import Formula, SimpleFormula
    from formulaic.errors import FormulaicError

    try:
        # The intercept is asked for last: without one, a factor would get a column per level.
        parsed = Formula(f"{formula} + 1")
    except (FormulaicError, TypeError, SyntaxError) as error:
        raise InvalidDataError(f"formula {formula!r} cannot be read: {error}") from error
    if not isinstance(parsed, SimpleFormula):
        raise InvalidDataError(
            f"formula {formula!r}: give the covariates only; duration and event are arguments"
        )
    return parsed


def _check(design: Design, formula: str) -> None:
    finite = np.asarray(np.isfinite(design.matrix).all(axis=0))
    if not finite.all():
        names = _named(design, ~finite)
        raise InvalidDataError(f"formula {formula!r}: {names} is not finite in some rows")
    centred = design.matrix - design.matrix.mean(axis=0)
    size = np.abs(design.matrix).max(axis=0)
    spread = np.sqrt((centred**2).mean(axis=0))
    constant = spread <= 1e-12 * np.maximum(size, 1e-300)
    if constant.any():
        raise InvalidDataError(
            f"constant covariate: {_named(design, constant)} takes one value in all "
            f"{len(centred)} complete rows; leave it out"
        )
    if involved := collinear(centred / spread):
        raise InvalidDataError(
            "collinear covariates: "
            + ", ".join(design.names[k] for k in involved)
            + "; each is a linear combination of the others, leave one out"
        )


def collinear(standardised: Floats) -> list[int]:
    """Columns that take part in an exact linear dependence, empty if there is none.

    `standardised`: columns of unit length up to a common factor. A singular value below 1e-9 of
    the largest marks a dependence; the columns with weight in its vector take part.
    """
    triangle = np.linalg.qr(standardised, mode="r")  # as wide as the columns, however many rows
    _, singular, rotation = np.linalg.svd(triangle, full_matrices=True)
    padded = np.zeros(rotation.shape[0])
    padded[: len(singular)] = singular
    null = rotation[padded <= 1e-9 * padded.max()]
    return [int(k) for k in np.flatnonzero((np.abs(null) > 1e-6).any(axis=0))]


def _named(design: Design, which: npt.NDArray[np.bool_]) -> str:
    return ", ".join(name for name, flag in zip(design.names, which, strict=True) if flag)
