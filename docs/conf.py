"""Sphinx configuration: builds the site from the pages in this folder."""

from __future__ import annotations

import sys
from pathlib import Path

from docpact import __version__

sys.path.insert(0, str(Path(__file__).parent))

project = "docpact"
release = version = __version__

extensions = ["myst_parser", "reference", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
autodoc_member_order = "bysource"
nitpick_ignore_regex = [("py:.*", ".*")]  # the pages have only the public names
myst_heading_anchors = 3
highlight_language = "text"
smartquotes = False

html_theme = "furo"
html_title = f"docpact {version}"
html_show_copyright = False
html_show_sourcelink = False
