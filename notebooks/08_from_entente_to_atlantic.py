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
# # From entente to Atlantic community: do coalitions leave something behind?
#
# Allies of one war meet again in the next, and now and then a wartime coalition becomes a treaty, and the treaty an
# organisation.

# %%
import warnings

import analysis
import coalitiondata as cd

warnings.simplefilter("ignore", analysis.DroppedRowsWarning)
successions = cd.load("successions")
successions[["chain", "from_name", "to_name", "kind", "date"]]

# %%
tables = {
    name: cd.load(name) for name in ("coalitions", "alliances", "memberships", "actors", "power")
}
chain = successions["chain"].astype("object")
longest = chain.value_counts().idxmax()
analysis.transformation_chains(
    successions, longest, coalitions=tables["coalitions"], alliances=tables["alliances"]
)

# %% [markdown]
# ## The members
#
# The western Allies of two world wars, lane by lane.

# %%
analysis.membership_timeline(
    tables["memberships"],
    ["war-cow-106-1", "war-cow-139-1"],
    tables["coalitions"],
    tables["actors"],
)

# %% [markdown]
# ## Do partners grow together?
#
# Chains are picked because they happened. The test takes every pair of partners with a matched pair that stayed out, and asks
# whether their votes in the United Nations came closer than those of the match.

# %%
grown = analysis.convergence()
grown.phases.round(3)

# %% [markdown]
# **Answer.** The chain from the entente to the Atlantic community is real, and most of its members were carried over step by step. But
# partners in general do not come closer in votes than pairs that were like them and stayed out: the estimates are near zero, with
# intervals that leave out anything large. **Limits.** The chains are a selection, no sample. Votes exist only since 1946, and states that
# vote alike already have little room to come closer.
