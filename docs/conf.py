"""Sphinx configuration."""

project = "runtimes"
author = "the runtimes authors"
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "runtimes"
html_static_path = ["_static"]
html_css_files = ["figures.css"]
exclude_patterns = ["_build", "history/comparison.md"]
myst_heading_anchors = 3
