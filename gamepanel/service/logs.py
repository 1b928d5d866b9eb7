"""
The daemon's log: a bounded set of files, or lines with priorities for the journal.

C{twistd} by itself rotates at 1 MB and keeps every file, with whatever rights the umask gives;
and it writes lines to the journal that all have the same priority.
"""

import os
import re
import select
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import IO, Any, Final

import msgspec
from attrs import define, field
from msgspec import Struct
from twisted.logger import (
    FileLogObserver,
    ILogObserver,
    LogEvent,
    Logger,
    LogLevel,
    formatEventAsClassicLogText,
    textFileLogObserver,
)
from zope.interface import implementer

from gamepanel.accounts.throttle import Buckets
from gamepanel.store.audit import AuditRow
from gamepanel.store.events import EventRow

log = Logger()

megabyte: Final = 1_000_000

defaultName: Final = "twistd.log"
"""The log file of a daemon in the background that names none, as C{twistd} has it."""

linesPerSecond: Final = 50
"""Rate limit of lines below the level C{error}."""

_note: Final = {"log_level": LogLevel.info, "log_namespace": __name__}

_priorities: Final = {
    LogLevel.debug: 7,
    LogLevel.info: 6,
    LogLevel.warn: 4,
    LogLevel.error: 3,
    LogLevel.critical: 2,
}
"""Of syslog, see C{sd-daemon(3)}."""


@define
class LogFiles:
    """
    A log file and its predecessors, C{path.1} being the newest of them. All together stay
    below C{count} times C{maxBytes}; only the daemon's user can read them.

    The file is replaced only once its successor is open: on a full disk it grows on
    instead of being lost.

    @ivar path: of the file that is written.
    @ivar maxBytes: size at which it is replaced.
    @ivar count: how many files there are at most, two or more.
    """

    path: str
    maxBytes: int = 10 * megabyte
    count: int = 5
    _file: int = field(init=False)
    _size: int = field(init=False)
    _lock: Lock = field(init=False, factory=Lock)

    def __attrs_post_init__(self) -> None:
        """
        @raise OSError: when the file can't be opened.
        """
        self._file, self._size = _openToAppend(self.path)

    def write(self, text: str) -> None:
        """
        Append a whole event. Any thread may call this.

        @raise OSError: when it can't be written.
        """
        data = text.encode(errors="replace")
        with self._lock:
            if self._size and self._size + len(data) > self.maxBytes:
                self._replace()
            rest = memoryview(data)
            while rest:
                written = os.write(self._file, rest)
                self._size += written
                rest = rest[written:]

    def flush(self) -> None:
        """Nothing is held back."""

    def reopen(self) -> None:
        """
        Open the file anew, after somebody else has moved it.

        @raise OSError: when it can't be opened; the old one is written on then.
        """
        with self._lock:
            self._use(*_openToAppend(self.path))

    def close(self) -> None:
        """Write no more."""
        os.close(self._file)

    def _use(self, file: int, size: int) -> None:
        os.close(self._file)
        self._file, self._size = file, size

    def _replace(self) -> None:
        successor = f"{self.path}.new"
        try:
            file, size = _openToAppend(successor)
        except OSError:
            return
        try:
            self._moveOld()
            os.rename(successor, self.path)
        except OSError:
            os.close(file)
            return
        self._use(file, size)

    def _moveOld(self) -> None:
        for number in self._numbers():
            old = f"{self.path}.{number}"
            if number >= self.count - 1:
                os.unlink(old)
            else:
                os.rename(old, f"{self.path}.{number + 1}")
        # Somebody else may have moved it already.
        with suppress(FileNotFoundError):
            os.rename(self.path, f"{self.path}.1")

    def _numbers(self) -> list[int]:
        """Of the predecessors, the oldest first."""
        directory, name = os.path.split(self.path)
        pattern = re.compile(re.escape(name) + r"\.([1-9][0-9]*)")
        found = (pattern.fullmatch(entry) for entry in os.listdir(directory or "."))
        return sorted((int(match[1]) for match in found if match), reverse=True)


def _openToAppend(path: str) -> tuple[int, int]:
    """
    @return: the descriptor, and the size of the file.

    @raise OSError: when it can't be opened.
    """
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    status = os.fstat(file)
    if status.st_mode & 0o077 and status.st_uid == os.geteuid() and _isRegular(status):
        os.fchmod(file, 0o600)
    return file, status.st_size


def _isRegular(status: os.stat_result) -> bool:
    # A log may go to a terminal or to /dev/null, too.
    return (status.st_mode & 0o170000) == 0o100000


def isJournal(stream: Any, environment: Mapping[str, str]) -> bool:
    """
    Whether the journal of systemd reads a stream, see C{JOURNAL_STREAM} in C{systemd.exec(5)}.
    """
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError, AttributeError):
        return False
    return environment.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


class StandardOutput:
    """
    The daemon's stdout as a log. Where it is a pipe that nobody reads, lines are left out: else the
    whole daemon would wait for a reader.
    """

    pieceCharacters: Final = 1024
    """At most 4 KiB: so much a pipe takes at once when C{poll(2)} says that it takes something."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._poll = select.poll()
        self._poll.register(stream.fileno(), select.POLLOUT)
        self._left = 0

    def write(self, text: str) -> None:
        """Write a whole event, or what there is room for."""
        if self._left:
            text = f"lines left out, as nobody has read them: {self._left}\n{text}"
        for begin in range(0, len(text), self.pieceCharacters):
            if not self._poll.poll(0):
                self._left += 1
                return
            self._stream.write(text[begin : begin + self.pieceCharacters])
            self._stream.flush()
            self._left = 0

    def flush(self) -> None:
        """Nothing is held back."""


def journalText(event: LogEvent) -> str | None:
    """
    An event as lines for the journal: each with its priority, none with a time.
    """
    text = formatEventAsClassicLogText(event, formatTime=lambda when: "")
    if not text:
        return None
    priority = _priorities.get(event.get("log_level", LogLevel.info), 6)
    lines = text.strip("\n").split("\n")
    return "".join(f"<{priority}>{line.lstrip(' ')}\n" for line in lines)


def errorLine(reason: str) -> str:
    """A line for stderr that says why the daemon ends."""
    prefix = "<3>" if isJournal(sys.stderr, os.environ) else ""
    return f"{prefix}gamepanel: {reason}"


@implementer(ILogObserver)
@define
class Sifted:
    """
    A log without what says nothing to an operator, and with a rate limit below the level C{error}.

    @ivar observer: what all other events go to.
    """

    observer: ILogObserver
    _uptime: Callable[[], float] = time.monotonic
    _second: int = 0
    _count: int = 0
    _left: int = 0

    def __call__(self, event: LogEvent) -> None:
        level = event.get("log_level", LogLevel.info)
        if level < LogLevel.error and (
            level < LogLevel.info or _isChatter(event) or not self._hasRoom()
        ):
            return
        if self._left and self._count <= linesPerSecond:
            left, self._left = self._left, 0
            text = f"lines left out: {left}; at most {linesPerSecond} are written in a second"
            self.observer({**_note, "log_format": text, "log_time": event.get("log_time")})
        self.observer(event)

    def _hasRoom(self) -> bool:
        second = int(self._uptime())
        if second != self._second:
            self._second, self._count = second, 0
        self._count += 1
        if self._count > linesPerSecond:
            self._left += 1
            return False
        return True


def _isChatter(event: LogEvent) -> bool:
    """Whether an event is about Twisted's own steps: factories, ports, the reactor."""
    if event.get("log_level", LogLevel.info) >= LogLevel.warn:
        return False
    name = str(event.get("log_namespace", ""))
    return name.startswith("twisted.") or name == "log_legacy"


class Log(Struct, frozen=True):
    """
    Where the daemon logs.

    @ivar observer: what events go to; None when C{twistd} decides by itself, as with its
        C{--logger} and C{--syslog}.
    @ivar files: the log files; None when it is none.
    """

    observer: ILogObserver | None
    files: LogFiles | None = None

    def reopen(self) -> None:
        """
        Go on in a new log file, if another program has moved the one that is written to. When
        that can't be opened, the old one stays, and has a line that says so.
        """
        if self.files is None:
            return
        try:
            self.files.reopen()
        except OSError as error:
            log.error(
                "the log file {path} can't be opened anew, the old one stays: {reason}",
                path=self.files.path,
                reason=error.strerror,
            )


def openLog(twistd: Mapping[str, Any], stdout: IO[str], environment: Mapping[str, str]) -> Log:
    """
    Open the log that C{twistd} was told to write.

    @param twistd: its options.

    @raise OSError: when the log file can't be opened.
    """
    path, isInFront = twistd.get("logfile"), twistd.get("nodaemon") or twistd.get("debug")
    if twistd.get("logger") or twistd.get("syslog") or (path == "-" and not isInFront):
        return Log(None)
    if isInFront and path in (None, "", "-"):
        stream: Any = StandardOutput(stdout)
        isLines = isJournal(stdout, environment)
        make = FileLogObserver(stream, journalText) if isLines else textFileLogObserver(stream)
        return Log(Sifted(make))
    files = LogFiles(os.path.abspath(path or defaultName))
    return Log(Sifted(textFileLogObserver(files)), files)  # type: ignore[arg-type]


log = Logger()

_table: Final[dict[str, Any]] = msgspec.json.decode(
    (Path(__file__).parent / "logs.json").read_bytes()
)

eventLevels: Final[Mapping[str, Any]] = {
    kind: LogLevel.lookupByName(level)
    for level, kinds in _table["levels"].items()
    for kind in kinds
}
"""Log levels of kinds of events; of all others it is info."""

toldAtOnce: Final = frozenset({"disk_low", "disk_fine"})
"""A full disk stores no event, so these have lines where they are noticed."""

told: Final[Sequence[str]] = _table["told"]
"""The data of events that lines have, in this order; not what people say."""

plain: Final = frozenset({"kind", "reason", "error"})
"""Of these only the value is shown."""

maxText: Final = 400
"""Characters of a line that come from outside."""

refusalsPerSecond: Final = 1 / 60
"""Rate limit of lines on refused logins, for an address."""


@define
class LogLines:
    """
    Writes a line for each event and each act in the audit trail; for refused logins one a minute
    for an address, and for other refusals none.
    """

    _uptime: Callable[[], float] = time.monotonic
    _refusals: Buckets = field(factory=lambda: Buckets(refusalsPerSecond, 1))

    def events(self, rows: Iterable[EventRow]) -> None:
        """Some events are stored."""
        for row in rows:
            if row.kind in toldAtOnce:
                continue
            level = eventLevels.get(row.kind, LogLevel.info)
            about = "" if row.server is None else f"{row.server}: "
            log.emit(level, "{text}", text=sanitized(f"{about}{row.kind}{_details(row.data)}"))

    def entry(self, row: AuditRow) -> None:
        """There is an entry of the audit trail."""
        who = row.username or "nobody that is known"
        if row.result == "ok":
            isCommand = row.kind == "command"
            level = LogLevel.debug if isCommand else LogLevel.info
            # A command may hold a password; it stands in the audit trail, which admins alone read.
            words = (row.action, row.server, None if isCommand else row.target)
            what = " ".join(str(each) for each in words if each is not None)
            text = f"{who} from {row.address or 'a UNIX socket'}: {what}"
            log.emit(level, "{text}", text=sanitized(text))
        elif row.action == "login" and self._refusals.tryTake(row.address, self._uptime()):
            address = row.address or "a UNIX socket"
            text = sanitized(f"login refused from {address}: {who}, {row.result}")
            log.warn("{text}", text=text)


def _details(data: Mapping[str, Any]) -> str:
    found = [(name, data[name]) for name in told if data.get(name) not in (None, "", [])]
    words = [_text(value) if name in plain else f"{name} {_text(value)}" for name, value in found]
    return f": {', '.join(words)}" if words else ""


def _text(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def sanitized(text: str) -> str:
    """A text in one line, of bounded length and without control characters."""
    short = text if len(text) <= maxText else f"{text[:maxText]}…"
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in short)
