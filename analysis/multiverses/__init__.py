"""The duration study under every defensible combination of its choices."""

from analysis.multiverses.bootstrap import ClusterBootstrap, cluster_bootstrap
from analysis.multiverses.permutation import PermutationTest, permutation_test
from analysis.multiverses.run import Multiverse, multiverse

__all__ = [
    "ClusterBootstrap",
    "Multiverse",
    "PermutationTest",
    "cluster_bootstrap",
    "multiverse",
    "permutation_test",
]
