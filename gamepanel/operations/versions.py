"""
Versions of games: what is installed, and what is newest.
"""

import os
import time
from collections.abc import Callable
from typing import Final

from msgspec import Struct
from twisted.internet.interfaces import IReactorTime

from gamepanel.base.errors import NotInstallable
from gamepanel.events.journal import Journal
from gamepanel.games.versions import isPinned
from gamepanel.jobs.versions import Newest, Versions, asking
from gamepanel.operations.actor import Actor, carriesOut, reach
from gamepanel.servers.directory import Directory
from gamepanel.servers.server import GameServer
from gamepanel.store.events import NewEvent
from gamepanel.wire.message import milliseconds
from gamepanel.wire.versions import ReadVersions, VersionsInfo

nobody: Final = (65534, 65534)
"""Numbers of the user and the group that have nothing."""


class VersionOperations(Struct, frozen=True):
    """
    Wants the right C{view}.
    """

    _directory: Directory
    _versions: Versions

    @carriesOut("server_versions")
    async def find(self, actor: Actor, wanted: ReadVersions) -> VersionsInfo:
        """
        The versions of a server's game. Nothing is downloaded.

        @raise NotInstallable: when its type has no install steps.
        @raise SourceUnavailable: when a source does not tell.
        @raise SpawnFailed: when its type is not there any more.
        """
        server = reach(self._directory, actor.person, wanted.server, "view")
        await self._directory.context.lookAtTypes()
        definition = server.basics.definition()
        if not definition.install:
            raise NotInstallable()
        newest = await self._versions.find(server.type, definition, wanted.refresh)
        return VersionsInfo(
            installed=installedOf(server),
            available=newest.available,
            pinned=pinned(server),
            at=milliseconds(newest.at),
        )


def installedOf(server: GameServer) -> str | None:
    """The version that is installed, for people; None when that is not known."""
    return None if server.installed is None else server.installed.version


def pinned(server: GameServer) -> bool:
    """Whether an option holds a server at its version."""
    definition = server.basics.definition()
    return isPinned(definition.steps, server.settings.optionValues(definition))


def tellUpdates(
    directory: Directory, record: Callable[[NewEvent], object], now: Callable[[], float]
) -> Callable[[tuple[str, Newest]], None]:
    """
    Tells of each server of a type, when a newer version of its game is out.

    @param record: keeps an event.

    @return: to be called when what is newest of a type has changed.
    """

    def changed(found: tuple[str, Newest]) -> None:
        type, newest = found
        for server in directory.all():
            installed = installedOf(server) if server.type == type else None
            if installed is None or newest.available in (None, installed):
                continue
            if not pinned(server):
                data = {"installed": installed, "available": newest.available}
                record(NewEvent(now(), server.id, server.creation, "update_available", data))

    return changed


def newestVersions(
    reactor: IReactorTime, directory: Directory, journal: Journal, state: str, hasUsers: bool
) -> Versions:
    """
    What knows the newest versions of games, and tells of new ones.

    @param reactor: starts processes, too.
    @param state: path of the state directory.
    @param hasUsers: whether games run as other users than we do; then nor do programs that are
        asked for versions.
    """
    context = directory.context
    how = {
        "account": nobody if hasUsers else None,
        "machine": os.uname().machine,
        "path": context.path,
        "sources": context.sources,
        "shared": os.path.join(state, "shared"),
        "cache": os.path.join(state, "versions"),
        "isIsolated": context.isolation.isOffered,
    }
    versions = Versions(reactor, asking(reactor), time.time, how)
    versions.changed.listen(tellUpdates(directory, journal.record, time.time))
    return versions
