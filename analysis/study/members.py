"""Members of coalitions: who leaves (H6), who has influence (H7), who joins and leads (H9).

The specification below was written before any of its models was fitted to the data; only counts of
rows, missing values and events had been looked at. docs/analysis-plan.md says the same.

All intervals are 95 per cent and two-sided. *Both intervals* means the one robust to clusters and
the model-based one: sandwiches over few clusters are too small, model-based errors ignore
clusters, so that a verdict needs both. With fewer than ten events there is no verdict. P-values are
not adjusted for the number of tests. Measures are standardised in the main sample; variants keep
its scale, are reported beside and do not count for verdicts. Families are never pooled.

H6, members that were rewarded or coerced into joining, and weak members, leave sooner. Stays of
members; the event is leaving before the coalition ends, as in `survival_frame(unit="membership")`.

- *Weak*: Cox, power share on joining and distance to the leader, a baseline hazard for each
  coalition (comparison within coalitions). Wartime: inter-state wars, expeditions and historical
  coalitions, primary records, errors by coalition. Governing: cabinets since 1945 without
  caretakers, expert positions, errors by country. *Supported* if both intervals of the hazard
  ratio of the power share lie below 1, *contrary* if both lie above, else *undecided*. Variants:
  `unadjusted` (power alone), `across` (no comparison within; wartime strata are subtypes),
  `expeditions`, `wars`, `without_leader`.
- *Rewarded* (wartime): Cox, rewarded against voluntary, stays of known inducement, errors by
  coalition. *Supported* if both intervals lie above 1, *contrary* if below. Variant: `within`.
- *Coerced*: no member is coded so; not tested.

H7, internal structure reproduces the power relations outside.

- *Troops* (wartime): least squares of a member's share of the troops on its share of CINC in the
  year before it joined, both among the members for which both are known, in coalitions with at
  least three of them; coalitions' means taken out; errors by coalition (t, G - 1). *Supported* if
  both intervals of the slope lie above 0; *contrary* if both lie below, or the robust one within
  -0.10 to 0.10. Variants: `pooled` (means left in, as in Gamson's law, but see `gamson`),
  `logarithms`, `without_strongest`, `all_known`.
- *Leading* (wartime): does the strongest founding member lead, in coalitions whose leader is on
  record: exact test against 1 / n. *Supported* if p < .05 and more often, *contrary* if less often.
- *Leading* (governing): as H9. There are no portfolios in the data.

H9, power differences decide who becomes a member, and who then sets the agenda.

- *Joining*: exact conditional logit among potential members, the leader left out. Governing:
  parties with seats (one without is listed only if it joined), cabinets since 1945 without
  caretakers; share of the chamber's seats and left-right distance to the prime minister's party
  (expert positions); errors by country. Wartime: states of the system, sides of inter-state wars;
  logarithm of CINC and (1 - S) / 2 of alliance portfolios with the strongest founding member;
  errors by war. *Supported* if both intervals of the odds ratio of power lie on one side of 1,
  whichever; *contrary* if the robust one lies within 0.90 to 1.11. Variants: `unadjusted`,
  `power_only` (also where the distance is unknown), `leader_in`; governing `all_positions`,
  `with_caretakers`, `before_1945` (those before included); wartime `pact` (a defence pact with the
  leader for S), `small_sides` (at most ten members).
- *Leading*: governing, conditional logit of which member party has the prime minister on its share
  of the coalition's seats: *supported* if both intervals of the odds ratio lie above 1, *contrary*
  if both lie below, or the robust one within 0.90 to 1.11. Wartime as H7.

Whole hypotheses, per family: *supported* if every tested part is; *contrary* if at least one part
is contrary and none supported; else *undecided*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.study.member_exits import POWER, exits
from analysis.study.member_influence import CINC as CINC_SHARE
from analysis.study.member_influence import state_leadership, troops
from analysis.study.member_joining import CINC, OWN_SHARE, SEATS, choices, party_leadership
from analysis.study.member_rules import decides, expects, leads_more_often, reproduces
from analysis.study.samples import load_tables
from analysis.study.verdicts import Answer, Verdict, answers_table

SINCE = "1945-01-01"
# Beside what survival frames need.
ALSO = ("alliance_members", "state_system")
NAN = float("nan")


@dataclass(frozen=True, eq=False)
class MemberStudy:
    """What the study reports of members.

    Attributes:
        effects: one row per coefficient of every model and variant.
        leading: the exact tests of whether the strongest member leads, one row per family.
        samples: rows and coalitions left after each step, then means and standard deviations of the
            measures in the main samples.
        answers: one row per family and hypothesis, or part of one, with its verdict.
    """

    effects: pd.DataFrame
    leading: pd.DataFrame
    samples: pd.DataFrame
    answers: pd.DataFrame


def member_study(tables: Mapping[str, pd.DataFrame] | None = None) -> MemberStudy:
    """Fit every model above on `tables` (default: the shipped data)."""
    tables = tables if tables is not None else load_tables(*ALSO)
    exit_effects, exit_samples = exits(tables, SINCE)
    troop_effects, troop_samples = troops(tables)
    choice_effects, choice_samples = choices(tables, SINCE)
    party_effects, party_samples, parties_lead = party_leadership(tables, SINCE)
    state_samples, states_lead = state_leadership(tables)
    effects = [exit_effects, troop_effects, choice_effects, party_effects]
    samples = [exit_samples, troop_samples, choice_samples, party_samples, state_samples]
    found = pd.concat(effects, ignore_index=True)
    leading = pd.DataFrame(
        [
            {"family": "governing", **parties_lead.to_dict()},
            {"family": "wartime", **states_lead.to_dict()},
        ]
    )
    return MemberStudy(
        effects=found,
        leading=leading,
        samples=pd.concat(samples, ignore_index=True),
        answers=answers_table(
            {
                "governing": _governing(found, parties_lead),
                "wartime": _wartime(found, states_lead),
            }
        ),
    )


def _governing(effects: pd.DataFrame, lead: pd.Series) -> list[Answer]:
    weak = _row(effects, "H6", "governing", POWER)
    power = _row(effects, "H9 joining", "governing", SEATS)
    leads = _row(effects, "H9 leading", "governing", OWN_SHARE)
    share = f"strongest leads in {lead['observed']:.0f} of {lead['groups']:.0f}, "
    share += f"{lead['expected']:.1f} by chance"
    parts = [
        _answer("H6 weak", weak, expects("below", weak), _beside(effects, weak, "without_leader")),
        _answer("H7 leading", leads, reproduces(leads), share),
        _answer("H9 joining", power, decides(power)),
        _answer("H9 leading", leads, reproduces(leads), share),
    ]
    return [*parts, *_wholes(parts)]


def _wartime(effects: pd.DataFrame, lead: pd.Series) -> list[Answer]:
    weak = _row(effects, "H6", "wartime", POWER)
    rewarded = _row(effects, "H6", "wartime", "rewarded")
    sent = _row(effects, "H7 troops", "wartime", CINC_SHARE)
    power = _row(effects, "H9 joining", "wartime", CINC)
    parts = [
        _answer("H6 weak", weak, expects("below", weak), _beside(effects, weak, "without_leader")),
        _answer("H6 rewarded", rewarded, expects("above", rewarded)),
        _answer("H7 troops", sent, reproduces(sent), _beside(effects, sent, "without_strongest")),
        _leading("H7 leading", lead),
        _answer("H9 joining", power, decides(power)),
        _leading("H9 leading", lead),
    ]
    return [*parts, *_wholes(parts)]


def _row(effects: pd.DataFrame, hypothesis: str, family: str, term: str) -> pd.Series:
    """The effect of `term` in the main model; all missing if it could not be fitted."""
    main = effects[
        (effects["hypothesis"] == hypothesis)
        & (effects["family"] == family)
        & (effects["variant"] == "main")
        & (effects["term"] == term)
    ]
    if main.empty:
        row = pd.Series(NAN, index=effects.columns, dtype="object")
        return row.where(~row.index.isin(["n", "events"]), 0)
    return main.iloc[0]


def _beside(effects: pd.DataFrame, main: pd.Series, variant: str) -> str:
    """A variant's estimate in words, for answers that rest on one member of each coalition."""
    same = (
        effects[["hypothesis", "family", "term"]] == main[["hypothesis", "family", "term"]]
    ).all(axis=1)
    found = effects[same & (effects["variant"] == variant)]
    if found.empty:
        return f"{variant}: not estimated"
    row = found.iloc[0]
    return f"{variant}: {row['estimate']:.3g} ({row['low']:.3g} to {row['high']:.3g})"


def _answer(hypothesis: str, row: pd.Series, verdict: Verdict, detail: str = "") -> Answer:
    model = f"model-based {row['low_model']:.3g} to {row['high_model']:.3g}"
    return Answer(
        hypothesis,
        f"{row['effect']} of {row['term']}",
        float(row["estimate"]),
        float(row["low"]),
        float(row["high"]),
        float(row["p_value"]),
        int(row["n"]),
        int(row["events"]),
        verdict,
        f"{model}; {detail}" if detail else model,
    )


def _leading(hypothesis: str, lead: pd.Series) -> Answer:
    return Answer(
        hypothesis,
        "share of coalitions led by the strongest member",
        float(lead["share"]),
        NAN,
        NAN,
        float(lead["p_value"]),
        int(lead["groups"]),
        int(lead["observed"]),
        leads_more_often(lead),
        f"{lead['expected']:.1f} of {lead['groups']:.0f} by chance",
    )


def whole(verdicts: Sequence[Verdict]) -> Verdict:
    """A hypothesis as a whole from its parts."""
    if all(verdict == "supported" for verdict in verdicts):
        return "supported"
    return "contrary" if "contrary" in verdicts and "supported" not in verdicts else "undecided"


def _wholes(parts: list[Answer]) -> list[Answer]:
    answers = []
    for hypothesis in sorted({part.hypothesis.split()[0] for part in parts}):
        own = [part for part in parts if part.hypothesis.split()[0] == hypothesis]
        names = ", ".join(f"{part.hypothesis.split()[1]} {part.verdict}" for part in own)
        verdict = whole([part.verdict for part in own])
        answers.append(Answer(hypothesis, "all parts", NAN, NAN, NAN, NAN, 0, 0, verdict, names))
    return answers
