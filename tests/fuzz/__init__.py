"""Hostile input: generated tables, files and arguments, and what must hold of every outcome."""
