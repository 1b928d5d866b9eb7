"""
Sending the same to many.
"""

from collections.abc import Sequence
from contextlib import suppress
from itertools import repeat
from operator import call
from typing import Any

from gamepanel.web.http.twistedweb import Outlet, smallBytes


class Outlets:
    """
    Several connections that are sent the same.
    """

    def __init__(self, outlets: Sequence[Outlet]) -> None:
        """
        @param outlets: at least one.
        """
        self._outlets = outlets
        self._sends = [outlet.send for outlet in outlets if outlet.send is not None]
        self._areAllPlain = len(self._sends) == len(outlets)
        self._reactor: Any = outlets[0].transport.reactor if self._areAllPlain else None

    def send(self, data: bytes) -> list[tuple[int, Outlet, bytes]]:
        """
        Send it at once over each that takes it.

        Nearly all that one more who watches a console costs is here. So while the reactor has
        nothing to send to anybody, which would have to go first, the loop over all is one of
        C{map}.

        @return: which take only some of it, or none, and what is left to be written to each.
        """
        sent: list[int] = []
        if self._areAllPlain and len(data) <= smallBytes and not self._reactor.getWriters():
            # The first that takes nothing ends it.
            with suppress(OSError):
                sent.extend(map(call, self._sends, repeat(data)))
            if len(sent) == len(self._outlets) and sent.count(len(data)) == len(sent):
                return []
        sent += [0] * (len(self._outlets) - len(sent))
        return [
            (number, outlet, data[size:])
            for number, (outlet, size) in enumerate(zip(self._outlets, sent, strict=True))
            if size < len(data)
        ]
