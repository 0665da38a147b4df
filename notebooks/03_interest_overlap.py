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
# # How far do the interests of members overlap, and on how many issues?
#
# *Depth* says how close members are, *breadth* on which share of the issues they are closer than the usual pair of their
# kind and year. Parties are compared by the positions that experts give them, states by their alliances, votes,
# organisations and regimes.

# %%
import warnings

import analysis
import coalitiondata as cd

warnings.simplefilter("ignore", analysis.DroppedRowsWarning)
frame = cd.survival_frame()
kinds = frame.groupby("subtype", observed=True)[["interest_depth", "interest_breadth"]]
kinds.agg(["median", "count"]).round(2)

# %% [markdown]
# ## One cabinet, dimension by dimension
#
# Merkel III, a coalition across the centre: similarity from 0 (opposite ends) to 1 (the same place).

# %%
merkel = frame.loc[frame["coalition_id"] == "gov-parlgov-1071"].iloc[0]
merkel[[name for name in frame if name.startswith("interest_")]].dropna().to_frame("Merkel III")

# %% [markdown]
# ## Power and interests in one plane
#
# Each point is a coalition with both measures known; its shape says what became of it.

# %%
analysis.power_interest_plane(
    frame[frame["family"] == "governing"],
    outcomes={
        "ended": "ended",
        "censored": "together when last seen",
        "transformed": "transformed",
    },
    units="cabinets",
    title="Cabinets by power and interests",
)

# %%
wars = frame[frame["subtype"] == "interstate_war"]
analysis.power_interest_plane(
    wars,
    outcomes={"ended": "ended", "transformed": "transformed"},
    units="sides of wars",
    title="Sides of wars",
)

# %% [markdown]
# ## Which half is missing?
#
# Depth of cabinets needs positions for all their parties. Are cabinets without it like the others?

# %%
cabinets = frame[(frame["family"] == "governing") & (frame["start"] >= "1945-01-01")]
known = cabinets.assign(depth_known=cabinets["interest_depth"].notna())
analysis.median_survival(known, by="depth_known").round(0)

# %% [markdown]
# **Answer.** States and parties in coalitions are close: the median depth is .8 or more, as one would expect of actors that chose
# each other. Organisations share few of the areas they work on. Depth is measured differently in each family, so compare
# within families only. **Limits.** Cabinets whose parties have positions last about twice as long as those without: they are no
# random half. Alliances, votes, regimes and areas of work are traces of interests, not interests.
