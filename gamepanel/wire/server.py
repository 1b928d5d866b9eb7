"""
One server: its status, its console, its settings.
"""

from typing import Annotated, Any, ClassVar, Final

from msgspec import UNSET, Meta, UnsetType

from gamepanel.wire.causes import Cause
from gamepanel.wire.message import (
    Answer,
    Bytes,
    Encoding,
    EncodingUsed,
    Index,
    Message,
    Seconds,
    ServerId,
    Status,
    Text,
    Time,
    TypeName,
)
from gamepanel.wire.properties import Property
from gamepanel.wire.values import ConsoleKind, PortProtocol, extensible

commandPattern: Final = r"^[^\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]*\Z"
"""What a console line looks like: no control characters but TAB, and nothing that ends a line."""


class OfServer(Message, frozen=True):
    """A request about one server."""

    server: ServerId


class StatusOf(Message, frozen=True):
    """
    @ivar server: absent: all that may be seen.
    """

    server: ServerId | None = None


class ExitInfo(Answer, frozen=True):
    """
    How the last run ended.

    @ivar code: what a shell would report; null when there was no process, or nobody saw it.
    @ivar signal: name without SIG, when C{code} is that of an end by a signal.
    @ivar at: point in time, in seconds since the Unix epoch.
    @ivar reason: for people. Where a start has failed it may quote the game; each of its lines
        stands on a line of its own that begins with C{| }.
    @ivar cause: the same as C{reason}, as data; absent where an older daemon has written that.
    """

    code: int | None
    signal: str | None
    at: Seconds
    reason: str
    cause: Cause | UnsetType = UNSET


class Restarts(Answer, frozen=True):
    """
    How often it has crashed, and when it is tried again.

    @ivar count: crashes that count now.
    @ivar window: for how long each counts, in seconds; null when there are none.
    @ivar nextAt: when the next try is due, in seconds since the Unix epoch; null when none is.
    @ivar givenUp: why there will be none.
    @ivar cause: the same as C{givenUp}, as data.
    """

    count: Annotated[int, Meta(ge=0)]
    window: Seconds | None
    nextAt: Seconds | None
    givenUp: str | None
    cause: Cause | UnsetType = UNSET


class UsageInfo(Answer, frozen=True):
    """
    What its processes use now.

    @ivar cpuPercent: of one core, so 200 is two whole ones.
    @ivar memoryBytes: resident memory of all its processes, in bytes.
    @ivar processes: how many it has.
    """

    cpuPercent: Annotated[float, Meta(ge=0)]
    memoryBytes: Bytes
    processes: Annotated[int, Meta(ge=0)]


class LimitsInfo(Answer, frozen=True):
    """
    What a server may use as it is set now; null where there is no limit.

    @ivar memoryBytes: of all its processes, in bytes.
    @ivar cpuPercent: of one core, so 200 is two whole ones.
    """

    memoryBytes: Bytes | None = None
    cpuPercent: Annotated[int, Meta(ge=1)] | None = None


class InstalledInfo(Answer, frozen=True):
    """
    What was installed last, and when.

    @ivar version: what is installed, for people; null when that is not known.
    @ivar at: since when, in seconds since the Unix epoch.
    """

    version: str | None
    at: Seconds


class PortInfo(Answer, frozen=True):
    """
    A port that the server wants.

    @ivar name: name of the option that has it.
    @ivar port: its number.
    @ivar protocol: what is opened there.
    """

    name: str
    port: Annotated[int, Meta(ge=0, le=65535)]
    protocol: Annotated[str, extensible(PortProtocol)]


class PlayersInfo(Answer, frozen=True):
    """
    Who plays.

    @ivar online: how many.
    @ivar max: how many can; null when that is not known.
    @ivar names: who, in the order in which they came; null when that is not known.
    @ivar at: when that was last heard of, in seconds since the Unix epoch.
    """

    online: Annotated[int, Meta(ge=0)]
    max: Annotated[int, Meta(ge=0)] | None
    names: tuple[str, ...] | None
    at: Seconds


class ServerSummary(Answer, frozen=True):
    """
    A server, in brief.

    @ivar typeTitle: the title of its type; the name where the daemon has no such type any more.
    @ivar icon: name of a sign for its type; empty if it has none.
    @ivar tags: the words of its setting.
    @ivar ports: all that it wants as it is set now, the one for players first.
    @ivar players: who plays; null when that is not known.
    """

    server: ServerId
    type: TypeName
    description: Text
    status: Status
    typeTitle: Text = ""
    icon: str = ""
    tags: tuple[str, ...] = ()
    ports: tuple[PortInfo, ...] = ()
    players: PlayersInfo | None = None


class ServerStatus(ServerSummary, frozen=True, kw_only=True):
    """
    All about a server at this moment.

    @ivar readIndex: end of its log, in bytes since it was created.
    @ivar runIndex: index at which the output of the current or last run begins.
    @ivar pid: the game's own process.
    @ivar startedAt: point in time, in seconds since the Unix epoch; null when it does not run.
    @ivar uptime: how long it has been running, in seconds; null when it does not.
    @ivar exit: how the last run ended; null when none has.
    @ivar restarts: what its restart policy has done and will do.
    @ivar usage: what its processes use; null when there are none, or until it is known.
    @ivar responds: whether its game has answered its last query; null where none is asked, and
        before the first answer of a run.
    @ivar limits: what they may use; a change holds from the next start on.
    @ivar installed: what was installed last; null when nothing was, or not all of it.
    @ivar needsInstall: whether it can't be started before an update of it has succeeded.
    @ivar job: its long work that waits or runs; null when there is none.
    @ivar runPorts: the ports that the run which goes on was started with, the one for players
        first; null when none goes on.
    @ivar console: how it takes commands; C{none}: it takes none.
    """

    readIndex: Index
    runIndex: Index
    pid: int | None
    startedAt: Seconds | None
    uptime: Seconds | None
    exit: ExitInfo | None
    restarts: Restarts
    usage: UsageInfo | None
    responds: bool | None = None
    limits: LimitsInfo = LimitsInfo()
    installed: InstalledInfo | None = None
    needsInstall: bool = False
    job: Index | None = None
    runPorts: tuple[PortInfo, ...] | None = None
    console: Annotated[str, extensible(ConsoleKind)] = "stdin"


class Statuses(Answer, frozen=True):
    """
    All servers that may be seen, by id.

    @ivar servers: sorted by id.
    """

    servers: tuple[ServerStatus, ...]


class ReadLog(Message, frozen=True):
    """
    @ivar readIndex: the C{nextReadIndex} of the answer before.
    @ivar limit: bytes at the most.
    @ivar wait: seconds to wait for something to send.
    @ivar times: whether to tell when it was read.
    @ivar since: in the place of C{readIndex}: begins at the first byte read at that time or later,
        in seconds since the Unix epoch, known to a second.
    """

    exclusive: ClassVar[tuple[tuple[str, str], ...]] = (("readIndex", "since"),)

    server: ServerId
    readIndex: Index = 0
    limit: Annotated[int, Meta(ge=4, le=262144)] = 65536
    wait: Annotated[float, Meta(ge=0, le=30)] = 0.0
    encoding: Encoding = "utf-8"
    times: bool | None = None
    since: Annotated[float, Meta(ge=0, le=2**53 - 1)] | None = None


class LogChunk(Answer, frozen=True):
    """
    Some of a log.

    @ivar oldReadIndex: index of the first byte of C{data}; what lies between it
        and the C{readIndex} that was sent is gone.
    @ivar nextReadIndex: what to send next time.
    @ivar readIndex: end of the log.
    @ivar data: some of the log.
    @ivar times: pairs of an index and a time, if they were asked for: the bytes from there on
        were read then. Those inside, and the last one at or before C{oldReadIndex}.
    """

    oldReadIndex: Index
    nextReadIndex: Index
    readIndex: Index
    encoding: EncodingUsed
    data: str
    times: tuple[tuple[Index, Time], ...] | UnsetType = UNSET


class StreamLog(Message, frozen=True):
    """
    @ivar readIndex: index to begin at; absent: the end.
    """

    server: ServerId
    readIndex: Index | None = None


class Command(Message, frozen=True):
    """
    @ivar command: one line without its end, at most 4095 bytes of UTF-8, no
        control characters but TAB, and neither of the separators U+2028 and U+2029.
    """

    server: ServerId
    command: Annotated[str, Meta(max_length=4095, pattern=commandPattern)]


class NewStatus(Answer, frozen=True):
    """What the server's status is now."""

    status: Status


class ChangeSettings(Message, frozen=True):
    """
    @ivar settings: new values by name; null takes one back to its default. If it is absent, nothing
        changes.
    """

    server: ServerId
    settings: dict[str, Any] | None = None


class SettingsList(Answer, frozen=True):
    """
    All settings of a server, with the values they have.

    @ivar settings: the daemon's own first, then the type's options.
    """

    settings: tuple[Property, ...]
