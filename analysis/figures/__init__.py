"""Figures of coalitions: one kind each, drawn from any data frame in one house style.

Every public function returns a matplotlib Figure that carries its title, alternative text, caption,
N and source (`analysis.figures.described`); `save_figure` writes it as PNG, SVG and PDF.
"""
