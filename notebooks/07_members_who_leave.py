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
# # Who left the coalition in Iraq, and when?
#
# The coalition that went into Iraq in 2003 lost members one by one while others stayed to the end. Did the weak leave first,
# or those whose interests were further from the leader's?

# %%
import warnings

import analysis
import coalitiondata as cd

warnings.simplefilter("ignore", analysis.DroppedRowsWarning)
tables = {name: cd.load(name) for name in ("memberships", "coalitions", "actors", "power")}
analysis.membership_timeline(
    tables["memberships"],
    "exp-mnf-iraq-2003",
    tables["coalitions"],
    tables["actors"],
    tables["power"],
    "cinc",
)

# %% [markdown]
# A cross is an exit before the end. Not every one was a decision: where the mandate simply ran out, the source says so, and the
# stay counts as censored on that day.

# %%
stays = analysis.exit_frame("wartime")
iraq = stays[stays["coalition_id"] == "exp-mnf-iraq-2003"]
print(f"{len(iraq)} stays, {int(iraq['event'].sum())} ended by a member's leaving")
analysis.survival_curves(
    iraq, level="Share still in", time="Years since joining", units="stays", title="Staying in Iraq"
)

# %% [markdown]
# ## Does strength or distance from the leader tell?

# %%
fit = analysis.cox(iraq, "power_share + leader_distance")
print(f"{fit.n} stays, {fit.events} exits; left out: {fit.dropped}")
fit.table[["term", "estimate", "std_error", "conf_low", "conf_high", "p_value"]].round(2)

# %% [markdown]
# One coalition with few exits says little. The same question for all wartime coalitions with exits, members compared within
# their own coalition:

# %%
everywhere = analysis.membership_exit(strata="coalition_id")
print(f"{everywhere.n} stays, {everywhere.events} exits; left out: {everywhere.dropped}")
everywhere.table[["term", "estimate", "std_error", "conf_low", "conf_high", "p_value"]].round(2)

# %% [markdown]
# **Answer.** More than half of the stays ended by leaving, many of them in 2004 and 2005; most of the others ran out with the mandate at
# the end of 2008. In Iraq alone the intervals are wide; within coalitions in general the weak leave sooner. **Limits.** Elections at home, which Tago (2009) found to speed exit from Iraq, are not
# among the covariates. Dates of some entries and exits are known to the month only: the thin ends of the bars. Similarity of alliances
# stands for interests.
