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
# # How long do coalitions last?
#
# Cabinets since 1945, sides of inter-state wars, and coalitions of organisations. A duration that was cut off, by the regular
# election or by the end of the records, counts for as long as it was seen.

# %%
import warnings

import analysis
import coalitiondata as cd

warnings.simplefilter("ignore", analysis.DroppedRowsWarning)
frame = cd.survival_frame(primary=None)
wars = frame["subtype"] == "interstate_war"
cabinets = (
    (frame["family"] == "governing") & (frame["start"] >= "1945-01-01") & (frame["caretaker"] == 0)
)
campaigns = frame["subtype"] == "ngo_coalition"
frame = frame[wars | cabinets | campaigns]
analysis.median_survival(frame, by="family").round(0)

# %% [markdown]
# Median days with 95 per cent intervals.

# %%
analysis.survival_curves(
    frame,
    by="family",
    groups={"governing": "cabinets", "wartime": "states at war", "ngo": "organisations"},
    log_time=True,
    title="How long coalitions last",
)

# %% [markdown]
# ## Does anything change the odds?
#
# A Cox model of cabinets with power concentration, interest depth and majority; errors allow for cabinets of one country to
# be alike. Estimates per unit of the covariate.

# %%
cabinets = frame[frame["family"] == "governing"]
fit = analysis.cox(cabinets, "power_hhi + interest_depth + majority", cluster="arena")
print(f"{fit.n} cabinets, {fit.events} ends, {fit.clusters} countries; left out: {fit.dropped}")
fit.table.round(3)

# %%
analysis.ph_test(fit).round(3)

# %%
analysis.schoenfeld_plot(fit)

# %% [markdown]
# **Answer.** Half of the cabinets are gone in less than two years, half of the sides of wars in less than four months, half of the
# campaigns only after six years. Neither concentration nor depth separates long from short cabinets in this model; a majority in parliament goes
# with a longer life. **Limits.** Wars are few and their length is the war's own; positions are known for half of the
# cabinets. `python -m analysis` is the full study, with the tests stated before.
