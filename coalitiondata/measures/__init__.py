"""Measures of power and interests: for one coalition, for pairs of states, and for tables."""

from coalitiondata.measures.games import banzhaf, shapley_shubik
from coalitiondata.measures.grouped import concentration, overlap
from coalitiondata.measures.interests import (
    breadth,
    breadth_from_pairs,
    depth,
    depth_from_pairs,
    ideological_range,
    ideological_variance,
)
from coalitiondata.measures.minimal_winning import deegan_packel, holler_packel
from coalitiondata.measures.portfolios import dyadic_similarity
from coalitiondata.measures.power import (
    con,
    effective_number,
    entropy,
    gini,
    hhi,
    leader_margin,
    normalized_hhi,
    top_share,
)
from coalitiondata.measures.similarity import (
    cohen_kappa,
    cohen_kappa_matrix,
    jaccard,
    s_matrix,
    s_score,
    scott_pi,
    scott_pi_matrix,
)
from coalitiondata.measures.voting import voting_power

__all__ = [
    "banzhaf",
    "breadth",
    "breadth_from_pairs",
    "cohen_kappa",
    "cohen_kappa_matrix",
    "con",
    "concentration",
    "deegan_packel",
    "depth",
    "depth_from_pairs",
    "dyadic_similarity",
    "effective_number",
    "entropy",
    "gini",
    "hhi",
    "holler_packel",
    "ideological_range",
    "ideological_variance",
    "jaccard",
    "leader_margin",
    "normalized_hhi",
    "overlap",
    "s_matrix",
    "s_score",
    "scott_pi",
    "scott_pi_matrix",
    "shapley_shubik",
    "top_share",
    "voting_power",
]
