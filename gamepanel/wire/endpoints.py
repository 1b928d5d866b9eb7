"""
Every endpoint of the API, declared once: the server, both clients, the OpenAPI document and the
reference are made from this.
"""

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct

from gamepanel.wire.authentication import Config, LoggedIn, Login, LoginInfo
from gamepanel.wire.events import EventList, ReadEvents, StreamEvents
from gamepanel.wire.history import (
    HostHistory,
    HostStatus,
    ReadHistory,
    ReadHostHistory,
    UsageHistory,
)
from gamepanel.wire.installing import Retype
from gamepanel.wire.jobs import JobBegun, JobInfo, JobList, OfJob, ReadJobLog, ReadJobs, WaitForJob
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
from gamepanel.wire.players import ActOnPlayer, PlayerList, ReadPlayers
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
    StreamLog,
)
from gamepanel.wire.system import Failing, Health
from gamepanel.wire.versions import ReadVersions, VersionsInfo

apiVersion: Final = 1
"""Grows when something is changed, not when something is added."""

KiB: Final = 1024

_get: Final = ("GET", "HEAD")
_getOrPost: Final = ("GET", "HEAD", "POST")


class Endpoint(Struct, frozen=True):
    """
    Declaration of an endpoint.

    @ivar name: its path without the slash.
    @ivar section: title of its section, one of L{sections}.
    @ivar about: what it does, for people (Epytext); the first paragraph is the summary.
    @ivar takes: type of the request.
    @ivar answers: type of the answer, or a union of several; None: any object, or a stream.
    @ivar refuses: codes of refusals, beside those that every endpoint has.
    @ivar methods: HTTP methods; a GET has the fields of the request in its query.
    @ivar reads: whether it changes nothing, so that a request can safely be retried.
    @ivar isOpen: whether it needs no access token.
    @ivar maxBody: maximum size of a request's body, in bytes.
    @ivar patience: how much longer than others it may take, in seconds, beside what the request
        itself asks to wait.
    @ivar resumes: what the header C{Last-Event-ID} does, for people, where the answer is a stream
        of Server-Sent Events; None where it is JSON.
    @ivar failing: type of the answer with status 503, where that is no problem object.
    @ivar takesFile: whether the body is a file, C{application/octet-stream}: then the fields of the
        request are in the query, and the body is not read before all else has been checked.
    @ivar sendsFile: whether the answer is a file.
    """

    name: str
    section: str
    about: str
    takes: type[Struct]
    answers: Any
    refuses: tuple[str, ...] = ()
    methods: tuple[str, ...] = ("POST",)
    reads: bool = False
    isOpen: bool = False
    maxBody: int = 4 * KiB
    patience: float = 0.0
    resumes: str | None = None
    failing: type[Struct] | None = None
    takesFile: bool = False
    sendsFile: bool = False

    @property
    def takesTicket(self) -> bool:
        """Whether a ticket may be sent in place of a token."""
        return "ticket" in self.takes.__struct_fields__

    @property
    def isStream(self) -> bool:
        """Whether the answer is a stream of Server-Sent Events."""
        return self.resumes is not None

    @property
    def waits(self) -> bool:
        """
        Whether it waits for something to happen: such a request is cancelled when its client
        leaves; any other is finished.
        """
        return self.isStream or "wait" in self.takes.__struct_fields__


sections: Final = {
    "Authentication": "How to talk to this daemon; logging in and out.",
    "Management": "Making and removing servers, and all of them at a glance.",
    "One server": "Its console, what it does, and its settings.",
    "Players": "Who plays, and what can be done with them.",
    "Installing": "Bringing the files of games, and newer ones.",
    "Jobs": "Long work: how far it is, what it prints, its end.",
    "Events": "What happened: read, waited for, streamed.",
    "History and host": "What servers and the host use, now and lately.",
    "People": "Who uses the daemon, what each may do, and what they did.",
    "For machines": "Whether the daemon answers, and what it can be asked.",
}
"""What the endpoints of each section are for."""

_server: Final[tuple[str, ...]] = ("no_such_server", "forbidden")
_console: Final[tuple[str, ...]] = ("console_unavailable", "stdin_closed", "stdin_full")
_files: Final[tuple[str, ...]] = ("spawn_failed", "no_space", "quota_exceeded", "busy")

_declared: Final[tuple[Endpoint, ...]] = (
    Endpoint(
        "config",
        "Authentication",
        "How to talk to this daemon.",
        Empty,
        Config,
        methods=_get,
        reads=True,
        isOpen=True,
    ),
    Endpoint(
        "login_info",
        "Authentication",
        "What a login needs.",
        Empty,
        LoginInfo,
        refuses=("auth_mode",),
        methods=_getOrPost,
        reads=True,
        isOpen=True,
    ),
    Endpoint(
        "login",
        "Authentication",
        "Get an access token for user name, password and proof of work.",
        Login,
        LoggedIn,
        refuses=(
            "auth_mode",
            "invalid_credentials",
            "login_token_invalid",
            "login_token_expired",
            "login_token_used",
            "proof_invalid",
            "busy",
            "no_space",
        ),
        isOpen=True,
        maxBody=8 * KiB,
    ),
    Endpoint(
        "logout",
        "Authentication",
        "End the token that was sent.",
        Empty,
        Done,
        refuses=("auth_mode", "no_space"),
    ),
    Endpoint(
        "server_create_options",
        "Management",
        """Which types there are, or what can be set for one.

        With C{type} the answer has C{options}, without it C{types}.""",
        CreateOptions,
        Types | TypeOptions,
        refuses=("no_such_type", "forbidden"),
        reads=True,
    ),
    Endpoint(
        "server_create",
        "Management",
        "Make a server.",
        CreateServer,
        Created,
        # What a type needs may have to be downloaded.
        patience=600,
        refuses=(
            "no_such_type",
            *_server,
            "server_exists",
            "port_in_use",
            "spawn_failed",
            "no_space",
            "busy",
            "not_stopped",
            "job_running",
            "unsupported",
        ),
        maxBody=64 * KiB,
    ),
    Endpoint(
        "server_destroy",
        "Management",
        "Remove a server that does not run.",
        Destroy,
        Done,
        patience=60,
        refuses=(*_server, "not_stopped", "job_running", "not_permitted", "no_space"),
    ),
    Endpoint(
        "server_list",
        "Management",
        "All servers that may be seen, in brief.",
        Empty,
        ServerList,
        reads=True,
    ),
    Endpoint(
        "server_status",
        "One server",
        """All about one server, or about all.

        Without C{server} the answer has C{servers}, and is about all that may be seen.""",
        StatusOf,
        ServerStatus | Statuses,
        refuses=("no_such_server",),
        reads=True,
    ),
    Endpoint(
        "server_log",
        "One server",
        "Some of a server's log.",
        ReadLog,
        LogChunk,
        refuses=("no_such_server",),
        reads=True,
    ),
    Endpoint(
        "server_log_stream",
        "One server",
        """The log and each change of the status, as they come: Server-Sent Events.

        C{event: log} has as C{data} what C{server_log} answers, on one line, and as C{id}
        its C{nextReadIndex}; C{event: status} has a status object, at once and at each change;
        C{event: end} comes when the server is destroyed or may not be seen any more, or the token
        ends, with the C{code} of what a request would be refused with now, and is the last; a
        stream that closes without it is opened again. A comment comes every 15 s. A client that
        does not read is dropped; it loses nothing that is still kept when it comes back.""",
        StreamLog,
        None,
        refuses=("no_such_server",),
        methods=_get,
        reads=True,
        resumes="The `id` of the last event: goes on at that very byte.",
    ),
    Endpoint(
        "server_cmd",
        "One server",
        "Hand a game a console line.",
        Command,
        Done,
        refuses=(*_server, "not_running", *_console),
        maxBody=32 * KiB,
    ),
    Endpoint(
        "server_start",
        "One server",
        "Start a server.",
        OfServer,
        NewStatus,
        refuses=(*_server, "already_running", "job_running", "not_installed", *_files),
    ),
    Endpoint(
        "server_stop",
        "One server",
        "Stop a server as its type says.",
        OfServer,
        NewStatus,
        refuses=(*_server, "not_running", "not_permitted"),
    ),
    Endpoint(
        "server_restart",
        "One server",
        "Stop a server as its type says, and start it again.",
        OfServer,
        NewStatus,
        refuses=(
            *_server,
            "not_running",
            "not_permitted",
            "job_running",
            "not_installed",
            "spawn_failed",
        ),
    ),
    Endpoint(
        "server_kill",
        "One server",
        "Send SIGTERM to a server's process group.",
        OfServer,
        NewStatus,
        refuses=(*_server, "not_running", "not_permitted"),
    ),
    Endpoint(
        "server_force_kill",
        "One server",
        "Send SIGKILL to every process of a server.",
        OfServer,
        NewStatus,
        refuses=(*_server, "not_running", "not_permitted"),
    ),
    Endpoint(
        "server_settings",
        "One server",
        "What is set, after setting some of it anew.",
        ChangeSettings,
        SettingsList,
        refuses=(*_server, "no_such_type", "readonly", "port_in_use", "unsupported", "no_space"),
        maxBody=64 * KiB,
    ),
    Endpoint(
        "player_list",
        "Players",
        "Who plays on a server and has played, and what can be done with them.",
        ReadPlayers,
        PlayerList,
        refuses=("no_such_server",),
        reads=True,
    ),
    Endpoint(
        "player_action",
        "Players",
        "Do something with a player, by a command of the game.",
        ActOnPlayer,
        Done,
        refuses=(*_server, "bad_request", "not_running", *_console),
    ),
    Endpoint(
        "server_update",
        "Installing",
        "Bring the newest files of a server's game, as its type says; it must be at rest.",
        OfServer,
        JobBegun,
        refuses=(
            *_server,
            "not_installable",
            "not_stopped",
            "not_permitted",
            "job_running",
            *_files,
        ),
    ),
    Endpoint(
        "server_versions",
        "Installing",
        "Which version of a server's game is installed, and which is newest.",
        ReadVersions,
        VersionsInfo,
        refuses=("no_such_server", "not_installable", "source_unavailable", "spawn_failed"),
        reads=True,
    ),
    Endpoint(
        "server_retype",
        "Installing",
        "Let a server be of another type, in the same directory; it must be at rest.",
        Retype,
        JobBegun,
        refuses=(
            *_server,
            "no_such_type",
            "port_in_use",
            "not_installable",
            "not_stopped",
            "not_permitted",
            "job_running",
            *_files,
        ),
        maxBody=64 * KiB,
    ),
    Endpoint("job_list", "Jobs", "Jobs, newest first.", ReadJobs, JobList, reads=True),
    Endpoint(
        "job_status",
        "Jobs",
        "How far a job is, now or at its next change.",
        WaitForJob,
        JobInfo,
        refuses=("no_such_job",),
        reads=True,
    ),
    Endpoint(
        "job_log",
        "Jobs",
        "What the programs of a job have printed.",
        ReadJobLog,
        LogChunk,
        refuses=("no_such_job",),
        reads=True,
    ),
    Endpoint(
        "job_cancel",
        "Jobs",
        "End a job; what it had begun is undone.",
        OfJob,
        Done,
        refuses=("no_such_job", "forbidden", "job_over", "unsupported"),
    ),
    Endpoint(
        "event_list",
        "Events",
        "What happened, ascending; or what happens next.",
        ReadEvents,
        EventList,
        refuses=("no_such_server",),
        reads=True,
    ),
    Endpoint(
        "event_stream",
        "Events",
        """What happens, as it does: Server-Sent Events.

        C{event:} is the kind, C{id:} the number, C{data:} the event; C{event: end} comes when the
        server is destroyed or may not be seen any more, or the token ends, with the C{code} of what
        a request would be refused with now, and is the last; a stream that closes without it is
        opened again. A comment comes every 15 s. A client that does not read is dropped; it loses
        nothing that is still kept when it comes back.""",
        StreamEvents,
        None,
        refuses=("no_such_server",),
        methods=_get,
        reads=True,
        resumes="The `id` of the last event: goes on behind it.",
    ),
    Endpoint(
        "server_history",
        "History and host",
        "What a server used lately.",
        ReadHistory,
        UsageHistory,
        refuses=("no_such_server",),
        reads=True,
    ),
    Endpoint(
        "host_status",
        "History and host",
        "What the host has and uses now.",
        Empty,
        HostStatus,
        refuses=("forbidden",),
        reads=True,
    ),
    Endpoint(
        "host_history",
        "History and host",
        "What the host used lately.",
        ReadHostHistory,
        HostHistory,
        refuses=("forbidden",),
        reads=True,
    ),
    Endpoint("whoami", "People", "Who is asking, and what they may do.", Empty, User, reads=True),
    Endpoint(
        "password_change",
        "People",
        "Give oneself another password; all other tokens of the user end.",
        ChangePassword,
        Done,
        refuses=("auth_mode", "invalid_credentials", "busy", "no_space"),
    ),
    Endpoint(
        "user_list",
        "People",
        "All users.",
        Empty,
        UserList,
        refuses=("auth_mode", "forbidden"),
        reads=True,
        maxBody=64 * KiB,
    ),
    Endpoint(
        "user_create",
        "People",
        "Make a user.",
        CreateUser,
        User,
        refuses=("auth_mode", *_server, "user_exists", "busy", "no_space"),
        maxBody=64 * KiB,
    ),
    Endpoint(
        "user_update",
        "People",
        "Change a user; what is absent stays as it is.",
        UpdateUser,
        User,
        refuses=("auth_mode", *_server, "no_such_user", "last_admin", "busy", "no_space"),
        maxBody=64 * KiB,
    ),
    Endpoint(
        "user_delete",
        "People",
        "Remove a user.",
        OfUser,
        Done,
        refuses=("auth_mode", "forbidden", "no_such_user", "last_admin", "no_space"),
        maxBody=64 * KiB,
    ),
    Endpoint(
        "audit_log",
        "People",
        "What people did, newest first.",
        ReadAudit,
        AuditEntries,
        refuses=("forbidden",),
        reads=True,
    ),
    Endpoint(
        "healthz",
        "For machines",
        "Whether the daemon answers.",
        Empty,
        Health,
        methods=_get,
        reads=True,
        isOpen=True,
    ),
    Endpoint(
        "readyz",
        "For machines",
        """Whether the daemon can do its work.

        It can't while the disk is full or can't be written, or the database is gone: 503 with the
        reason. A good result is told for 5 s, a bad one for 1 s.""",
        Empty,
        Health,
        methods=_get,
        reads=True,
        isOpen=True,
        failing=Failing,
    ),
    Endpoint(
        "openapi.json",
        "For machines",
        "This document.",
        Empty,
        None,
        methods=_get,
        reads=True,
        isOpen=True,
    ),
)

endpoints: Final[Mapping[str, Endpoint]] = {each.name: each for each in _declared}
"""All endpoints by name, in the order of the reference."""
