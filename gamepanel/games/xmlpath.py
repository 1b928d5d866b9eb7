"""
The way to an element or attribute of an XML document, written as a part of XPath::

    ServerSettings/property[@name='ServerPort']/@value
"""

import re
from typing import Final

from msgspec import Struct

_NAME: Final = r"[A-Za-z_][\w.:-]*"
_CONDITION: Final = re.compile(rf"""\[@({_NAME})=(?:'([^'\]]*)'|"([^"\]]*)")\]""")
_STEP: Final = re.compile(
    rf"""/?(?:@(?P<attribute>{_NAME})|(?P<name>{_NAME})"""
    rf"""(?P<conditions>(?:{_CONDITION.pattern})*))"""
)


class BadPath(ValueError):
    """A text that is no such way."""


class Step(Struct, frozen=True):
    """
    One step: an element.

    @ivar name: of the element, with its prefix.
    @ivar attributes: what its attributes must be.
    """

    name: str
    attributes: tuple[tuple[str, str], ...]


class Path(Struct, frozen=True):
    """
    The whole way.

    @ivar steps: from the root element on.
    @ivar attribute: the attribute that is meant, or None for the element's text.
    """

    steps: tuple[Step, ...]
    attribute: str | None

    @classmethod
    def parse(cls, text: str) -> "Path":
        """
        @raise BadPath: when it is none.
        """
        steps: list[Step] = []
        at = 0
        while at < len(text):
            match = _STEP.match(text, at)
            if match is None or (at > 0 and text[at] != "/"):
                break
            at = match.end()
            if match["attribute"] is not None:
                if steps and at == len(text):
                    return cls(tuple(steps), match["attribute"])
                break
            conditions = tuple(
                (name, single or double)
                for name, single, double in _CONDITION.findall(match["conditions"])
            )
            steps.append(Step(match["name"], conditions))
        if not steps or at < len(text):
            raise BadPath("no way to an element or attribute, such as Settings/port/@value")
        return cls(tuple(steps), None)
