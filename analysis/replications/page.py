"""The page `docs/replication.md`, from the estimates."""

from __future__ import annotations

import pandas as pd

from analysis.replications import governing
from analysis.replications.estimates import MODELS
from analysis.replications.published import (
    ARCHIVE_ADDRESS,
    FIVE_COVARIATES,
    PAPER,
    PAPER_ADDRESS,
    PAPER_EFFECTS,
    PRINTED,
    TWO_COVARIATES,
    against_print,
)
from coalitiondata.build.markdown import paragraph, table

COMMAND = "python -m analysis.replications.king1990"
MODEL_NAMES = {
    "exponential": "exponential",
    "weibull": "Weibull",
    "lognormal": "log-normal",
    "cox": "Cox",
}
# In the order of the tables.
TERMS = {
    "Intercept": "constant",
    "invest": "investiture vote",
    "fract": "fractionalisation",
    "polar": "support for extremists",
    "polarization": "polarisation",
    "numst2": "majority",
    "majority": "majority",
    "crisis": "crisis before it, days",
    "post_election": "after an election",
    "caretaker": "caretaker",
    "log(scale)": "log of the scale",
}
# Effects per point of 1,000 and per day need more digits than effects of yes or no.
FINE = {"fract": 4, "crisis": 4}
DIGITS = 3


def page(
    theirs: pd.DataFrame, ours: pd.DataFrame, variants: pd.DataFrame, samples: pd.DataFrame
) -> str:
    """The replication as Markdown; the same text for the same estimates.

    `theirs` is what `king1990.estimates` returns, the others what `governing.estimates`,
    `governing.variants` and `governing.samples` do.
    """
    sections = [
        _head(),
        _printed(theirs),
        _five(theirs),
        _counterparts(),
        _samples(samples),
        _ours(ours),
        _beside(theirs, ours),
        _variants(ours, variants),
        _findings(),
        _sources(),
    ]
    return "\n".join(sections)


def _head() -> str:
    text = paragraph(
        f"""{PAPER}, is a starting point of research on how long cabinets last. Here its model is
        estimated twice: on the authors' cabinets, against what was printed, and on the governing
        coalitions of this data set. This page is made by"""
    )
    after = paragraph(
        """and not edited by hand. The authors' data are not part of this data set: the command
        downloads them (or reads them from `--sources FOLDER`) and checks their bytes; `--out
        FOLDER` writes this page and its tables as CSV."""
    )
    reading = paragraph(
        """Exponential, Weibull and log-normal models explain the logarithm of the duration in
        months: a positive number means a longer life. Cox's model explains the hazard of falling:
        there a positive number means a **shorter** life. Standard errors are in round brackets;
        where countries are known, errors that allow for dependence within countries follow in
        square ones."""
    )
    return (
        "# Replication: cabinet dissolution, 1990 and now\n\n"
        f"{text}\n```bash\n{COMMAND}\n```\n\n{after}\n{reading}"
    )


def _printed(theirs: pd.DataFrame) -> str:
    two = theirs[theirs["formula"] == TWO_COVARIATES]
    compared = against_print(two)
    agree = int(compared["agrees"].sum())
    text = paragraph(
        f"""The file has 314 cabinets of fifteen countries, 1945 to 1987: 271 fell, 43 are censored
        because they reached the last twelve months of the constitutional inter-election period,
        whatever ended them. With fractionalisation and majority alone, the documentation of the R
        package Zelig prints three models of these data. {agree} of {len(compared)} printed numbers
        come out to the last digit printed."""
    )
    here = {(row["model"], row["term"]): row for row in two.to_dict("records")}
    rows = []
    for each in PRINTED:
        for term, (estimate, error) in each.terms.items():
            found = here[each.model, term]
            rows.append(
                (
                    MODEL_NAMES[each.model],
                    TERMS[term],
                    f"{estimate} ({error})",
                    f"{found['estimate']:.5f} ({found['std_error']:.6f})",
                )
            )
        loglik = here[each.model, "Intercept"]["loglik"]
        rows.append((MODEL_NAMES[each.model], "log-likelihood", each.loglik, f"{loglik:.1f}"))
    shown = pd.DataFrame(rows, columns=["model", "coefficient", "printed", "here"])
    return f"## Their data against what was printed\n\n{text}\n{table(shown)}"


def _five(theirs: pd.DataFrame) -> str:
    text = paragraph(
        """The file holds five of the paper's explanatory variables. The attempts at forming the
        cabinet, and whether it followed an election or was a caretaker, are not in it, so that the
        full model of the paper cannot be estimated from this file. The same models by R's
        `survreg` and `coxph` agree to a relative 1e-6 in every estimate and standard error."""
    )
    shown = _by_model(theirs[theirs["formula"] == FIVE_COVARIATES])
    return f"## Their data, all five covariates of the file\n\n{text}\n{table(shown)}"


def _counterparts() -> str:
    rows = [
        ("duration", "months", "days / 30.4375, to the start of the next cabinet"),
        (
            "censoring",
            "last twelve months of the term",
            '`survival_frame(scheduled_end="final_year")`, the same rule',
        ),
        ("cabinets", "also of one party", "two or more parties only"),
        (
            "fractionalisation",
            "of the chamber, times 1,000",
            "1,000 (1 - sum of squared seat shares), from `candidates`",
        ),
        (
            "polarisation",
            "support for extremist parties",
            "spread of the chamber's parties on left and right, weighted by seats, 0 to 10 "
            "(Dalton 2008); expert positions for nine tenths of the seats, else missing",
        ),
        ("majority", "more than half of the seats", "the same"),
        (
            "after an election",
            "first cabinet after one",
            f"start within {governing.POST_ELECTION_DAYS} days of the chamber's election",
        ),
        ("caretaker", "caretaker", "caretaker, as ParlGov flags it"),
        ("investiture vote", "required or not", "not in the data, left out"),
        ("crisis before it, attempts at formation", "days, number", "not in the data, left out"),
    ]
    text = paragraph(
        """The nearest counterpart of each of their variables. Nothing is filled in: a cabinet with
        an unknown value is left out of the models that need it."""
    )
    shown = pd.DataFrame(rows, columns=["variable", "theirs", "here"])
    return (
        "## The same specification on our governing coalitions, 1945 to 2023\n\n"
        f"{text}\n{table(shown)}"
    )


def _samples(samples: pd.DataFrame) -> str:
    text = paragraph(
        """Two samples: cabinets that started by 1987 in their fifteen countries (some of which had
        no coalition), and all. Events are cabinets that fell before the last year of the term."""
    )
    shown = samples.assign(
        covariates=[
            ", ".join(TERMS[term] for term in formula.split(" + "))
            for formula in samples["formula"]
        ],
    )[["sample", "covariates", "cabinets", "complete", "events", "countries"]]
    return f"### Sample sizes\n\n{text}\n{table(shown)}"


def _ours(ours: pd.DataFrame) -> str:
    parts = []
    for formula, title in (
        (governing.TWO, "Fractionalisation and majority alone"),
        (governing.FIVE, "All covariates that have a counterpart"),
    ):
        parts.append(f"### {title}\n")
        for sample in governing.SAMPLES:
            shown = _by_model(_chosen(ours, sample, formula)).rename(columns={"": sample})
            parts.append(table(shown))
    return "\n".join(parts)


def _beside(theirs: pd.DataFrame, ours: pd.DataFrame) -> str:
    text = paragraph(
        """The exponential model, which is the paper's. The paper's column has its values as the
        literature quotes them, or a sign where it quotes no more; they are not read off the print,
        and the file cannot give them. The polarisation of the file and ours are on different
        scales, and the columns differ in their covariates, so that signs compare better than
        sizes."""
    )
    columns = {
        "their file": theirs[theirs["formula"] == FIVE_COVARIATES],
        **{
            f"ours, {sample}": _chosen(ours, sample, governing.FIVE) for sample in governing.SAMPLES
        },
        "ours, all, without polarisation": _chosen(ours, "all", governing.FOUR),
    }
    names = {
        "investiture vote": ("invest",),
        "fractionalisation": ("fract",),
        "support for extremists, polarisation": ("polar", "polarization"),
        "majority": ("numst2", "majority"),
        "crisis before it, days": ("crisis",),
        "after an election": ("post_election",),
        "caretaker": ("caretaker",),
    }
    rows = []
    for label, terms in names.items():
        quoted = [PAPER_EFFECTS[term] for term in terms if term in PAPER_EFFECTS]
        row = {"": label, "paper": quoted[0] if quoted else ""}
        for name, part in columns.items():
            cells = _cells(part[part["model"] == "exponential"])
            row[name] = next((cells[term] for term in terms if term in cells), "")
        rows.append(row)
    return f"### Beside the paper\n\n{text}\n{table(pd.DataFrame(rows))}"


def _variants(ours: pd.DataFrame, variants: pd.DataFrame) -> str:
    text = paragraph(
        f"""The exponential model with all covariates in the whole sample under other choices:
        {governing.LONGER_POST_ELECTION_DAYS} days instead of {governing.POST_ELECTION_DAYS} after
        the election, and positions that the source fills with the mean of the party's family."""
    )
    parts = {"as above": _chosen(ours, "all", governing.FIVE)}
    parts |= {str(name): part for name, part in variants.groupby("variant", sort=False)}
    shown = pd.DataFrame({name: _column(part, "exponential") for name, part in parts.items()})
    return f"### Other choices\n\n{text}\n{table(_labelled(shown))}"


def _findings() -> str:
    points = [
        """A majority of seats goes with a longer life in every model, on their data and on ours, by
        about as much as the paper has.""",
        """Fractionalisation goes with a shorter life where they looked: in their countries and
        years our coalitions give nearly their coefficient. Over all countries it is less than half
        of that, and in neither sample can it be told from zero once errors allow for countries.
        With polarisation in the model, which costs a third of the cabinets, its sign in the whole
        sample is open.""",
        """Polarisation goes with a much shorter life in their countries and years, in every model;
        in the whole sample the sign is the same and the effect cannot be told from zero.""",
        """Caretakers are short-lived in every model. Coalitions formed after an election live
        longer in every model, in the exponential one by less than half of what the paper has.""",
        """With all covariates every Weibull model, on their data and on ours, has a hazard that
        rises with age (log of the scale below zero), which the exponential model of the paper rules
        out.""",
        """What cannot be matched: investiture votes, the length of formation and the attempts at it
        are not in our data; cabinets of one party are in theirs and not in ours; their support for
        extremist parties is not our spread of positions.""",
    ]
    lines = [paragraph(point).replace("\n", "\n  ").rstrip() for point in points]
    return "## What it says\n\n" + "\n".join(f"- {line}" for line in lines) + "\n"


def _sources() -> str:
    printed = [f"- {MODEL_NAMES[each.model]}: {each.address}" for each in PRINTED]
    lines = [
        f"- paper: {PAPER}, {PAPER_ADDRESS}",
        f"- data: as distributed with the R package Zelig; authors' archive {ARCHIVE_ADDRESS}",
        *printed,
    ]
    return "## Sources\n\n" + "\n".join(lines) + "\n"


def _chosen(ours: pd.DataFrame, sample: str, formula: str) -> pd.DataFrame:
    return ours[(ours["sample"] == sample) & (ours["formula"] == formula)]


def _by_model(estimates: pd.DataFrame) -> pd.DataFrame:
    """Coefficients by model as text, with what describes the fit below."""
    shown = pd.DataFrame({MODEL_NAMES[m]: _column(estimates, m) for m in MODELS})
    return _labelled(shown)


def _column(estimates: pd.DataFrame, model: str) -> pd.Series:
    part = estimates[estimates["model"] == model]
    fit = part.iloc[0]
    below = {
        "cabinets": f"{fit['n']}",
        "events": f"{fit['events']}",
        "log-likelihood": f"{fit['loglik']:.1f}",
    }
    return pd.Series({**_cells(part), **below})


def _cells(part: pd.DataFrame) -> dict[str, str]:
    cells = {}
    for row in part.to_dict("records"):
        digits = FINE.get(row["term"], DIGITS)
        text = f"{row['estimate']:.{digits}f} ({row['std_error']:.{digits}f})"
        if pd.notna(row["std_error_cluster"]):
            text += f" [{row['std_error_cluster']:.{digits}f}]"
        cells[str(row["term"])] = text
    return cells


def _labelled(shown: pd.DataFrame) -> pd.DataFrame:
    order = [*TERMS, "cabinets", "events", "log-likelihood"]
    rows = shown.reindex([name for name in order if name in shown.index])
    return rows.rename(index=TERMS).rename_axis("").reset_index()
