"""Settings of Sphinx; `make.py` calls it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import coalitiondata

sys.path.insert(0, str(Path(__file__).parent))

project = "coalitiondata"
author = "The coalitiondata authors"
copyright = "the coalitiondata authors. Text and data CC BY 4.0, code MIT"
version = release = coalitiondata.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_design",
    "docstrings",
]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 4
# Notebooks are executed by their own test; the site shows what they printed then.
nb_execution_mode = "off"
autosummary_generate = False
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
napoleon_use_rtype = False
python_maximum_signature_line_length = 88
exclude_patterns = ["metadata", "own-data"]
if os.environ.get("COALITIONDATA_SITE_QUICK"):
    exclude_patterns += ["gallery.md"]
    suppress_warnings = ["toc.not_readable", "toc.excluded", "myst.xref_missing"]

default_role = "code"
highlight_language = "text"

html_theme = "pydata_sphinx_theme"
html_title = "coalitiondata"
html_static_path = ["static"]
templates_path = ["templates"]
html_css_files = ["site.css"]
# Nothing is loaded from elsewhere: no fonts, no scripts, no formulas rendered by a server.
html_show_sourcelink = False
html_copy_source = False
html_last_updated_fmt = None
html_theme_options = {
    "navbar_align": "left",
    "navbar_center": ["navbar-nav", "explorer-link"],
    "show_prev_next": False,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_sidebars: dict[str, list[str]] = {"index": []}
