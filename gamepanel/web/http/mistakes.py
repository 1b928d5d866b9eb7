"""
What is wrong with a message, from the words of msgspec to ours.
"""

import re
from typing import Final

from gamepanel.errors import Problem

_STEP: Final = re.compile(r"\d+|\w+|\.\.\.")
_MISSING: Final = re.compile(r"Object missing required field `(.*)`")
_UNKNOWN: Final = re.compile(r"Object contains unknown field `.*`", re.DOTALL)


def problemOf(text: str) -> Problem:
    """
    A field and a detail without what came in.

    @param text: of a C{msgspec.ValidationError}. It ends with the path, if there is one, in
        which no part comes from the input; what stands before may quote that.
    """
    what, separator, where = text.rpartition(" - at ")
    if not separator:
        what, where = text, ""
    field = tuple(_STEP.findall(where.rpartition("`$")[2]))
    if named := _MISSING.fullmatch(what):
        return Problem((*field, named.group(1)), "is missing")
    if _UNKNOWN.fullmatch(what):
        return Problem(field, "there is a field that is not known")
    if what.startswith("Invalid enum value"):
        what = "none of the words that can stand here"
    return Problem(field, what.replace("`", ""))
