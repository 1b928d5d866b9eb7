"""
Login throttle and rate limits: token buckets, and delays after failed logins.

Values that are told the time and bounded in memory: of each only so many keys are kept,
and when there are more, those that have been silent for longest are forgotten.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final, TypeVar

from attrs import Factory, define, field

from gamepanel.accounts.networks import networksOf
from gamepanel.base.backoff import backoff
from gamepanel.base.errors import TooManyRequests
from gamepanel.wire.causes import because

T = TypeVar("T")
K = TypeVar("K")
Key = Hashable
"""An address, or an account: the name of a user and an address that they are known at, or none."""

maxKeys: Final = 10_000

patientFailures: Final = 5
"""So many failed logins in a row cost no waiting."""

firstDelay: Final = 1.0
longestDelay: Final = 300.0
"""Of the backoff for those that follow, in seconds."""

forgetSeconds: Final = 900.0
"""After so long without another, failures are forgotten."""

maxLoadBits: Final = 3
maxFailureBits: Final = 5
maxDifficulty: Final = 19


@define
class Buckets:
    """
    A bucket of tokens for each source, full at first; those of wider networks are larger.

    @ivar rate: tokens that come back in each second.
    @ivar burst: tokens in a full bucket.
    """

    rate: float
    burst: float
    # When each bucket is full again: GCRA (ITU-T I.371) needs no more than that.
    _full: OrderedDict[str, float] = field(factory=OrderedDict)

    def take(self, source: str, now: float, amount: float = 1.0) -> None:
        """
        Take tokens, from the bucket of a source and from those of all networks that it is in.

        @param source: see L{networksOf}.
        @param now: in seconds, by a clock that nobody sets.
        @param amount: how many; more than a full bucket holds empties a full one.

        @raise TooManyRequests: when there are not as many; then none is taken.
        """
        fulls = [self._after(name, times, now, amount) for name, times in networksOf(source)]
        for name, full in fulls:
            _put(self._full, name, full)

    def tryTake(self, source: str, now: float) -> bool:
        """Take a token if there is one; whether there was."""
        try:
            self.take(source, now)
        except TooManyRequests:
            return False
        return True

    def _after(self, name: str, times: int, now: float, amount: float) -> tuple[str, float]:
        """When a bucket is full again, if these are taken."""
        seconds = min(amount, self.burst) / (self.rate * times)
        full = max(self._full.get(name, now), now) + seconds
        excess = full - now - self.burst / self.rate
        # Sums of floats are off by some 1e-10.
        if excess > 1e-6:
            raise TooManyRequests(retryAfter=excess)
        return name, full


def _put(entries: OrderedDict[K, T], key: K, value: T) -> None:
    entries[key] = value
    entries.move_to_end(key)
    if len(entries) > maxKeys:
        entries.popitem(last=False)


@define
class Failures:
    """
    How often each key has failed of late.
    """

    _entries: OrderedDict[Key, tuple[int, float]] = field(factory=OrderedDict)

    def count(self, key: Key, now: float) -> int:
        """How many failures are remembered."""
        count, at = self._entries.get(key, (0, now))
        return count if now - at < forgetSeconds else 0

    def add(self, key: Key, now: float) -> None:
        """It has failed."""
        _put(self._entries, key, (self.count(key, now) + 1, now))

    def countFrom(self, source: str, now: float) -> int:
        """How many are remembered of a source: as many as of a network around it, by its size."""
        return max(self.count(name, now) // times for name, times in networksOf(source))

    def addFrom(self, source: str, now: float) -> None:
        """Something from there has failed."""
        for name, _ in networksOf(source):
            self.add(name, now)

    def takeBack(self, key: Key) -> None:
        """It was not a failure after all."""
        count, at = self._entries.get(key, (0, 0.0))
        if count > 1:
            self._entries[key] = (count - 1, at)
        else:
            self.clear(key)

    def clear(self, key: Key) -> None:
        """It has succeeded."""
        self._entries.pop(key, None)

    def check(self, key: Key, now: float) -> None:
        """
        @raise TooManyRequests: when it must wait after its last failure.
        """
        _, at = self._entries.get(key, (0, now))
        left = at + delayAfter(self.count(key, now)) - now
        if left > 0:
            raise TooManyRequests(because("too_many_logins"), retryAfter=left)


def delayAfter(failures: int) -> float:
    """How long to wait after so many failures, in seconds."""
    over = failures - patientFailures
    return 0.0 if over < 0 else backoff(over, firstDelay, longestDelay)


@define
class KnownAddresses:
    """
    From where each user has logged in before.

    Whoever guesses a user's password from elsewhere must not lock the user out, so
    failures from known addresses are counted apart.
    """

    _known: OrderedDict[Key, None] = Factory(OrderedDict)

    def add(self, username: str, address: str) -> None:
        """This user has logged in from there."""
        _put(self._known, (username, address), None)

    def account(self, username: str, address: str) -> Key:
        """The key that failures to log in as this user from there are counted by."""
        known = (username, address)
        return known if known in self._known else (username, "")


def difficulty(base: int, load: float, failures: int) -> int:
    """
    How hard the next login's proofs are to find.

    @param base: in leading zero bits.
    @param load: how full the queue of passwords is, 0 to 1. All in it has been paid for
        by a proof, so nobody makes it dearer for others without working for that.
    @param failures: failed logins of the address that asks.
    """
    bits = min(int(load * (maxLoadBits + 1)), maxLoadBits) + min(failures, maxFailureBits)
    return min(base + bits, maxDifficulty)
