"""The duration study under every defensible combination of its choices."""

from analysis.multiverses.run import Multiverse, multiverse

__all__ = ["Multiverse", "multiverse"]
