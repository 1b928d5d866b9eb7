"""
The header of an answer, in one piece.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from gamepanel.web.http.problems import contentSecurity, securityHeaders

Fields = Iterable[tuple[bytes, Sequence[bytes]]]
"""Names of header fields, and the values of each, in the order in which they are sent."""

_constantLines: Final = b"".join(b"%s: %s\r\n" % header for header in securityHeaders)
_apiLines: Final = _constantLines + b"%s: %s\r\n" % contentSecurity


def headOf(
    status: bytes, always: Iterable[tuple[bytes, bytes]], fields: Fields, isPage: bool = False
) -> bytes:
    """
    The header of an answer, up to its body. What every answer has comes first, and is put
    together only once.

    @param status: the whole first line.
    @param always: what else every answer of this connection has: the date, and so on.
    @param fields: of this answer.
    @param isPage: whether it is the page for people, which says itself what it may load.
    """
    lines = [status, _constantLines if isPage else _apiLines]
    lines += [b"%s: %s\r\n" % header for header in always]
    for name, values in fields:
        lines += [b"%s: %s\r\n" % (name, value) for value in values]
    lines.append(b"\r\n")
    return b"".join(lines)


class AnswerFields:
    """
    The fields of an answer's header, where they are only the few that our own answers have. They
    do what those of C{twisted.web.http_headers.Headers} do, without what makes these safe from
    values of others.
    """

    def __init__(self) -> None:
        self._values: dict[bytes, list[bytes]] = {}

    def setRawHeaders(self, name: bytes, values: list[bytes]) -> None:
        """Set a field, in the place of what there was of its name."""
        self._values[name] = values

    def addRawHeader(self, name: bytes, value: bytes) -> None:
        """Set a field beside those of its name."""
        self._values[name] = [*self._values.get(name, ()), value]

    def getAllRawHeaders(self) -> Fields:
        """All, in the order of when each name was set first."""
        return self._values.items()
