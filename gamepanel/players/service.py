"""
Who plays on all servers: follows each as long as it is there.
"""

from collections.abc import Callable, Mapping

from twisted.internet.interfaces import IReactorTime

from gamepanel.players.roster import Answer, Means, Sink, Watch
from gamepanel.servers.directory import Directory
from gamepanel.servers.server import GameServer
from gamepanel.store.players import KnownPlayers, PlayerRow, PlayerTables, keptPlayers


class Players:
    """
    Who plays on all servers.
    """

    def __init__(
        self,
        clock: IReactorTime,
        directory: Directory,
        store: PlayerTables,
        sink: Sink,
        now: Callable[[], float],
    ) -> None:
        """
        @param sink: has stored what players do.
        @param now: Unix time in seconds.
        """
        self._store = store
        self._means = Means(clock, sink, now)
        self._known: Mapping[int, KnownPlayers] = {}
        self._watches: dict[int, Watch] = {}
        self._forget = (
            directory.added.listen(self._added),
            directory.removed.listen(self._removed),
        )

    def load(self, known: Mapping[int, KnownPlayers]) -> None:
        """
        Go on from what is stored; before the servers are there.

        @param known: of each server, by its creation.
        """
        self._known = known

    def _added(self, server: GameServer) -> None:
        known = self._known.get(server.creation)
        self._watches[server.creation] = Watch(server, self._means, known)

    def _removed(self, server: GameServer) -> None:
        watch = self._watches.pop(server.creation, None)
        if watch is not None:
            watch.end()

    def answered(self, server: GameServer, answer: Answer) -> None:
        """A game has answered a query."""
        watch = self._watches.get(server.creation)
        if watch is not None:
            watch.answered(answer)

    async def read(self, server: GameServer) -> list[PlayerRow]:
        """
        Who is there, and then who was, the last one first; at most
        L{gamepanel.store.players.keptPlayers}.
        """
        rows = await self._store.readPlayers(server.creation)
        watch = self._watches.get(server.creation)
        there = {} if watch is None else watch.roster.there
        now = self._means.now()
        present = [PlayerRow(name, each.since, now) for name, each in there.items()]
        # What is stored may be a moment old.
        gone = [PlayerRow(row.name, None, row.lastSeen) for row in rows if row.name not in there]
        gone.sort(key=lambda row: -row.lastSeen)
        return [*present, *gone][:keptPlayers]

    def end(self) -> None:
        """Follow nobody any more; what is known goes to be stored."""
        for forget in self._forget:
            forget()
        for watch in self._watches.values():
            watch.end()
