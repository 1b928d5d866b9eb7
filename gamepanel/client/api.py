"""
The API as methods of a class.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Literal
from urllib.parse import urlsplit

from attrs import define
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.threads import deferToThreadPool

from gamepanel.client import following
from gamepanel.client.connection import BadAnswer, ClientError, Connection, newHttp, wait
from gamepanel.client.following import Piece
from gamepanel.wire.authentication import Config, LoggedIn, Login, LoginInfo
from gamepanel.wire.management import (
    Created,
    CreateOptions,
    CreateServer,
    Destroy,
    ServerList,
    TypeOptions,
    Types,
)
from gamepanel.wire.message import Done, Empty
from gamepanel.wire.people import (
    AuditEntries,
    ChangePassword,
    CreateUser,
    OfUser,
    ReadAudit,
    UpdateUser,
    User,
    UserList,
)
from gamepanel.wire.proof import solveEach
from gamepanel.wire.server import (
    ChangeSettings,
    Command,
    LogChunk,
    NewStatus,
    OfServer,
    ReadLog,
    ServerStatus,
    SettingsList,
    Statuses,
    StatusOf,
)
from gamepanel.wire.system import Health
from gamepanel.wire.values import Right


def _base(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise ClientError(f"{url}: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ClientError(f"{url}: an address must be like http://name or https://name")
    return url.rstrip("/") + "/"


@define
class Panel:
    """
    A daemon, as one user sees it.

    Each endpoint is a coroutine method that returns the answer and raises a class of
    L{gamepanel.errors} for what the daemon refuses, or L{ClientError}. Cancelling the
    Deferred or the task that waits gives the request up. In a coroutine of Twisted's and in
    a task of asyncio's (with Twisted's asyncio reactor) they are awaited alike.

    @ivar connection: where requests go, and with which token.
    @ivar config: what the daemon tells of itself.
    """

    connection: Connection
    config: Config
    _reactor: Any

    @classmethod
    async def connect(
        cls,
        url: str | Sequence[str],
        username: str | None = None,
        password: str | None = None,
        *,
        token: str | None = None,
        certificates: str | None = None,
        progress: Callable[[int, int], None] | None = None,
        reactor: Any = None,
        http: Any = None,
    ) -> "Panel":
        """
        Reach a daemon, and log in if a user is given.

        @param url: of the daemon, such as C{"http://127.0.0.1:8080/"}, or several that it is
            known by, best first. If the daemon tells of others, the best that answers is
            taken, and the next one when that fails.
        @param token: an access token, instead of user and password.
        @param certificates: path of a PEM file with those to trust instead of the host's own.
        @param progress: called with how many of how many proofs of work are done.
        @param reactor: by default the one that is installed.
        @param http: an HTTPClient of treq's that sends the requests; by default one of its own.

        @raise InvalidCredentials: for a wrong user name or password.
        @raise ClientError: for what is no address.
        @raise Unreachable: when the daemon can't be reached.
        @raise BadAnswer: when what answers is no daemon.
        @raise NewerDaemon: when the daemon is of a newer version of the API.
        """
        bases = [_base(each) for each in ([url] if isinstance(url, str) else url)]
        if username is not None and password is None:
            raise ClientError("A user name needs a password.")
        if reactor is None:
            from twisted.internet import reactor as installed

            reactor = installed
        sender, pool = (http, None) if http is not None else newHttp(reactor, certificates)
        connection = Connection(sender, reactor, bases, token, pool)
        try:
            panel = cls(connection, await connection.settle(), reactor)
            if username is not None and password is not None:
                await panel.login(username, password, progress)
        except BaseException:
            await connection.close()
            raise
        return panel

    @property
    def clock(self) -> IReactorTime:
        """What its timers run by."""
        clock: IReactorTime = self._reactor
        return clock

    async def login(
        self,
        username: str,
        password: str,
        progress: Callable[[int, int], None] | None = None,
    ) -> LoggedIn:
        """
        Log in; all that follows is done as this user.

        The proof of work is found in a thread.
        """
        info = await self.loginInfo()
        work = info.proofOfWork
        if work.algorithm != "sha256-lz-1":
            raise BadAnswer(f"The daemon wants work that is not known here: {work.algorithm}.")
        proofs: list[int] = []
        solving = solveEach(info.token, username, work.amount, work.difficulty)
        for done in range(work.amount):
            proofs.append(await wait(self._inThread(lambda: next(solving))))
            if progress is not None:
                progress(done + 1, work.amount)
        message = Login(username=username, password=password, token=info.token, proofOfWork=proofs)
        answer = await self.connection.call("login", message, LoggedIn)
        self.connection.token = answer.accessToken
        return answer

    def _inThread(self, work: Callable[[], int]) -> Deferred[int]:
        return deferToThreadPool(self._reactor, self._reactor.getThreadPool(), work)

    async def close(self) -> None:
        """Close the connections that are kept. The token stays good; see L{logout}."""
        await self.connection.close()

    async def __aenter__(self) -> "Panel":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self.close()

    # Authentication.

    async def loginInfo(self) -> LoginInfo:
        """What a login needs."""
        return await self.connection.call("login_info", Empty(), LoginInfo)

    async def logout(self) -> Done:
        """End the token that is in use."""
        answer = await self.connection.call("logout", Empty(), Done)
        self.connection.token = None
        return answer

    # Management.

    async def types(self) -> Types:
        """All types that servers can be made of (C{server_create_options})."""
        return await self.connection.call("server_create_options", CreateOptions(), Types)

    async def typeOptions(self, type: str) -> TypeOptions:
        """What can be set when a server of a type is made (C{server_create_options})."""
        message = CreateOptions(type=type)
        return await self.connection.call("server_create_options", message, TypeOptions)

    async def serverCreate(
        self,
        type: str,
        server: str,
        *,
        description: str = "",
        options: Mapping[str, Any] | None = None,
    ) -> Created:
        """
        Make a server.

        @param options: values by the names of the type's options.
        """
        message = CreateServer(
            type=type, server=server, description=description, options=dict(options or {})
        )
        # What a type needs may have to be downloaded.
        return await self.connection.call("server_create", message, Created, patience=600)

    async def serverDestroy(self, server: str, *, deleteFiles: bool = False) -> Done:
        """
        Remove a server that does not run.

        @param deleteFiles: whether its files are deleted, too; else they move aside.
        """
        message = Destroy(server=server, deleteFiles=deleteFiles)
        return await self.connection.call("server_destroy", message, Done, patience=60)

    async def serverList(self) -> ServerList:
        """All servers that may be seen, in brief."""
        return await self.connection.call("server_list", Empty(), ServerList)

    async def serverStatuses(self) -> Statuses:
        """All about all servers that may be seen (C{server_status})."""
        return await self.connection.call("server_status", StatusOf(), Statuses)

    # One server.

    async def serverStatus(self, server: str) -> ServerStatus:
        """All about a server."""
        message = StatusOf(server=server)
        return await self.connection.call("server_status", message, ServerStatus)

    async def serverLog(
        self,
        server: str,
        *,
        readIndex: int = 0,
        limit: int = 65536,
        wait: float = 0.0,
        encoding: Literal["utf-8", "base64"] = "utf-8",
        times: bool = False,
        since: float | None = None,
    ) -> LogChunk:
        """
        Some of a log.

        @param readIndex: the C{nextReadIndex} of the answer before.
        @param limit: bytes at the most, 4 to 262144.
        @param wait: seconds to wait for something to send, 0 to 30.
        @param times: whether to tell when it was read.
        @param since: in the place of C{readIndex}: begins at what was read at that time or
            later, in seconds since the epoch; known to a second.
        """
        message = ReadLog(
            server=server,
            readIndex=readIndex,
            limit=limit,
            wait=wait,
            encoding=encoding,
            # An older daemon knows no such field.
            times=times or None,
            since=since,
        )
        return await self.connection.call("server_log", message, LogChunk, patience=wait)

    def follow(
        self,
        server: str,
        *,
        readIndex: int = 0,
        encoding: Literal["utf-8", "base64"] = "utf-8",
        away: Callable[[str | None], None] | None = None,
    ) -> AsyncIterator[Piece]:
        """
        A log from an index on, for as long as the server exists.

        It goes on through lost connections and restarts of the daemon, at the very byte;
        what was overrun meanwhile is said by C{lost} of the piece that follows.

        @param away: called with a sentence when the daemon can't be reached, and with None
            when it can again.

        @return: pieces for C{async for}.

        @raise NoSuchServer: in the loop, when the server is destroyed or may not be seen.
        @raise TokenInvalid: in the loop, when the token ends.
        """
        return following.follow(self._reactor, self.serverLog, server, readIndex, encoding, away)

    async def serverCmd(self, server: str, command: str) -> Done:
        """
        Hand a game a console line.

        @param command: one line without its end, at most 4095 bytes of UTF-8.
        """
        message = Command(server=server, command=command)
        return await self.connection.call("server_cmd", message, Done)

    async def _power(self, name: str, server: str) -> NewStatus:
        return await self.connection.call(name, OfServer(server=server), NewStatus)

    async def serverStart(self, server: str) -> NewStatus:
        """Start a server."""
        return await self._power("server_start", server)

    async def serverStop(self, server: str) -> NewStatus:
        """Stop a server as its type says."""
        return await self._power("server_stop", server)

    async def serverRestart(self, server: str) -> NewStatus:
        """Stop a server as its type says, and start it again."""
        return await self._power("server_restart", server)

    async def serverKill(self, server: str) -> NewStatus:
        """Send SIGTERM to a server's process group."""
        return await self._power("server_kill", server)

    async def serverForceKill(self, server: str) -> NewStatus:
        """Send SIGKILL to every process of a server."""
        return await self._power("server_force_kill", server)

    async def serverSettings(
        self, server: str, settings: Mapping[str, Any] | None = None
    ) -> SettingsList:
        """
        What is set, after setting some of it anew.

        @param settings: new values by name; None takes one back to its default.
        """
        message = ChangeSettings(
            server=server, settings=None if settings is None else dict(settings)
        )
        return await self.connection.call("server_settings", message, SettingsList)

    # People.

    async def whoami(self) -> User:
        """Who we are, and what we may do."""
        return await self.connection.call("whoami", Empty(), User)

    async def passwordChange(self, oldPassword: str, password: str) -> Done:
        """Change our own password; all our other sessions end."""
        message = ChangePassword(oldPassword=oldPassword, password=password)
        return await self.connection.call("password_change", message, Done)

    async def userList(self) -> UserList:
        """All users."""
        return await self.connection.call("user_list", Empty(), UserList)

    async def userCreate(
        self,
        username: str,
        *,
        password: str | None = None,
        admin: bool = False,
        create: bool = False,
        external: bool = False,
        servers: Mapping[str, list[Right]] | None = None,
    ) -> User:
        """
        Make a user.

        @param password: for who is not external.
        @param servers: rights on each server.
        """
        message = CreateUser(
            username=username,
            password=password,
            admin=admin,
            create=create,
            external=external,
            servers=None if servers is None else dict(servers),
        )
        return await self.connection.call("user_create", message, User)

    async def userUpdate(
        self,
        username: str,
        *,
        password: str | None = None,
        admin: bool | None = None,
        create: bool | None = None,
        disabled: bool | None = None,
        servers: Mapping[str, list[Right]] | None = None,
    ) -> User:
        """
        Change a user; None leaves a thing as it is.

        @param servers: takes the place of the whole map of rights.
        """
        message = UpdateUser(
            username=username,
            password=password,
            admin=admin,
            create=create,
            disabled=disabled,
            servers=None if servers is None else dict(servers),
        )
        return await self.connection.call("user_update", message, User)

    async def userDelete(self, username: str) -> Done:
        """Remove a user."""
        return await self.connection.call("user_delete", OfUser(username=username), Done)

    async def auditLog(self, *, before: int | None = None, limit: int = 100) -> AuditEntries:
        """
        What people did, newest first.

        @param before: only entries with smaller ids.
        """
        message = ReadAudit(before=before, limit=limit)
        return await self.connection.call("audit_log", message, AuditEntries)

    # For machines.

    async def healthz(self) -> Health:
        """Whether the daemon answers."""
        return await self.connection.get("healthz", Health)
