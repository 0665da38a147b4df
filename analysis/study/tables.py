"""Writing tables as CSV for machines, Markdown for reading and LaTeX for papers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from analysis.study.duration_models import Fitted
from analysis.study.labels import TERMS, interval_text
from analysis.study.plan import Family

# Enough digits to reproduce, few enough that processors agree on them.
CSV_DIGITS = "%.8g"

_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    }
)


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """UTF-8, LF, missing empty, eight significant digits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = frame.to_csv(index=False, lineterminator="\n", float_format=CSV_DIGITS)
    path.write_text(text, encoding="utf-8", newline="\n")


def write_table(frame: pd.DataFrame, folder: Path, name: str, caption: str) -> None:
    """`name`.csv with full numbers, `name`.md and `name`.tex with rounded ones.

    The LaTeX form is a table environment for booktabs, with a label tab:`name`.
    """
    write_csv(frame, folder / f"{name}.csv")
    shown = rounded(frame)
    for suffix, text in (
        ("md", f"**{caption}**\n\n" + markdown(shown)),
        ("tex", latex(shown, caption, name, _numeric(frame))),
    ):
        (folder / f"{name}.{suffix}").write_text(text, encoding="utf-8", newline="\n")


def markdown(shown: pd.DataFrame) -> str:
    """A pipe table of text cells."""

    def line(cells: list[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"

    rule = "|" + "---|" * len(shown.columns) + "\n"
    return line(list(shown.columns)) + rule + "".join(map(line, shown.to_numpy().tolist()))


def latex(shown: pd.DataFrame, caption: str, name: str, right: list[bool]) -> str:
    """A booktabs table of text cells; `right` says which columns are set flush right."""

    def line(cells: list[str]) -> str:
        return " & ".join(escape(cell) for cell in cells) + r" \\" + "\n"

    columns = "".join("r" if flush else "l" for flush in right)
    return (
        "% needs \\usepackage{booktabs}\n\\begin{table}[htbp]\n\\centering\n"
        f"\\caption{{{escape(caption)}}}\n\\label{{tab:{name.replace('_', '-')}}}\n"
        f"\\begin{{tabular}}{{{columns}}}\n\\toprule\n"
        + line(list(shown.columns))
        + "\\midrule\n"
        + "".join(map(line, shown.to_numpy().tolist()))
        + "\\bottomrule\n\\end{tabular}\n\\end{table}\n"
    )


def escape(text: str) -> str:
    """Text for LaTeX, with every character that it would read as a command made harmless."""
    return text.translate(_LATEX)


def model_table(family: Family, fitted: dict[str, Fitted]) -> pd.DataFrame:
    """Hazard ratios with 95 per cent intervals, one column per model, then what describes the fit.

    A cell is empty where the model does not have the term; a model that could not be estimated
    has no numbers and its reason in estimates.csv.
    """
    terms = [t for t in TERMS if any(t in _terms(f) for f in fitted.values())]
    columns: dict[str, list[str]] = {"": [TERMS[t] for t in terms]}
    lines: list[tuple[str, Callable[[Fitted], str]]] = [
        (f"Stratified by {family.clusters}", lambda f: "yes" if f.model.stratified else "no"),
        ("Coalitions", lambda f: str(f.n)),
        ("Events", lambda f: str(f.events)),
        (f"Clusters ({family.clusters})", lambda f: str(f.clusters)),
        ("Log-likelihood", lambda f: f"{f.loglik:.2f}"),
        ("AIC", lambda f: f"{f.aic:.2f}"),
        ("Harrell's C", lambda f: f"{f.concordance:.3f}"),
    ]
    columns[""] += [name for name, _ in lines]
    for model_id, each in fitted.items():
        cells = [_cell(each, t) for t in terms]
        columns[model_id] = cells + [text(each) for _, text in lines]
    return pd.DataFrame(columns)


def _terms(fitted: Fitted) -> list[str]:
    return [] if fitted.fit is None else list(fitted.fit.table["term"])


def _cell(fitted: Fitted, term: str) -> str:
    ratio = fitted.hazard_ratio(term) if term in _terms(fitted) else None
    return "" if ratio is None else interval_text(ratio["estimate"], ratio["low"], ratio["high"])


def _numeric(frame: pd.DataFrame) -> list[bool]:
    return [pd.api.types.is_numeric_dtype(frame[column]) for column in frame.columns]


def rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """The cells as text for reading, the column names without underscores."""
    columns = {str(c).replace("_", " "): [_text(v, str(c)) for v in frame[c]] for c in frame}
    return pd.DataFrame(columns)


def _text(value: object, column: str) -> str:
    if pd.isna(value):  # type: ignore[call-overload]  # cells are scalars
        return ""
    if isinstance(value, float):
        if value.is_integer() and abs(value) >= 10:
            return str(int(value))
        if column == "p_value" or column.endswith("_p"):
            return "<0.001" if value < 0.001 else f"{value:.3f}"
        return f"{value:.3f}" if abs(value) < 100 else f"{value:.1f}"
    return str(value)
