"""
Lets go of the memory of logs that are neither read nor written.
"""

from collections.abc import Callable, Sequence
from typing import Final

from gamepanel.console.consolefile import rest
from gamepanel.console.ring import Ring

lookSeconds: Final = 1.0
"""Each time, one of L{parts} of all logs is looked at: to let go of one takes 50 us."""

parts: Final = 10

idleLooks: Final = 5
"""After so many looks at which a log was not in use, 50 to 60 s, its memory is let go."""


class IdleLogs:
    """
    Looks at all logs in turn. A log that is used again comes from the kernel's cache of files.
    """

    def __init__(self, logs: Callable[[], Sequence[Ring]]) -> None:
        """@param logs: all that there are."""
        self._logs = logs
        self._part = 0

    def look(self) -> None:
        """Look at some of them, to be called each L{lookSeconds}."""
        self._part = (self._part + 1) % parts
        for ring in self._logs()[self._part :: parts]:
            if ring.idleLooks == idleLooks:
                rest(ring)
            ring.idleLooks += 1
