# SPDX-License-Identifier: GPL-2.0
#
# conf.py - how Sphinx makes the site of docs/; tools/docs_site.py puts it beside the staged pages.
project = "armvcpu"
extensions = ["myst_parser"]
html_theme = "alabaster"
html_theme_options = {"page_width": "80em", "sidebar_width": "16em", "fixed_sidebar": True}
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
# Blocks without a language are commands, lines of logs and pictures; C is told as such.
highlight_language = "none"
primary_domain = "c"
# Links to headings of other pages
myst_heading_anchors = 3
# kernel-doc writes declarations of C with words that are macros of the kernel's.
c_id_attributes = ["__always_inline", "noinline", "__init", "__exit", "asmlinkage", "__user"]
