"""
The API as methods of a class. What follows a console, a job or the events reconnects after lost
connections and restarts of the daemon: each byte and each event comes once.
"""

from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Literal, TypeVar, cast

from attrs import define, frozen

from gamepanel.base.backoff import backoff
from gamepanel.base.errors import AuthUnavailable, Busy, ShuttingDown, TooManyRequests
from gamepanel.client import filetransfers
from gamepanel.client.caller import baseOf
from gamepanel.client.calls import Calls
from gamepanel.client.failures import BadAnswer, ClientError, Unreachable
from gamepanel.client.filetransfers import Write
from gamepanel.wire.authentication import Config, LoggedIn, Login
from gamepanel.wire.backups import DownloadBackup
from gamepanel.wire.events import EventInfo, EventList
from gamepanel.wire.files import FileWritten
from gamepanel.wire.jobs import JobInfo
from gamepanel.wire.management import (
    CopyFrom,
    Created,
    CreateOptions,
    CreateServer,
    TypeOptions,
    Types,
)
from gamepanel.wire.message import Done, Empty
from gamepanel.wire.proof import solveEach
from gamepanel.wire.server import LogChunk, ServerStatus, Statuses, StatusOf
from gamepanel.wire.transfers import DownloadFile, UploadFile, UploadOffset

if TYPE_CHECKING:
    from twisted.internet.interfaces import IReactorTime

T = TypeVar("T")

waitSeconds: Final = 25.0
"""How long the daemon is asked to wait for something new."""

firstDelay: Final = 0.1
longestDelay: Final = 5.0
"""Between tries to reach a daemon that is away, in seconds; see L{backoff}."""

maxEvents: Final = 1000
"""Events that one answer holds at the most."""


@frozen
class Piece:
    """
    Some of a console.

    @ivar data: the text; with C{encoding="base64"} it is in C{raw}.
    @ivar raw: the bytes as they are, if those were asked for.
    @ivar start: index of the first byte.
    @ivar end: index after the last byte.
    @ivar lost: how many bytes before it were overrun and are gone.
    @ivar chunk: what the daemon answered.
    """

    data: str
    raw: bytes
    start: int
    end: int
    lost: int
    chunk: LogChunk


def _piece(chunk: LogChunk, expected: int) -> Piece:
    isRaw = chunk.encoding == "base64"
    return Piece(
        "" if isRaw else chunk.data,
        b64decode(chunk.data) if isRaw else b"",
        chunk.oldReadIndex,
        chunk.nextReadIndex,
        max(chunk.oldReadIndex - expected, 0),
        chunk,
    )


passing: Final = (Unreachable, ShuttingDown, Busy, AuthUnavailable, TooManyRequests)
"""What passes by itself."""


async def _answers(
    clock: "IReactorTime",
    away: Callable[[str | None], None] | None,
    ask: Callable[[float], Awaitable[T]],
    end: float | None = None,
) -> AsyncIterator[T]:
    """
    What is answered again and again; what passes by itself is waited for, longer each time.

    @param ask: asks once, with how long the daemon may wait: one that was away is asked whether it
        is there, not whether there is news.
    @param end: from then on what passes is raised.
    """
    from twisted.internet.task import deferLater

    from gamepanel.client.connection import wait

    tries = 0
    while True:
        try:
            answer = await ask(0.0 if tries else waitSeconds)
        except passing as error:
            if end is not None and clock.seconds() >= end:
                raise
            if away is not None and not tries:
                away(str(error))
            seconds = backoff(tries, firstDelay, longestDelay)
            await wait(deferLater(clock, max(seconds, getattr(error, "retryAfter", None) or 0.0)))
            tries += 1
            continue
        if away is not None and tries:
            away(None)
        tries = 0
        yield answer


@define
class Panel(Calls):
    """
    A daemon, as one user sees it.

    Each endpoint is a coroutine method that returns the answer and raises a class of
    L{gamepanel.base.errors} for what the daemon refuses, or L{ClientError}. Cancelling the
    Deferred or the task that waits gives the request up. In a coroutine of Twisted's and in
    a task of asyncio's (with Twisted's asyncio reactor) they are awaited alike.

    @ivar connection: where requests go, and with which token.
    @ivar config: what the daemon tells of itself.
    @ivar _reactor: None where requests block.
    """

    config: Config
    _reactor: Any

    @property
    def clock(self) -> "IReactorTime":
        """What its timers run by; L{ClientError} is raised where it has no reactor."""
        if self._reactor is None:
            raise ClientError("What waits or follows needs a reactor: use Panel.connect.")
        return cast("IReactorTime", self._reactor)

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
        others: Sequence[str] = (),
        instance: str = "",
    ) -> "Panel":
        """
        Reach a daemon, and log in if a user is given.

        @param url: of the daemon, such as C{"http://127.0.0.1:8080/"}, or several that it is
            known by, best first. If the daemon tells of others, the best that answers is
            taken, and the next one when that fails; but only one that shows the same
            C{instance}, over https or on this host, and https is never left for http.
        @param token: an access token, instead of user and password.
        @param certificates: path of a PEM file with those to trust instead of the host's own.
        @param progress: called with how many of how many proofs of work are done.
        @param reactor: by default the one that runs.
        @param http: what sends the requests; by default one of its own.
        @param others: addresses that the daemon has told of before, for when it is not at C{url}.
        @param instance: what it has shown then; another daemon is refused.

        @raise InvalidCredentials: for a wrong user name or password.
        @raise ClientError: for what is no address; where no reactor runs, or not on the loop of
            asyncio that does.
        @raise Unreachable: when the daemon can't be reached.
        @raise BadAnswer: when what answers is no daemon.
        @raise AnotherDaemon: when it shows another C{instance}.
        @raise Elsewhere: when it may be reached, but only where no token is sent.
        @raise NewerDaemon: when the daemon is of a newer version of the API.
        """
        from gamepanel.client.connection import Connection, newHttp, runningReactor

        bases = [baseOf(each) for each in ([url] if isinstance(url, str) else url)]
        if username is not None and password is None:
            raise ClientError("A user name needs a password.")
        if reactor is None:
            reactor = runningReactor()
        sender, pool = (http, None) if http is not None else newHttp(reactor, certificates)
        connection = Connection(sender, reactor, bases, token, pool, others, instance)
        try:
            panel = cls(connection, await connection.settle(), reactor)
            if username is not None and password is not None:
                await panel.login(username, password, progress)
        except BaseException:
            await connection.close()
            raise
        return panel

    async def login(
        self, username: str, password: str, progress: Callable[[int, int], None] | None = None
    ) -> LoggedIn:
        """
        Log in; all that follows is done as this user.

        The proof of work is found in a thread, where there is a reactor.
        """
        info = await self.loginInfo()
        work = info.proofOfWork
        if work.algorithm != "sha256-lz-1":
            raise BadAnswer(f"The daemon wants work that is not known here: {work.algorithm}.")
        proofs: list[int] = []
        solving = solveEach(info.token, username, work.amount, work.difficulty)
        for done in range(work.amount):
            proofs.append(await self._inThread(lambda: next(solving)))
            if progress is not None:
                progress(done + 1, work.amount)
        message = Login(username=username, password=password, token=info.token, proofOfWork=proofs)
        answer = await self.connection.call("login", message, LoggedIn)
        self.connection.token = answer.accessToken
        return answer

    async def _inThread(self, work: Callable[[], int]) -> int:
        if self._reactor is None:
            return work()
        from twisted.internet.threads import deferToThreadPool

        from gamepanel.client.connection import wait

        pool = self._reactor.getThreadPool()
        return await wait(deferToThreadPool(self._reactor, pool, work))

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

    async def fileUpload(
        self, server: str, path: str, source: BinaryIO, size: int, *, revision: str | None = None
    ) -> FileWritten:
        """
        Send a file; it is in its place when all of it is there.

        @param source: an open file, read from where it stands.
        @param size: number of bytes to send.
        @param revision: what must be there now; empty for nothing.
        """
        message = UploadFile(server=server, path=path, revision=revision)
        found = await filetransfers.upload(self.connection, message, source, size)
        return cast(FileWritten, found)

    async def fileUploadPiece(
        self,
        server: str,
        path: str,
        source: BinaryIO,
        length: int,
        *,
        upload: str,
        offset: int,
        size: int,
        revision: str | None = None,
    ) -> FileWritten | UploadOffset:
        """
        Send a piece of a file; see C{uploadStatus} for how much has come.

        @param source: an open file, read from where it stands.
        @param length: of the piece, in bytes.
        @param upload: 32 hex digits, the same for all pieces.
        @param offset: number of bytes that came before.
        @param size: of the whole file, in bytes.
        @param revision: what must be there now; empty for nothing.
        """
        message = UploadFile(
            server=server, path=path, revision=revision, upload=upload, offset=offset, size=size
        )
        return await filetransfers.upload(self.connection, message, source, length)

    async def fileDownload(
        self, server: str, path: str, write: Write, *, offset: int = 0, revision: str | None = None
    ) -> str:
        """
        Fetch a file, or the rest of one; returns its revision.

        @param write: called with each of its pieces.
        @param offset: index of the first byte that is wanted.
        @param revision: of the file that the bytes before it are of: of another one none is
            written, and C{FileChanged} is raised.
        """
        message = DownloadFile(server=server, path=path)
        return await filetransfers.download(self.connection, message, write, offset, revision)

    async def backupDownload(
        self, backup: int, write: Write, *, offset: int = 0, revision: str | None = None
    ) -> str:
        """Fetch the archive of the backup of a number, or the rest of it: as L{fileDownload}."""
        message = DownloadBackup(backup=backup)
        return await filetransfers.download(self.connection, message, write, offset, revision)

    async def logout(self) -> Done:
        """End the token that is in use."""
        answer = await self.connection.call("logout", Empty(), Done)
        self.connection.token = None
        return answer

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
        copyOf: str | None = None,
        directory: str | None = None,
        move: bool = False,
        backup: int | None = None,
    ) -> Created:
        """
        Make a server.

        @param options: values by the names of the type's options.
        @param copyOf: a server at rest whose files it begins with.
        @param directory: of the host, whose files it begins with.
        @param move: whether that directory becomes the server's, instead of being copied.
        @param backup: number of one that it begins with, and whose options it has.
        """
        source = None
        if (copyOf, directory, backup) != (None, None, None):
            source = CopyFrom(server=copyOf, directory=directory, move=move, backup=backup)
        message = CreateServer(
            type=type,
            server=server,
            description=description,
            options=dict(options or {}),
            source=source,
        )
        return await self.connection.call("server_create", message, Created)

    async def serverStatus(self, server: str) -> ServerStatus:
        """All about a server."""
        message = StatusOf(server=server)
        return await self.connection.call("server_status", message, ServerStatus)

    async def serverStatuses(self) -> Statuses:
        """All about all servers that may be seen (C{server_status})."""
        return await self.connection.call("server_status", StatusOf(), Statuses)

    async def follow(
        self,
        server: str,
        *,
        readIndex: int = 0,
        encoding: Literal["utf-8", "base64"] = "utf-8",
        away: Callable[[str | None], None] | None = None,
        times: bool = False,
    ) -> AsyncIterator[Piece]:
        """
        A log from an index on, for as long as the server exists.

        It goes on through lost connections and restarts of the daemon, at the very byte;
        what was overrun meanwhile is said by C{lost} of the piece that follows.

        @param away: called with a sentence when the daemon can't be reached, and with None
            when it can again.
        @param times: whether C{chunk.times} tells when it was read.

        @return: pieces for C{async for}.

        @raise NoSuchServer: in the loop, when the server is destroyed or may not be seen.
        @raise TokenInvalid: in the loop, when the token ends.
        """
        index = readIndex

        def ask(wait: float) -> Awaitable[LogChunk]:
            return self.serverLog(
                server, readIndex=index, wait=wait, encoding=encoding, times=times
            )

        async for chunk in _answers(self.clock, away, ask):
            if chunk.nextReadIndex != index or chunk.oldReadIndex != index:
                yield _piece(chunk, index)
            index = chunk.nextReadIndex

    async def followJob(
        self,
        job: int,
        *,
        end: float | None = None,
        away: Callable[[str | None], None] | None = None,
    ) -> AsyncIterator[JobInfo]:
        """
        How far a job is, now and at each change, until it is over.

        It goes on through lost connections and restarts of the daemon, which a job outlives.

        @param end: until when at the most, as C{clock} has it; None: without an end.
        @param away: called with a sentence when the daemon can't be reached, and with None
            when it can again.

        @return: for C{async for}; the last one is over, unless C{end} has come.

        @raise NoSuchJob: in the loop, when there is no such job.
        """
        left = 0.0

        def ask(wait: float) -> Awaitable[JobInfo]:
            return self.jobStatus(job, wait=min(left, wait))

        async for now in _answers(self.clock, away, ask, end):
            yield now
            left = waitSeconds if end is None else end - self.clock.seconds()
            if now.isOver or left <= 0:
                return

    async def followEvents(
        self,
        *,
        after: int | None = None,
        server: str | None = None,
        kinds: Sequence[str] | None = None,
        away: Callable[[str | None], None] | None = None,
    ) -> AsyncIterator[EventInfo]:
        """
        What happens, for as long as one likes.

        It goes on through lost connections and restarts of the daemon: each event comes once.

        @param after: the number of the last event that is known; None: from now on.
        @param away: called with a sentence when the daemon can't be reached, and with None
            when it can again.

        @return: events for C{async for}.

        @raise NoSuchServer: in the loop, when the server is destroyed or may not be seen.
        @raise TokenInvalid: in the loop, when the token ends.
        """

        def ask(wait: float) -> Awaitable[EventList]:
            # The first answer tells only which number is the newest now.
            limit, wait = (1, 0.0) if after is None else (maxEvents, wait)
            return self.eventList(after=after, server=server, kinds=kinds, limit=limit, wait=wait)

        async for page in _answers(self.clock, away, ask):
            if after is not None:
                for event in page.events:
                    yield event
            after = page.newest
