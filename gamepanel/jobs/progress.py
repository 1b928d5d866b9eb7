"""
How far a worker is: one record in a file that both sides have mapped.

A pipe would stop a worker once it is full, when the daemon is away. Here the worker
writes as often as it likes and waits for nobody, and whoever looks gets the newest
whole record. The numbers before and after a record tell whether it was read whole.
"""

from contextlib import suppress
from typing import Any, Final

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from gamepanel.wire.causes import Cause
from gamepanel.wire.decoding import undecodable

recordBytes: Final = 4096
"""Size of the file in bytes."""

maxStep: Final = 200
maxError: Final = 2_000
"""Characters that people are shown; more is cut."""

_NUMBER: Final = slice(0, 8)
_LENGTH: Final = slice(8, 12)
_CONTENT: Final = 12

_MOST: Final = 2**53 - 1


class Progress(Struct, frozen=True):
    """
    How far a worker is. What it reports is checked as any input is.

    @ivar step: what it is doing, for people.
    @ivar where: what it is doing, as the error names it should its worker be killed.
    @ivar done: how much of it is done.
    @ivar total: of how much; None when that is not known.
    @ivar error: why it gives up, for people.
    @ivar result: what came of it, at the end.
    @ivar cause: what C{error} says, or where there is none C{step}; None where an older worker has
        not told it.
    """

    step: str = ""
    done: int = 0
    total: int | None = None
    error: str | None = None
    result: dict[str, Any] = field(default_factory=dict)
    where: str = ""
    cause: Cause | None = None

    @classmethod
    def doing(cls, step: Cause, done: int = 0, total: int | None = None) -> "Progress":
        """A step, by its cause."""
        return cls(str(step), done, total, cause=step)

    def failing(self, why: Cause) -> "Progress":
        """The same, given up."""
        return replace(self, error=str(why), result={}, cause=why)

    def checked(self) -> "Progress":
        """The same within the bounds of the contract."""
        total = self.total if self.total is None or 0 <= self.total <= _MOST else None
        step = plain(self.step)[:maxStep]
        error = None if self.error is None else plain(self.error)[:maxError]
        cause = (
            None if self.cause is None else _checked(self.cause, step if error is None else error)
        )
        return Progress(
            step,
            min(max(self.done, 0), _MOST),
            total,
            error,
            self.result,
            plain(self.where)[:maxStep],
            cause,
        )


def _checked(cause: Cause, text: str) -> Cause | None:
    """A cause that says just what a text says; None where one says something else."""
    values = _plainIn(cause.values)
    found = Cause(code=cause.code, values=values)
    # Of a game's user, who may have put anything into it.
    with suppress(Exception):
        return found if str(found) == text else None
    return None


def _plainIn(value: Any) -> Any:
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict):
        return {name: _plainIn(each) for name, each in value.items()}
    return [_plainIn(each) for each in value] if isinstance(value, list | tuple) else value


def plain(text: str) -> str:
    """
    A text without control characters, so that it can't forge a line of a log; nor what stands in a
    name for bytes that are not UTF-8, which nothing could encode.
    """
    return "".join(each if each.isprintable() else " " for each in text)


def write(memory: memoryview, progress: Progress) -> None:
    """
    Put a record into the file; for its one writer.

    @param memory: L{recordBytes} of it, writable.
    """
    progress = progress.checked()
    content = msgspec.json.encode(progress)
    if len(content) > recordBytes - _CONTENT:
        content = msgspec.json.encode(replace(progress, cause=None))
    if len(content) > recordBytes - _CONTENT:
        content = msgspec.json.encode(Progress(progress.step[:40], progress.done, progress.total))
    number = int.from_bytes(memory[_NUMBER], "little")
    # Odd: a record is being written. One write of 8 bytes is seen whole or not at all.
    memory[_NUMBER] = (number | 1).to_bytes(8, "little")
    memory[_LENGTH] = len(content).to_bytes(4, "little")
    memory[_CONTENT : _CONTENT + len(content)] = content
    memory[_NUMBER] = ((number | 1) + 1).to_bytes(8, "little")


def read(memory: memoryview) -> Progress | None:
    """
    The newest record, or None when there is none, it is just being written, or it is
    nothing that a worker of ours writes.
    """
    number = bytes(memory[_NUMBER])
    length = int.from_bytes(memory[_LENGTH], "little")
    content = bytes(memory[_CONTENT : _CONTENT + min(length, recordBytes)])
    if number[0] & 1 or bytes(memory[_NUMBER]) != number:
        return None
    try:
        return msgspec.json.decode(content, type=Progress).checked()
    except undecodable:
        return None
