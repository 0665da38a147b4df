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
# # How do coalitions end, and what do they become?
#
# A cabinet can break, lose a vote or be overtaken by an early election; a side can win, lose or come apart; a campaign can reach
# its goal or tire. And some turn into something more lasting: a pact, a joint list, a merger.

# %%
import warnings

import analysis
import coalitiondata as cd

warnings.simplefilter("ignore", analysis.DroppedRowsWarning)
frame = cd.survival_frame()
frame.groupby("family", observed=True)["cause"].value_counts().rename(
    "coalitions"
).reset_index().query("coalitions > 4")

# %% [markdown]
# ## Ways for a cabinet to end
#
# Cumulative incidence: the share of cabinets that ended in this way so far, while all ways compete.

# %%
cabinets = frame[
    (frame["family"] == "governing") & (frame["start"] >= "1945-01-01") & (frame["caretaker"] == 0)
]
analysis.incidence_curves(
    cabinets,
    causes={
        "party_change": "parties changed",
        "early_election": "early election",
        "resigned": "resigned",
        "prime_minister_change": "other prime minister",
        "lost_confidence": "lost a vote",
    },
    units="cabinets",
    title="How cabinets end",
)

# %% [markdown]
# ## Ways for a campaign to end

# %%
campaigns = frame[frame["family"] == "ngo"]
analysis.incidence_curves(
    campaigns,
    causes={
        "goal_achieved": "goal achieved",
        "goal_unachievable": "goal out of reach",
        "occasion_passed": "occasion passed",
        "transformed": "became something lasting",
        "merged": "merged",
        "split": "split",
    },
    units="coalitions of organisations",
    title="How campaigns end",
)

# %% [markdown]
# ## What they become
#
# Turned into something more lasting by then, ended before that, or still there.

# %%
known = frame[frame["outcome_observed"]]
known.groupby("family", observed=True)["outcome"].value_counts(normalize=True).unstack().round(3)

# %%
cd.load("transformations")["kind"].value_counts().to_frame()

# %% [markdown]
# **Answer.** Cabinets end most often because parties come or go; sides of disputes because nothing was decided, sides of wars because
# they were won or lost; campaigns because the goal is reached or out of reach. About one in six turns into something more lasting,
# in every family. **Limits.** Causes of more than half of the cabinets follow from a rule that compares a cabinet with its
# successor; a pact counts as a transformation within five years, whatever brought it about.
