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
# # How is power distributed inside coalitions?
#
# A coalition of one giant and ten dwarfs is another thing than one of equals. Concentration says how far a coalition is
# from equality: of seats among parties, of capabilities among states.

# %%
import warnings

import analysis
import coalitiondata as cd

warnings.simplefilter("ignore", analysis.DroppedRowsWarning)
frame = cd.survival_frame()
measured = [
    "n_members",
    "power_hhi",
    "power_normalized_hhi",
    "power_effective_number",
    "power_top_share",
]
kinds = frame[frame["family"] != "ngo"].groupby("subtype", observed=True)
kinds[measured].median().round(2).join(kinds["power_hhi"].count().rename("n with power"))

# %% [markdown]
# Medians by kind of coalition. `power_hhi` is the sum of squared shares: 1 if one member has everything, 1/n among n
# equals. Because the floor depends on the number of members, `power_normalized_hhi` puts equality at 0 for any number, and
# `power_effective_number` is the number of equal members that would be as concentrated.

# %% [markdown]
# ## Member by member
#
# The Allies of the First World War. Beside each lane stands the member's share of capabilities when it came in.

# %%
tables = {name: cd.load(name) for name in ("memberships", "coalitions", "actors", "power")}
analysis.membership_timeline(
    tables["memberships"],
    "war-cow-106-1",
    tables["coalitions"],
    tables["actors"],
    tables["power"],
    "cinc",
)

# %%
cols = ["name", *measured]
frame.loc[
    frame["coalition_id"].isin(["war-cow-106-1", "exp-mnf-iraq-2003", "gov-parlgov-1071"]), cols
].round(3)

# %% [markdown]
# ## Seats are not votes
#
# A party with few seats can be needed as often as a large one. The Banzhaf index counts how often a member decides, that of
# Shapley and Shubik how often it is the one that completes a majority. Where 51 of 100 seats win:

# %%
seats = [50, 49, 1]
for name in ("banzhaf", "shapley_shubik"):
    print(name, getattr(cd.measures, name)(seats, 51).round(3))
print("share of seats", [round(each / sum(seats), 3) for each in seats])

# %% [markdown]
# **Answer.** Sides of wars and interventions are more concentrated than cabinets: one state has most of the capabilities, whereas
# the median cabinet is as concentrated as one of two equal parties. **Limits.** Capabilities are those of whole states in the year before,
# not what they sent; seats say nothing of portfolios. Organisations have no common measure of power here, so they are left out.
