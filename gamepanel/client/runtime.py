"""
How a command is run: without a reactor as long as it can do without.

Twisted costs more to import than all else that most commands do. So a command begins without it,
with requests that block; one that follows or waits for something asks for a reactor, gets one, and
goes on there.
"""

from collections.abc import Callable, Coroutine, Generator
from types import coroutine
from typing import Any, Final

from gamepanel.client.terminal import flush

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
    unwritten = flush()
    return ended(unwritten) if unwritten is not None and status == 0 else status


def _executeLive(
    work: Coroutine[Any, Any, None], ended: Callable[[BaseException | None], int]
) -> int:
    from gamepanel.client import live

    _Installed.reactor = live.install()
    try:
        return live.run(_Installed.reactor, work, ended)
    finally:
        _Installed.reactor = None
