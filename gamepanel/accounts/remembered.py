"""
What has been seen of late, bounded in memory: keys are remembered, each until a time of its own.
"""

from attrs import Factory, define


@define
class Remembered:
    """
    Keys that are remembered until a time each, in the order in which they were added.

    @ivar maximum: so many keys at the most; for one more the oldest is forgotten.
    """

    maximum: int
    _until: dict[bytes, float] = Factory(dict)

    def __len__(self) -> int:
        return len(self._until)

    def holds(self, key: bytes, now: float) -> bool:
        """Whether a key is still remembered."""
        return self._until.get(key, now) > now

    def isFull(self, now: float) -> bool:
        """Whether another key would push out one that is still to be remembered."""
        while self._until:
            oldest = next(iter(self._until))
            if self._until[oldest] > now:
                break
            del self._until[oldest]
        return len(self._until) >= self.maximum

    def add(self, key: bytes, until: float, now: float) -> None:
        """Remember a key, or remember it for longer."""
        self._until.pop(key, None)
        if self.isFull(now):
            del self._until[next(iter(self._until))]
        self._until[key] = until
