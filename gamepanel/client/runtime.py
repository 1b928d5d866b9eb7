"""
How a command is run: without a reactor as long as it can do without.

Twisted costs more to import than all else that most commands do. So a command begins without it,
with requests that block; one that follows or waits for something asks for a reactor, gets one, and
goes on there.
"""

import os
import stat
import sys
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from types import coroutine
from typing import Any, Final

_wish: Final = object()


class _Installed:
    """
    @ivar reactor: the one that runs, if one does.
    """

    reactor: Any = None


@coroutine
def _ask() -> Generator[object, None, None]:
    yield _wish


async def reactor() -> Any:
    """The reactor of this command, from now on."""
    if _Installed.reactor is None:
        await _ask()
    return _Installed.reactor


def execute(work: Coroutine[Any, Any, None], ended: Callable[[BaseException | None], int]) -> int:
    """
    Run a command.

    @param ended: called with what went wrong, or None; returns the exit status.
    """
    try:
        wish = work.send(None)
    except StopIteration:
        status = ended(None)
    except BaseException as error:
        status = ended(error)
    else:
        assert wish is _wish
        status = _executeLive(work, ended)
    flush()
    return status


def _executeLive(
    work: Coroutine[Any, Any, None], ended: Callable[[BaseException | None], int]
) -> int:
    from gamepanel.client import live

    _Installed.reactor = live.install()
    try:
        return live.run(_Installed.reactor, work, ended)
    finally:
        _Installed.reactor = None


@contextmanager
def unbroken() -> Iterator[None]:
    """Nobody may be reading what is printed here any more."""
    try:
        yield
    except BrokenPipeError:
        forgetOutput()


def isPipe(stream: Any) -> bool:
    """Whether a stream leads to another program."""
    try:
        return stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):
        return False


def flush() -> None:
    """Write what is left."""
    with unbroken():
        sys.stdout.flush()


def forgetOutput() -> None:
    """Write nothing any more."""
    # Python would try again when it ends, and complain.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
