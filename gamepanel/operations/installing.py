"""
Installing servers anew: updates.
"""

from attrs import frozen

from gamepanel.errors import JobRunning, NotInstallable, NotStopped, SpawnFailed
from gamepanel.games.definition import ServerType
from gamepanel.jobs.queue import Jobs
from gamepanel.operations.actor import Actor
from gamepanel.operations.reach import reach
from gamepanel.servers.directory import Directory
from gamepanel.servers.installtask import installTask
from gamepanel.servers.server import GameServer
from gamepanel.store.jobs import JobRow


@frozen
class Installing:
    """
    All want the right C{settings}.
    """

    _directory: Directory
    _jobs: Jobs

    async def update(self, actor: Actor, id: str) -> int:
        """
        Run the install steps of a server's type again.

        @return: number of the job that does it.

        @raise NotInstallable: when its type has none.
        @raise NotStopped: when it runs.
        @raise JobRunning: when it has a job already.
        @raise SpawnFailed: when its files, or what an earlier run has left, are in the way.
        @raise NoSpace: when the disk is full.
        """
        with actor.acting("server_update", id):
            server = reach(self._directory, actor.person, id, "settings")
            await self._directory.lookAgain(server)
            await self._directory.context.lookAtTypes()
            definition = self._directory.context.definition(server)
            if not definition.install:
                raise NotInstallable()
            return (await self._add(actor, server, definition)).job

    async def _add(self, actor: Actor, server: GameServer, definition: ServerType) -> JobRow:
        context = self._directory.context
        if self._jobs.jobOf(server.creation) is not None:
            raise JobRunning()
        if server.unusable is not None:
            raise SpawnFailed(server.unusable)
        if server.status.state == "installing":
            # Somebody else is just asking for the same.
            raise NotStopped()
        context.checkRoom()
        # From here on nobody starts it.
        server.resting.begin()
        try:
            await server.endLeftovers()
            account = await context.account(server, definition)
            task = installTask(
                *(definition, server.id, server.settings, server.directory, account),
                *(context.path, context.sources),
            )
            return await self._jobs.add(
                "update", server.id, server.creation, "bytes", actor.name, task
            )
        except BaseException:
            server.resting.end(None)
            raise
