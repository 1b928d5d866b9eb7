"""
What is written in the log when the disk takes nothing: a line, not one for each try.
"""

import time
from collections.abc import Callable
from typing import Final

from twisted.logger import Logger

from gamepanel.errors import NoSpace

quietSeconds: Final = 600.0
"""The same is not said again within this time."""


class ShortageLog:
    """
    Says that changes are refused for lack of space, and why.
    """

    def __init__(self, uptime: Callable[[], float] = time.monotonic) -> None:
        """
        @param uptime: seconds by a clock that nobody sets.
        """
        self._uptime = uptime
        self._said: dict[str, float] = {}
        self._log = Logger()

    def say(self, error: NoSpace) -> None:
        """Say it, unless it was said lately."""
        now = self._uptime()
        self._said = {said: at for said, at in self._said.items() if now - at < quietSeconds}
        # The reason behind a colon differs by what was tried.
        what = error.detail.partition(":")[0]
        if what not in self._said:
            self._said[what] = now
            self._log.error("changes are refused (no_space): {detail}", detail=error.detail)


shortageLog: Final = ShortageLog()
"""Of this process."""
