"""
What is written in the log when the disk takes nothing: a line, not one for each try.
"""

import time
from collections.abc import Callable
from typing import Final

from twisted.logger import Logger

from gamepanel.base.errors import NoSpace

quietSeconds: Final = 600.0
"""The same is not said again within this time."""

settledSeconds: Final = 60.0
"""What is written within this time after a refusal does not mean that the shortage is over."""


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

    def over(self) -> None:
        """
        Something could be written: say that changes are taken again, unless a refusal is so young
        that large changes may still be refused.
        """
        if self._said and self._uptime() - max(self._said.values()) >= settledSeconds:
            self._said.clear()
            self._log.info("changes are taken again")


shortageLog: Final = ShortageLog()
"""Of this process."""
