"""What others printed for the data of King, Alt, Burns and Laver (1990), digit by digit."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

PAPER = (
    "King, Alt, Burns and Laver (1990), A Unified Model of Cabinet Dissolution in Parliamentary "
    "Democracies, American Journal of Political Science 34(3): 846-871"
)
PAPER_ADDRESS = "http://gking.harvard.edu/files/abs/coal-abs.shtml"
ARCHIVE_ADDRESS = "https://doi.org/10.3886/ICPSR01115.v1"
_ZELIG = (
    "https://github.com/IQSS/Zelig/blob/4cfde99c5efda661eacd87bf9d044fa692f7da1b/docs/articles/"
)

TWO_COVARIATES = "fract + numst2"
FIVE_COVARIATES = "invest + fract + polar + numst2 + crisis"


@dataclass(frozen=True)
class Printed:
    """A printed model: log-likelihood, and estimate and standard error by term, as printed."""

    model: str
    address: str
    loglik: str
    terms: dict[str, tuple[str, str]]


# Strings, because the digits printed say how far agreement can be told.
PRINTED = (
    Printed(
        model="exponential",
        address=_ZELIG + "zelig_exp.html",
        loglik="-1077.4",
        terms={
            "Intercept": ("5.53587", "0.547355"),
            "fract": ("-0.00391", "0.000741"),
            "numst2": ("0.46118", "0.123895"),
        },
    ),
    Printed(
        model="weibull",
        address=_ZELIG + "zelig_weibull.html",
        loglik="-1077",
        terms={
            "Intercept": ("5.49850", "0.525646"),
            "fract": ("-0.00384", "0.000714"),
            "numst2": ("0.45232", "0.118924"),
            "log(scale)": ("-0.04435", "0.049987"),
        },
    ),
    Printed(
        model="lognormal",
        address=_ZELIG + "zelig_lognorm.html",
        loglik="-1077.9",
        terms={
            "Intercept": ("5.36667", "0.597517"),
            "fract": ("-0.00444", "0.000806"),
            "numst2": ("0.55983", "0.142351"),
            "log(scale)": ("0.18239", "0.044214"),
        },
    ),
)

# The paper's own model: effects on log duration, with a sign alone where no value is quoted.
# The names are those of the file where it has the variable.
PAPER_EFFECTS = {
    "fract": "negative",
    "polar": "negative",
    "numst2": "+0.51",
    "post_election": "+0.72",
    "caretaker": "-1.30",
}


def against_print(estimates: pd.DataFrame) -> pd.DataFrame:
    """Every printed number beside the one estimated here.

    `estimates`: rows of `four_models` for `TWO_COVARIATES`. Returns one row per printed number:
    model, term, quantity (estimate, std_error or loglik), printed (text), here, agrees (whether
    `here` rounds to what was printed).
    """
    rows: list[dict[str, str]] = []
    for each in PRINTED:
        rows += [
            {"model": each.model, "term": term, "quantity": quantity, "printed": text}
            for term, pair in each.terms.items()
            for quantity, text in zip(("estimate", "std_error"), pair, strict=True)
        ]
        rows.append({"model": each.model, "quantity": "loglik", "printed": each.loglik})
    table = pd.DataFrame(rows)[["model", "term", "quantity", "printed"]]
    by_term = estimates.melt(
        ["model", "term"], ["estimate", "std_error"], var_name="quantity", value_name="here"
    )
    by_model = estimates.drop_duplicates("model")[["model", "loglik"]].rename(
        columns={"loglik": "here"}
    )
    known = pd.concat([by_term, by_model.assign(quantity="loglik")], ignore_index=True)
    table = table.merge(known, on=["model", "term", "quantity"], how="left", validate="1:1")
    decimals = table["printed"].str.partition(".")[2].str.len()
    # Half a unit of the last digit printed, and a little for halves that rounding may turn.
    width = 0.5 * 10.0 ** -decimals.astype("float64") * (1 + 1e-9)
    return table.assign(agrees=(table["here"] - table["printed"].astype("float64")).abs() <= width)
