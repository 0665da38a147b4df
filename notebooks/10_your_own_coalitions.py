# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Can you bring your own coalitions?
#
# A table with one row per coalition, member and stay is enough. Here four alliances of airlines, which are not in the data set, go
# through the same checks, frames, models and figures.

# %%
from pathlib import Path

import analysis
import coalitiondata as cd

docs = Path("docs") if Path("docs").is_dir() else Path("../docs")
airlines = cd.CoalitionData.from_csv(
    docs / "own-data" / "airlines.csv",
    coalition="alliance",
    member="airline",
    family="airlines",
    until="2021-12-31",
    title="Alliances of airlines",
)
airlines.load("coalitions")[["name", "start", "start_precision", "end", "status"]]

# %% [markdown]
# Dates in that table are known to the day, the month or the year, and stay so. Three of the alliances were still there at
# the end of 2021, where they are censored.

# %%
stays = airlines.survival_frame("membership")
stays.groupby("name")["event"].agg(["size", "sum"]).rename(
    columns={"size": "stays", "sum": "left early"}
)

# %%
tables = {name: airlines.load(name) for name in ("memberships", "coalitions", "actors")}
analysis.membership_timeline(
    tables["memberships"], "Star Alliance", tables["coalitions"], tables["actors"]
)

# %%
analysis.survival_curves(
    stays,
    level="Share still in",
    time="Years since joining",
    units="stays",
    title="Airlines in their alliances",
)

# %% [markdown]
# ## When something is wrong
#
# Everything that cannot be used is listed at once, with what to do about it.

# %%
import pandas as pd

broken = pd.DataFrame(
    {
        "coalition": ["A", "A", "B", "B"],
        "member": ["x", "y", "x", "x"],
        "joined": ["1990", "03/04/1991", "1995", "1994"],
        "left": ["1999", "1998", "1996", "1997"],
        "power": [3, -1, 2, 2],
    }
)
cd.validate({"members": broken}, raise_on_error=False)[["row", "column", "value", "rule", "hint"]]

# %% [markdown]
# **Answer.** Yes, with no more than names and dates; with a column of power the measures of concentration follow, with positions or
# similarities those of interests. **Limits.** Four alliances of airlines, picked for this page, say nothing about alliances in general.
# What counts as a coalition, a member or an end is yours to decide, and to write down: [the rules](../docs/own-data.md) say
# how dates, open ends and exits are read.
