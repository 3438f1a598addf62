"""How Sphinx makes the site; `documentation.pages` has written the sources."""

from __future__ import annotations

from compartment_mapper import __version__

project = "compartment-mapper"
version = release = __version__
author = "the contributors of compartment-mapper"
project_copyright = "the contributors of compartment-mapper. Apache-2.0"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
needs_sphinx = "9.0"
root_doc = "index"
language = "en"
default_role = "code"
smartquotes_action = "D"  # dashes; quotes are code, mostly

myst_enable_extensions = ["attrs_inline", "deflist", "html_image"]
myst_heading_anchors = 6
suppress_warnings = ["misc.highlighting_failure"]  # code blocks may show parts of a language

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
add_module_names = False

html_theme = "furo"
html_title = "compartment-mapper"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
pygments_style = "friendly"
pygments_dark_style = "monokai"
