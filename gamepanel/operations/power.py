"""
Starting and ending servers.
"""

from msgspec import Struct

from gamepanel.base.errors import JobRunning
from gamepanel.jobs.queue import Jobs
from gamepanel.jobs.values import copiesOf, needRest
from gamepanel.operations.actor import Actor, usable
from gamepanel.servers.directory import Directory
from gamepanel.servers.server import GameServer
from gamepanel.wire.causes import because
from gamepanel.wire.values import State


class Power(Struct, frozen=True):
    """
    Each wants the right C{power} and returns the server's state after it.
    """

    _directory: Directory
    _jobs: Jobs

    async def start(self, actor: Actor, id: str) -> State:
        """
        Start a server.

        @raise AlreadyRunning: when it runs.
        @raise JobRunning: when it has a job that needs it at rest.
        @raise SpawnFailed: when it can't be started, with the reason.
        """
        with actor.acting("server_start", id):
            server = await usable(self._directory, actor.person, id, "power")
            self._checkRest(server)
            await server.start(actor.name)
        return "starting"

    async def stop(self, actor: Actor, id: str) -> State:
        """
        Stop a server as its type says.

        @raise NotRunning: when it does not run.
        """
        with actor.acting("server_stop", id):
            server = await usable(self._directory, actor.person, id, "power")
            server.stop(actor.name)
        return server.status.state

    async def restart(self, actor: Actor, id: str) -> State:
        """
        Stop a server as its type says, and start it again.

        @raise JobRunning: when it has a job that needs it at rest.
        """
        with actor.acting("server_restart", id):
            server = await usable(self._directory, actor.person, id, "power")
            self._checkRest(server)
            server.restart(actor.name)
        return server.status.state

    async def terminate(self, actor: Actor, id: str) -> State:
        """
        Send SIGTERM to the process group of a server's game.

        @raise NotRunning: when it does not run.
        """
        with actor.acting("server_kill", id):
            server = await usable(self._directory, actor.person, id, "power")
            server.terminate(actor.name)
        return server.status.state

    async def kill(self, actor: Actor, id: str) -> State:
        """
        Send SIGKILL to every process of a server.

        @raise NotRunning: when it has none.
        """
        with actor.acting("server_force_kill", id):
            server = await usable(self._directory, actor.person, id, "power")
            waited = server.status.state == "waiting"
            await server.killEverything(actor.name)
        return server.status.state if waited else "stopping"

    def _checkRest(self, server: GameServer) -> None:
        job = self._jobs.jobOf(server.creation)
        if job is not None and job.kind in needRest:
            raise JobRunning(job=job.job)
        for copy in copiesOf(self._jobs.all(), server.creation):
            if copy.status == "running":
                raise JobRunning(because("goes_into_copy"), job=copy.job)
