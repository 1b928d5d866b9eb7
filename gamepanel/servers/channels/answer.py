"""
Puts the answer to a command together.
"""

from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IReactorTime

from gamepanel.base.timer import Timer

maxAnswerBytes: Final = 1024 * 1024 - 4096
"""What is kept of an answer."""

answerSeconds: Final = 10.0
"""So long an answer may take, from the command to its end."""

idleSeconds: Final = 0.2
"""Where nothing else says so, an answer is at its end when nothing has come for so long."""

cutNote: Final = "The rest of this answer was left out: it has more than 1 MiB."

noneNote: Final = f"The console has not answered within {answerSeconds:g} s."


class Answer:
    """
    The answer to one command, as it comes.
    """

    def __init__(
        self, clock: IReactorTime, done: Callable[[bytes, str], None], wantsSome: bool = True
    ) -> None:
        """
        @param done: called once at its end, with all of it, and what is to be said of it; empty
            when there is nothing to say.
        @param wantsSome: whether it is to be said when there was none.
        """
        self._done = done
        self._wantsSome = wantsSome
        self._parts: list[bytes] = []
        self._size = 0
        self._idle, self._end = Timer(clock), Timer(clock)
        self._then: Callable[[], None] | None = None
        self._end.after(answerSeconds, self._overdue)
        self.isEmpty = True

    def add(self, data: bytes) -> None:
        """More of it has come."""
        self.isEmpty = False
        kept = data[: max(maxAnswerBytes - self._size, 0)]
        if kept:
            self._parts.append(kept)
        self._size += len(data)

    def endAfter(self, seconds: float, then: Callable[[], None] | None = None) -> None:
        """
        Let it end so much later, unless this is called again.

        @param then: called right before it ends so.
        """
        self._then = then
        if self._idle.isSet:
            # Not a new one for each packet of a game that sends many.
            self._idle.reset(seconds)
        else:
            self._idle.after(seconds, self._idled)

    def _idled(self) -> None:
        if self._then is not None:
            self._then()
        self.finish()

    def _overdue(self) -> None:
        self._finish(noneNote if self.isEmpty and self._wantsSome else "")

    def finish(self) -> None:
        """It is at its end."""
        self._finish("")

    def _finish(self, note: str) -> None:
        self.cancel()
        done, self._done = self._done, lambda data, note: None
        done(b"".join(self._parts), cutNote if self._size > maxAnswerBytes else note)

    def take(self) -> bytes:
        """What has come of it, when nothing more can."""
        self.cancel()
        return b"".join(self._parts)

    def cancel(self) -> None:
        """Wait for nothing more."""
        self._idle.cancel()
        self._end.cancel()
