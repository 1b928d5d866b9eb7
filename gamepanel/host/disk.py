"""
When a disk counts as low, and when as fine again.
"""

from typing import Final, Literal

from attrs import define

fineFactor: Final = 2
"""A disk is fine again with so many times the space under which it is low: it does not flutter."""


@define
class DiskWatch:
    """
    Tells when a disk becomes low, and when it has become fine.

    @ivar low: with less free bytes than this it is low.
    """

    low: int
    _isLow: bool = False

    def seen(self, free: int) -> Literal["disk_low", "disk_fine"] | None:
        """
        What has happened by there being so many free bytes now; None when nothing has.
        """
        if not self._isLow and free < self.low:
            self._isLow = True
            return "disk_low"
        if self._isLow and free >= fineFactor * self.low:
            self._isLow = False
            return "disk_fine"
        return None
