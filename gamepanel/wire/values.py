"""
Words and patterns of the API that the daemon itself uses: states, rights, kinds.
"""

from typing import Any, Final, Literal, get_args

from msgspec import Meta

idPattern: Final = r"^[a-z0-9][a-z0-9_-]{0,31}\Z"
"""What ids of servers and names of types look like."""

idRule: Final = (
    "must be lower-case letters, digits, - and _, at most 32, beginning with a letter or digit"
)
"""The same for people."""

usernamePattern: Final = r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}\Z"
"""What names of users look like."""

uploadPattern: Final = r"^[0-9a-f]{32}\Z"
"""What numbers of uploads in pieces look like, which their clients make."""

maxDescription: Final = 1000
"""Length of the description of a server, in characters."""

notePattern: Final = r"^[^\x00-\x1f\x7f-\x9f]*\Z"
"""A text without control characters."""

sumPattern: Final = r"^[0-9A-Fa-f]{64}\Z"
"""What SHA-256 sums look like."""


def extensible(words: Any, *more: str) -> Meta:
    """
    What marks a text of an answer as one of some words, to which later daemons may add others.

    Only the document tells of them (C{x-extensible-enum}): whoever decodes an answer must take a
    word that is not known yet. What the daemon itself sends is of the type with the words.

    @param words: a C{Literal}, or None.
    @param more: further words.
    """
    return Meta(extra_json_schema={"x-extensible-enum": [*get_args(words), *more]})


State = Literal[
    "installing", "stopped", "starting", "running", "stopping", "crashed", "waiting", "failed"
]
"""What is shown of a server's life; the words of the API."""

Right = Literal["view", "command", "power", "settings", "destroy", "files", "backup"]
"""What one can be allowed on one server; any of them includes C{view}."""

ServerEventKind = Literal[
    "changed",
    "starting",
    "ready",
    "stopping",
    "stopped",
    "failed",
    "crashed",
    "waiting",
    "given_up",
    "hung",
    "responding",
    "job_done",
    "job_failed",
    "job_cancelled",
    "update_available",
    "player_joined",
    "player_left",
    "chat",
    "emptied",
    "dropped",
    "out_of_memory",
    "disk_limit",
]
"""What happens to a server while there is one; the words of the API."""

EventKind = Literal[
    "created",
    "destroyed",
    ServerEventKind,
    "schedule_ran",
    "schedule_failed",
    "disk_low",
    "disk_fine",
    "daemon_started",
    "daemon_stopping",
]
"""What happens; the words of the API."""

AuthMethod = Literal["noauth", "password", "url"]
"""How people authenticate: not at all, here, with a token from elsewhere."""

OptionValue = str | int | float | bool
"""A value that an option can have."""

PortProtocol = Literal["udp", "tcp", "both"]
"""What a port of a server is opened for."""

ConsoleKind = Literal[
    "stdin", "none", "fifo", "rcon", "rcon-quake", "rcon-battleye", "rcon-web", "telnet"
]
"""The ways in which a game takes commands."""

OptionKind = Literal["string", "text", "integer", "number", "boolean", "enum", "port", "password"]
"""What the values of an option are."""

JobKind = Literal[
    "install",
    "update",
    "retype",
    "backup",
    "restore",
    "verify",
    "pack",
    "unpack",
    "copy",
    "fetch",
    "delete",
]
"""What long work does."""

JobStatus = Literal["queued", "running", "done", "failed", "cancelled"]
"""Where long work stands."""

Unit = Literal["bytes", "files", "steps"]
"""What the progress of long work is counted in."""

TriggerEvent = Literal["line", ServerEventKind]
"""Events by which a schedule can run; C{line} is one of the console."""

Only = Literal["always", "running", "stopped", "empty", "outdated", "used"]
"""What must hold for a schedule to run."""

PowerAction = Literal["start", "stop", "restart", "kill"]
"""What a step of a schedule does with its server."""

RunResult = Literal["ok", "skipped", "failed", "cancelled"]
"""What came of a run of a schedule."""

Trigger = Literal["time", "event", "person"]
"""Why a run of a schedule began."""
