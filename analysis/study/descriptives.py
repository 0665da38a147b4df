"""Description of the samples: sizes, durations, covariates, ends, decades and losses."""

from __future__ import annotations

import pandas as pd

from analysis.models.nonparametric import log_rank, median_survival
from analysis.study.plan import STANDARDISED
from analysis.study.samples import Drawn


def sizes(drawn: Drawn) -> pd.DataFrame:
    """Coalitions, events, censored and median duration (days): all, complete and incomplete cases.

    The last column is the log-rank test that complete and incomplete cases last equally long.
    """
    known = drawn.frame["unit_id"].isin(drawn.complete["unit_id"])
    parts = {"all": drawn.frame, "complete": drawn.frame[known], "incomplete": drawn.frame[~known]}
    rows = []
    for name, part in parts.items():
        row = {"family": drawn.family.id, "cases": name, "n": len(part)}
        if len(part):
            row |= {
                "events": int(part["event"].sum()),
                "censored": int((part["event"] == 0).sum()),
                drawn.family.clusters: int(part[drawn.family.cluster].nunique()),
                "first_start": f"{part['start'].min():%Y-%m-%d}",
                "last_start": f"{part['start'].max():%Y-%m-%d}",
            }
            median = median_survival(part).iloc[0]
            row |= {
                "median_days": median["median"],
                "median_low": median["conf_low"],
                "median_high": median["conf_high"],
            }
        rows.append(row)
    table = pd.DataFrame(rows).rename(columns={drawn.family.clusters: "clusters"})
    if known.any() and not known.all():
        cases = drawn.frame.assign(known=known.map({True: "complete", False: "incomplete"}))
        table["log_rank_p"] = log_rank(cases, by="known").p_value
        table.loc[table["cases"] == "all", "log_rank_p"] = float("nan")
    return table


def covariates(drawn: Drawn) -> pd.DataFrame:
    """Mean, sd, range and missing values of every covariate, in the sample and complete cases."""
    rows = []
    for name in dict.fromkeys((*STANDARDISED, *drawn.family.controls, "n_members")):
        everything, used = drawn.frame[name], drawn.complete[name]
        rows.append(
            {
                "family": drawn.family.id,
                "covariate": name,
                "known": int(everything.notna().sum()),
                "missing": int(everything.isna().sum()),
                "mean": everything.mean(),
                "sd": everything.std(),
                "min": everything.min(),
                "max": everything.max(),
                "complete_n": len(used),
                "complete_mean": used.mean(),
                "complete_sd": used.std(),
            }
        )
    return pd.DataFrame(rows)


def correlations(drawn: Drawn) -> pd.DataFrame:
    """Pearson correlations of the covariates among the complete cases."""
    names = list(dict.fromkeys((*STANDARDISED, *drawn.family.controls, "n_members")))
    table = drawn.complete[names].corr().rename_axis("covariate").reset_index()
    return table.assign(family=drawn.family.id)[["family", "covariate", *names]]


def end_causes(drawn: Drawn) -> pd.DataFrame:
    """How the coalitions ended, in the sample and in the complete cases; unknown causes apart."""
    everything = drawn.frame["cause"].fillna("unknown cause").value_counts()
    used = drawn.complete["cause"].fillna("unknown cause").value_counts()
    table = pd.DataFrame({"n": everything, "complete_n": used}).fillna(0).astype("int64")
    table = table.rename_axis("cause").reset_index()
    table = table.sort_values(["n", "cause"], ascending=[False, True])
    return table.assign(family=drawn.family.id)[["family", "cause", "n", "complete_n"]]


def decades(drawn: Drawn) -> pd.DataFrame:
    """Coalitions and events by decade of start."""
    rows = drawn.frame.assign(decade=drawn.frame["start"].dt.year // 10 * 10)
    known = rows["unit_id"].isin(drawn.complete["unit_id"])
    table = rows.assign(complete=known).groupby("decade", as_index=False)
    counted = table.agg(
        n=("event", "size"), events=("event", "sum"), complete_n=("complete", "sum")
    )
    counted.insert(0, "family", drawn.family.id)
    return counted


def all_families(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """One table of the families' tables, one below the other."""
    return pd.concat(parts, ignore_index=True)
