"""
Knows which versions are newest: asks the sources of a type once for all its servers, in a process
of its own.
"""

import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from msgspec import Struct
from twisted.internet.defer import Deferred, TimeoutError
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from gamepanel.base.collecting import Output, collect, ownEnvironment
from gamepanel.base.errors import SourceUnavailable
from gamepanel.base.hub import Hub, SingleFlight
from gamepanel.games.definition import ServerType
from gamepanel.games.versions import emptied
from gamepanel.wire.causes import Cause, because
from gamepanel.wire.decoding import undecodable

keptSeconds: Final = 3600.0
"""So long an answer is good for all servers of a type."""

refreshSeconds: Final = 600.0
"""So long it is good for those who want a new one."""

waitSeconds: Final = 20.0
"""So long somebody waits for an answer; it is there for those who ask later."""

askSeconds: Final = 420.0
"""So long a process may take; SteamCMD updates itself first."""

failedSeconds: Final = 60.0
"""So long it is not asked again after a failure: each time is a process."""

maxAnswerBytes: Final = 64 * 1024


class Newest(Struct, frozen=True):
    """
    What was found out.

    @ivar available: the newest version; None where the type's install steps do not say.
    @ivar at: when, in seconds since the Unix epoch.
    """

    available: str | None
    at: float


class Answer(msgspec.Struct):
    """
    What a process says, see L{gamepanel.worker.versions.Answer}.
    """

    available: str | None = None
    before: str | None = None
    error: Cause | None = None


Ask = Callable[[Mapping[str, Any]], Deferred[Answer]]
"""
Asks the sources, see L{gamepanel.worker.versions}: fires with an answer without an error, or fails
with L{SourceUnavailable} when a source does not tell.
"""


def understood(output: Output) -> Answer:
    """
    What a process has answered.

    @raise SourceUnavailable: when a source does not tell, or it has said something else.
    """
    try:
        said = msgspec.json.decode(output.said, type=Answer)
    except undecodable:
        said = Answer(error=because("sources_silent"))
    if said.error is not None:
        raise SourceUnavailable(because("newest_unknown", why=said.error))
    return said


def asking(reactor: Any) -> Ask:
    """
    Asks by processes of this host.

    @param reactor: starts them.
    """
    clock: IReactorTime = reactor

    def late(failure: Failure) -> Answer:
        failure.trap(TimeoutError)
        raise SourceUnavailable(because("sources_slow"))

    def ask(question: Mapping[str, Any]) -> Deferred[Answer]:
        environment = ownEnvironment(question["path"])
        command = [sys.executable, "-m", "gamepanel.worker.versions"]
        given = msgspec.json.encode(question)
        try:
            answered = collect(reactor, command, environment, given, maxAnswerBytes)
        except OSError as error:
            raise SourceUnavailable(because("sources_not_asked")) from error
        return answered.addTimeout(askSeconds, clock).addCallbacks(understood, late)

    return ask


class Versions:
    """
    What is newest, by the names of types.

    @ivar changed: tells of a type for which something else is newest than was known, also to an
        earlier daemon.
    """

    def __init__(
        self,
        clock: IReactorTime,
        ask: Ask,
        now: Callable[[], float],
        how: Mapping[str, Any],
    ) -> None:
        """
        @param now: the time, in seconds since the Unix epoch.
        @param how: the fields of L{gamepanel.worker.versions.Question} that say how sources are
            asked on this host, for whatever type.
        """
        self.changed: Hub[tuple[str, Newest]] = Hub()
        self._clock = clock
        self._ask = ask
        self._now = now
        self._how = how
        self._known: dict[str, tuple[tuple[dict[str, Any], ...], Newest]] = {}
        self._failed: dict[str, tuple[tuple[dict[str, Any], ...], float, SourceUnavailable]] = {}
        self._asking: SingleFlight[Newest] = SingleFlight()

    def known(self, type: str) -> Newest | None:
        """What was found out last, however long ago."""
        found = self._known.get(type)
        return None if found is None else found[1]

    async def find(self, type: str, definition: ServerType, refresh: bool = False) -> Newest:
        """
        What is newest of a type. However many ask at a time, the sources are asked once.

        @param refresh: whether an answer of the last hour will not do, but one of the last ten
            minutes.

        @raise SourceUnavailable: when a source does not tell.
        """
        before = self._known.get(type)
        age = refreshSeconds if refresh else keptSeconds
        isSame = before is not None and before[0] == definition.install
        if isSame and before is not None and 0 <= self._now() - before[1].at < age:
            return before[1]
        self._checkFailed(type, definition)
        answer = self._asking(lambda: self._find(type, definition), type)
        try:
            return await answer.addTimeout(waitSeconds, self._clock)
        except TimeoutError as error:
            raise SourceUnavailable(because("sources_not_answered"), retryAfter=10) from error

    def _checkFailed(self, type: str, definition: ServerType) -> None:
        install, until, error = self._failed.get(type, ((), 0.0, None))
        left = until - self._clock.seconds()
        if error is not None and install == definition.install and left > 0:
            raise SourceUnavailable(error.cause, retryAfter=left)

    async def _find(self, type: str, definition: ServerType) -> Newest:
        try:
            found = await self._ask(self._question(type, definition))
        except SourceUnavailable as error:
            self._failed[type] = definition.install, self._clock.seconds() + failedSeconds, error
            raise
        newest = Newest(found.available, self._now())
        self._known[type] = definition.install, newest
        if found.available != found.before:
            self.changed.tell((type, newest))
        return newest

    def _question(self, type: str, definition: ServerType) -> Mapping[str, Any]:
        """What a process is asked: the fields of L{gamepanel.worker.versions.Question}."""
        options = emptied(definition.options)
        return {**self._how, "type": type, "steps": definition.install, "options": options}
