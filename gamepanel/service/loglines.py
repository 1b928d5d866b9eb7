"""
Turns events and entries of the audit trail into lines of the daemon's log, with their levels.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from attrs import define, field
from twisted.logger import Logger, LogLevel

from gamepanel.accounts.throttle import Buckets
from gamepanel.base.errors import TooManyRequests
from gamepanel.store import AuditRow
from gamepanel.store.events import EventRow

log = Logger()

eventLevels: Final[Mapping[str, Any]] = {
    **dict.fromkeys(
        ("player_joined", "player_left", "chat", "emptied", "dropped"),
        LogLevel.debug,
    ),
    **dict.fromkeys(
        ("crashed", "hung", "out_of_memory", "disk_limit", "webhook_dropped"),
        LogLevel.warn,
    ),
    **dict.fromkeys(
        ("failed", "given_up", "job_failed", "schedule_failed", "webhook_disabled"),
        LogLevel.error,
    ),
}
"""Log levels of kinds of events; of all others it is info."""

toldAtOnce: Final = frozenset({"disk_low", "disk_fine"})
"""A full disk stores no event, so these have lines where they are noticed."""

told: Final = (
    "type",
    "job",
    "kind",
    "by",
    "code",
    "signal",
    "limit",
    "used",
    "free",
    "seconds",
    "count",
    "settings",
    "installed",
    "available",
    "schedule",
    "webhook",
    "name",
    "version",
    "servers",
    "reason",
    "error",
)
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
        elif row.action == "login" and self._mayTell(row):
            address = row.address or "a UNIX socket"
            text = sanitized(f"login refused from {address}: {who}, {row.result}")
            log.warn("{text}", text=text)

    def _mayTell(self, row: AuditRow) -> bool:
        try:
            self._refusals.take(row.address, self._uptime())
        except TooManyRequests:
            return False
        return True


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
