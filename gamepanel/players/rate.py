"""
How many events of players a server may make. Values only: times enter as arguments.
"""

from typing import Final

from attrs import define

perSecond: Final = 10.0
burst: Final = 100.0


@define
class Allowance:
    """
    L{perSecond} of a server, and L{burst} at once when there were few before.

    @ivar left: how many may follow at once.
    """

    left: float = burst
    _at: float = 0.0

    def take(self, at: float) -> bool:
        """
        Whether one more is allowed; from then on it counts.

        @param at: when it happened, Unix time in seconds. Where that is earlier than the last
            one, since somebody has set the clock back, nothing is added.
        """
        self.left = min(self.left + max(at - self._at, 0.0) * perSecond, burst)
        self._at = at
        if self.left < 1:
            return False
        self.left -= 1
        return True
