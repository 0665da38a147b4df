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
# # Does a classic of 1990 hold on these data?
#
# King, Alt, Burns and Laver (1990) found that fragmented parliaments shorten the life of cabinets and majorities lengthen it. Here
# their model on the cabinets of this data set, in their countries and years, and in all.

# %%
import warnings

import analysis
from analysis.replications import governing, published

warnings.simplefilter("ignore", analysis.DroppedRowsWarning)
ours = governing.cabinets()
governing.samples(ours)

# %%
estimates = governing.estimates(ours)
cox = estimates[estimates["model"] == "cox"]
cox[["sample", "formula", "term", "estimate", "std_error", "n", "events"]].round(4)

# %% [markdown]
# Log hazard ratios: positive numbers shorten life.

# %% [markdown]
# ## What the paper found
#
# Effects on the logarithm of duration, so that positive numbers lengthen life; a sign alone where no value is quoted.

# %%
published.PAPER_EFFECTS

# %% [markdown]
# **Answer.** Yes, as to signs: in the countries and years of the paper fractionalisation,
# polarisation and caretakers shorten it and a majority lengthens it. In all countries since 1945 the majority stays,
# fractionalisation and polarisation fade. **Limits.** Their data hold one-party cabinets, ours only coalitions of two
# or more parties, and no investiture rules, so that this is the same question on other data and no reproduction. That is on
# the page [Replication](../docs/replication.md), where the authors' own file gives back every printed digit.
