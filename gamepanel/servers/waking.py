"""
Servers are taken up when the daemon starts, and those whose files can't be used then, later.
"""

import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Final

from twisted.internet.defer import Deferred, succeed
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger

from gamepanel.base.errors import PanelError
from gamepanel.base.sharing import Shared
from gamepanel.console.ring import Ring, headerBytes
from gamepanel.disk.durable import makeDirectories
from gamepanel.disk.places import Places
from gamepanel.servers import layout, recovery
from gamepanel.servers.events import ServerEvent, StatusChanged
from gamepanel.servers.hostcontext import HostContext
from gamepanel.servers.registry import Registry
from gamepanel.servers.server import GameServer
from gamepanel.servers.settings import Settings
from gamepanel.store import ServerRow

lookAgainSeconds: Final = 5.0
"""How often servers whose files can't be used are looked at again."""


class Waking:
    """
    Takes up the servers that are stored.
    """

    def __init__(self, context: HostContext, registry: Registry, places: Places) -> None:
        self._context = context
        self._registry = registry
        self._places = places
        self._startingUp: Deferred[None] = succeed(None)
        self._looking = Shared(lambda: Deferred.fromCoroutine(self._lookInTurn()))
        self._nextLook: IDelayedCall | None = None
        self._isLeaving = False
        self._log = Logger()

    def load(self, rows: Collection[ServerRow], asides: Mapping[str, str] | None = None) -> None:
        """
        Take up the servers that there are, before anything else happens.

        A directory without a row is what a crash left of a server being made or
        destroyed: it moves aside.

        @param asides: where to, for servers whose files are to be deleted.
        """
        makeDirectories(self._places.removed, 0o700)
        makeDirectories(self._places.servers, 0o700)
        self._context.prepareState()
        known = {row.id for row in rows}
        for name in os.listdir(self._places.servers):
            if name not in known:
                self._moveAside(self._places.server(name), name, (asides or {}).get(name))
        toStart = [row.id for row in rows if self._wake(row)]
        self._context.containment.sweep()
        self._startingUp = Deferred.fromCoroutine(self._startInTurn(toStart))

    def _moveAside(self, path: str, name: str, wanted: str | None) -> None:
        aside = wanted if wanted and not os.path.lexists(wanted) else self._places.aside(name)
        try:
            layout.moveAside(path, aside)
        except OSError as error:
            self._log.error(
                "{name} is no server (any more), and can't be moved: {reason}",
                name=name,
                reason=str(error),
            )
        else:
            self._log.warn(
                "{name} is no server (any more): moved to {aside}", name=name, aside=aside
            )

    def _wake(self, row: ServerRow) -> bool:
        """
        Take up one server. If its files can't be used it is left as it is, for now.

        @return: whether it is to be started, since the host has restarted.
        """
        place = self._places.server(row.id)
        settings = Settings(row.description, row.own, row.options)
        nothing = Ring.format(memoryview(bytearray(2 * headerBytes)))
        server = GameServer(
            *(row.id, row.type, settings, place, nothing),
            *(self._context, row.creation, row.lastEvent),
        )
        server.resting.changed(row.installed, None)
        self._registry.add(server)
        try:
            return self._goOn(server, recovery.find(row.id, place, self._context.boot))
        # Whatever one server's files bring about, the others come up.
        except Exception as error:
            self._say(row.id, error)
            server.adoption.lose(_whyUnusable(error))
            self._lookAgainSoon()
            return False

    def _say(self, id: str, error: Exception) -> None:
        """What came of the files of a server, while it is being handled."""
        said = "{server}: its files can't be used, it is left as it is until they can"
        if isinstance(error, OSError):
            self._log.error(f"{said}: {{reason}}", server=id, reason=str(error))
        else:
            self._log.failure(said, server=id)

    def _goOn(self, server: GameServer, found: recovery.Found) -> bool:
        rebooted = server.adoption.wake(found)
        return rebooted and server.status.wanted and bool(server.settings.own.get("autostart"))

    def _lookAgainSoon(self) -> None:
        if self._nextLook is None and not self._isLeaving:
            self._nextLook = self._context.reactor.callLater(lookAgainSeconds, self._lookAtAllAgain)

    def _lookAtAllAgain(self) -> None:
        self._nextLook = None
        if any(server.unusable is not None for server in self._registry.all()):
            looking = self._looking()
            looking.addErrback(lambda failure: self._log.failure("looking again failed", failure))
            looking.addBoth(lambda _: self._lookAgainSoon())

    async def lookAgain(self, server: GameServer) -> None:
        """
        Take up a server whose files could not be used, if they can be now.
        """
        if server.unusable is not None:
            # Never twice at a time: a log that is read into must not be opened anew.
            await self._looking()

    async def _lookInTurn(self) -> None:
        for server in self._registry.all():
            if server.unusable is not None:
                await self._lookAt(server)

    async def _lookAt(self, server: GameServer) -> None:
        try:
            found = await self._context.threads.disk(
                recovery.find, server.id, server.directory, self._context.boot
            )
            if self._isLeaving or not self._registry.has(server):
                return
            toStart = self._goOn(server, found)
        except PanelError:
            # Threads are lacking, say: that tells nothing of its files.
            return
        except Exception as error:
            reason = _whyUnusable(error)
            if reason != server.unusable:
                self._say(server.id, error)
            server.adoption.lose(reason)
            return
        self._log.info("{server}: its files can be used again", server=server.id)
        if toStart:
            await self._startInTurn([server.id])

    async def _startInTurn(self, ids: list[str]) -> None:
        """Start servers, one after the other: all at once would keep a host busy for minutes."""
        for id in ids:
            with suppress(PanelError):
                server = self._registry.find(id)
                if server.status.state == "installing":
                    self._startLater(server)
                else:
                    await server.start()

    def _startLater(self, server: GameServer) -> None:
        """Start a server when the long work is over that needs it at rest."""

        def changed(event: ServerEvent) -> None:
            if isinstance(event, StatusChanged) and event.status.state != "installing":
                stopListening()
                if event.status.state in ("stopped", "crashed") and not self._isLeaving:
                    # Not while it is being told.
                    self._context.reactor.callLater(0, start)

        def start() -> None:
            starting = Deferred.fromCoroutine(self._startInTurn([server.id]))
            starting.addErrback(lambda failure: self._log.failure("a start failed", failure))

        stopListening = server.happens.listen(changed)

    def leave(self) -> None:
        """Start and take up nothing more: the daemon ends."""
        self._isLeaving = True
        self._startingUp.cancel()
        if self._nextLook is not None:
            self._nextLook.cancel()
            self._nextLook = None


def _whyUnusable(error: Exception) -> str:
    """For people who do not know the host's paths."""
    reason = error.strerror if isinstance(error, OSError) else None
    return f"Its files can't be used: {reason or 'they are damaged'}."
