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
# # How long do coalitions last, and does power or interest tell?
#
# Cabinets since 1945 and sides of inter-state wars: median duration, and a Cox model with power
# concentration and interest depth on one sample.

# %%
import warnings

import analysis
import coalitiondata as cd

frame = cd.survival_frame(primary=None)
wars = frame["subtype"] == "interstate_war"
recent = (frame["family"] == "governing") & (frame["start"] >= "1945-01-01")
frame = frame[wars | recent]
analysis.median_survival(frame, by="family")

# %% [markdown]
# Days, with 95 per cent intervals. Cabinets that ended with a regular election are censored there.

# %%
cabinets = frame[(frame["family"] == "governing") & (frame["caretaker"] == 0)]
with warnings.catch_warnings():
    warnings.simplefilter("ignore", analysis.DroppedRowsWarning)
    fit = analysis.cox(cabinets, "power_hhi + interest_depth + majority", cluster="arena")
print(f"{fit.n} cabinets, {fit.events} ends, {fit.clusters} countries; left out: {fit.dropped}")
fit.table.round(3)

# %% [markdown]
# Estimates are log hazard ratios: negative means a longer life. Standard errors are clustered by country.

# %%
analysis.ph_test(fit).round(3)

# %% [markdown]
# **Answer.** The table above; `python -m analysis` gives the full study with its pre-stated tests. **Limits.**
# Interest depth needs positions from expert surveys for all parties, which half of the cabinets have; they are the
# better-known ones.
