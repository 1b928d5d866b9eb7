"""
Whether the daemon can do its work: the health check of machines that watch it.
"""

from collections.abc import Callable
from typing import Final

from attrs import Factory, define
from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IReactorTime

from gamepanel.base.errors import NoSpace, PanelError
from gamepanel.base.hub import SingleFlight

goodSeconds: Final = 5.0
"""TTL of a good result: everybody may ask, without a token, and each look writes the database."""

badSeconds: Final = 1.0
"""TTL of a bad result: shorter, so that the end of a failure is seen soon."""

patienceSeconds: Final = 5.0
"""A database that has not answered within this time is stuck."""


@define
class Readiness:
    """
    Finds out whether the daemon can do its work, for all who ask at once.
    """

    _clock: IReactorTime
    _tryOut: Callable[[], Deferred[None]]
    _checkRoom: Callable[[], None]
    _looking: SingleFlight[None] = Factory(SingleFlight)
    _lookedAt: float | None = None
    _failure: str | None = None

    async def failure(self) -> str | None:
        """Why it can't, for people; None when it can. It may be some seconds old."""
        fresh = goodSeconds if self._failure is None else badSeconds
        last = self._lookedAt
        if last is None or self._clock.seconds() - last >= fresh:
            await self._looking(self._look)
        return self._failure

    async def _look(self) -> None:
        try:
            await self._tryOut().addTimeout(patienceSeconds, self._clock)
            self._checkRoom()
        except TimeoutError:
            self._failure = "The database does not answer."
        except NoSpace as error:
            self._failure = error.detail
        except PanelError:
            # It lacks something for another game, not for its work.
            self._failure = None
        else:
            self._failure = None
        self._lookedAt = self._clock.seconds()
