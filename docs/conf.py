"""How the documentation is built: C{sphinx-build -W docs docs/_build/html}."""

import re
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import gamepanel
from docs.schemas import plain

project = "gamepanel"
author = "the gamepanel authors"
release = gamepanel.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_click"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"gamepanel {release}"
html_extra_path = ["../gamepanel/web/api/openapi.json"]
myst_heading_anchors = 3
# Lexers of code that is not in a language of theirs.
suppress_warnings = ["misc.highlighting_failure"]
autodoc_typehints = "signature"
autodoc_member_order = "bysource"

_FIELD = re.compile(r"^(\s*)@(param|raise|return|ivar|cvar)\s*([\w.]*):", re.MULTILINE)


def epytext(app: object, what: str, name: str, item: object, options: object, lines: Any) -> None:
    """Docstrings are epytext; Sphinx reads reStructuredText."""
    text = plain("\n".join(lines)).replace("`", "``")
    text = _FIELD.sub(lambda m: f"{m[1]}:{m[2].replace('raise', 'raises')} {m[3]}:", text)
    lines[:] = text.splitlines()


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("autodoc-process-docstring", epytext)
