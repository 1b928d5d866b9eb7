"""
Lets a worker that has become a game's user have what all servers share: a process that stays the
daemon's user brings it here, and takes no other orders.
"""

import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from gamepanel.jobs.report import Failed
from gamepanel.wire.causes import Cause, because
from gamepanel.wire.decoding import undecodable
from gamepanel.worker.steps.running import beside
from gamepanel.worker.steps.shared import Shared
from gamepanel.worker.steps.task import Tell

maxOrderBytes: Final = 256
"""An order is one short line."""


class Order(Struct, forbid_unknown_fields=True):
    """
    What is wanted.

    @ivar java: a Java runtime of this major version; None: the archive of SteamCMD.
    """

    java: Annotated[int, Meta(ge=1, le=999)] | None = None


class Said(Struct):
    """
    What is said of it: how far it is, or how it ended.

    @ivar path: where it is.
    @ivar error: why it can't be had.
    """

    done: int = 0
    total: int | None = None
    path: str | None = None
    error: Cause | None = None


class SharedByOther:
    """
    The same as L{Shared}, through the process that L{beginSharing} has begun.

    @ivar process: that one.
    """

    def __init__(self, connection: socket.socket, process: int) -> None:
        self.process = process
        self._connection = connection
        self._stream = connection.makefile("rb")

    def _ask(self, order: Order, tell: Tell) -> str:
        try:
            self._connection.sendall(msgspec.json.encode(order) + b"\n")
            for line in self._stream:
                said = msgspec.json.decode(line, type=Said)
                if said.error is not None:
                    raise Failed(said.error)
                if said.path is not None:
                    return said.path
                tell(said.done, said.total)
        except OSError as error:
            raise Failed(because("bringer_ended")) from error
        raise Failed(because("bringer_ended"))

    def java(self, major: int, tell: Tell) -> str:
        """Path of the program of a Java runtime, see L{Shared.java}."""
        return self._ask(Order(major), tell)

    def steamcmd(self, tell: Tell) -> str:
        """Path of the archive of SteamCMD, see L{Shared.steamcmd}."""
        return self._ask(Order(), tell)

    def close(self) -> None:
        """Let the other process end."""
        self._stream.close()
        self._connection.close()


def beginSharing(shared: Shared, prepare: Callable[[], None] = lambda: None) -> SharedByOther:
    """
    Begin a process that stays who we are now; it ends when the other end is closed. There must be
    no other thread yet.

    @param prepare: called in it at first, when the directory of all that is shared is there.

    @raise OSError: when there can't be one.
    """

    def run(its: socket.socket) -> None:
        shared.make()
        prepare()
        serve(its, shared)

    return SharedByOther(*beside(run))


def serve(connection: socket.socket, shared: Shared) -> None:
    """Do what is ordered, one after the other, until the other end is closed."""

    def say(said: Said) -> None:
        connection.sendall(msgspec.json.encode(said) + b"\n")

    def tell(done: int, total: int | None) -> None:
        say(Said(done, total))

    with connection, suppress(OSError), connection.makefile("rb") as orders:
        while line := orders.readline(maxOrderBytes):
            say(_obey(shared, line, tell))


def _obey(shared: Shared, line: bytes, tell: Tell) -> Said:
    try:
        order: Any = msgspec.json.decode(line, type=Order)
        if order.java is None:
            return Said(path=shared.steamcmd(tell))
        return Said(path=shared.java(order.java, tell))
    except undecodable:
        return Said(error=because("no_order"))
    except Failed as error:
        return Said(error=error.cause)
    except OSError as error:
        return Said(error=because("not_kept", error=error.strerror or str(error)))
