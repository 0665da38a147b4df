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
# # What is in the data, and where does it come from?
#
# One data model holds coalitions of parties in government and of states at war. This notebook loads the tables,
# follows one coalition of each family from its members to its sources, and asks what is missing.

# %%
import coalitiondata as cd

cd.tables()

# %% [markdown]
# ## One cabinet
#
# The grand coalition that governed Germany from 2013. ParlGov counts CDU and CSU as one party.

# %%
coalitions = cd.load("coalitions")
coalitions[coalitions["name"] == "Merkel III"].T

# %%
actors = cd.load("actors")[["actor_id", "name", "abbreviation"]]
members = cd.load("memberships").merge(actors, on="actor_id")
members[members["coalition_id"] == "gov-parlgov-1071"]

# %% [markdown]
# ## One side of a war
#
# The Allies of the First World War. The coalition starts when the second state is in; Russia and Romania left
# before it ended.

# %%
allies = members[members["coalition_id"] == "war-cow-106-1"].sort_values("joined")
allies[["name", "joined", "left", "exit_cause"]]

# %% [markdown]
# ## What is missing, and why

# %%
codebook = cd.codebook()
gaps = codebook[(codebook["missing"] > 0) & (codebook["table"].isin(["coalitions", "power"]))]
gaps[["table", "variable", "missing_share", "missing_reason"]].round(3)

# %% [markdown]
# ## Whom to cite

# %%
print(cd.cite("coalitions"))

# %% [markdown]
# **Answer.** The tables hold 1,073 cabinets and 616 records of wartime coalitions, each row with its source. **Limits.** Causes
# of end are coded by the source for less than half of the cabinets and derived by rule for the others; see
# `end_cause_basis` and docs/rules.md.
