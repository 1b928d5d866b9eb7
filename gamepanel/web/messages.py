"""
Every request and every answer as a type: the one place that spells a JSON key.

Times are seconds, points in time since the Unix epoch; sizes and indexes are bytes.
"""

from typing import Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from gamepanel.accounts.rights import Right
from gamepanel.games.definition import Kind, OptionValue, idPattern
from gamepanel.servers.settings import maxDescription
from gamepanel.servers.status import State
from gamepanel.store.jobs import JobKind, JobStatus, Unit

usernamePattern = r"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}\Z"

Index = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Text = Annotated[str, Meta(description="For people.")]
ServerId = Annotated[str, Meta(pattern=idPattern, description="Id of a server.")]
TypeName = Annotated[str, Meta(pattern=idPattern, description="Name of a type of server.")]
Username = Annotated[str, Meta(pattern=usernamePattern, description="Name of a user.")]
Status = Annotated[State, Meta(description="What a server is doing.")]
Encoding = Annotated[
    Literal["utf-8", "base64"],
    Meta(description="How `data` stands for bytes: whole characters, or the bytes as they are."),
]
Seconds = Annotated[float, Meta(ge=0)]
Time = Annotated[float, Meta(description="Seconds since the epoch.")]
Bytes = Annotated[int, Meta(ge=0, le=2**53 - 1)]


class Message(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """
    A request: what it does not know, it refuses.

    @cvar exclusive: pairs of fields of which only one may be there.
    """

    exclusive: ClassVar[tuple[tuple[str, str], ...]] = ()


class Answer(Struct, frozen=True, kw_only=True):
    """
    What an endpoint answers.

    @cvar holdsSecret: whether it is never packed, see L{gamepanel.web.packing}.
    """

    holdsSecret: ClassVar[bool] = False


class Empty(Message, frozen=True):
    """A request that says nothing."""


class Done(Answer, frozen=True):
    """An answer that says nothing more."""


# Authentication.


class Config(Answer, frozen=True):
    """
    How to talk to this daemon.

    @ivar urls: alternate base URLs of the same service, best first.
    @ivar auth: how people authenticate: not at all, with a password, with a token from elsewhere.
    @ivar authUrl: where a person gets a token, when C{auth} is C{url}.
    @ivar apiVersion: grows when something is changed, not when something is added.
    @ivar software: name and version of the daemon.
    @ivar features: what this daemon can do beyond the first version.
    @ivar instance: random, made with the state directory: the same under all addresses of
        this daemon. Empty when a daemon is too old to have one.
    """

    auth: Literal["noauth", "password", "url"]
    authUrl: str | None
    urls: tuple[str, ...]
    apiVersion: int
    software: str
    features: tuple[str, ...]
    instance: str = ""


class PasswordPolicy(Answer, frozen=True):
    """
    What a new password must be like; lengths in characters.

    @ivar minLength: in characters.
    @ivar maxLength: in characters.
    """

    minLength: Annotated[int, Meta(ge=0)]
    maxLength: Annotated[int, Meta(ge=0)]
    description: Text


class ProofOfWork(Answer, frozen=True):
    """
    The work that a login costs; see L{gamepanel.accounts.proof}.

    @ivar algorithm: always C{sha256-lz-1}.
    @ivar amount: how many proofs are wanted.
    @ivar difficulty: of each proof, in leading zero bits.
    """

    algorithm: str
    amount: Annotated[int, Meta(ge=0, le=64)]
    difficulty: Annotated[int, Meta(ge=0, le=256)]


class LoginInfo(Answer, frozen=True):
    """
    What a login needs.

    @ivar token: for one login.
    @ivar expires: the token, in so many seconds.
    @ivar passwordPolicy: what a new password must be like.
    @ivar proofOfWork: the work that the login costs.
    """

    holdsSecret: ClassVar[bool] = True

    passwordPolicy: PasswordPolicy
    token: str
    proofOfWork: ProofOfWork
    expires: Seconds


class Login(Message, frozen=True):
    """
    @ivar token: from C{login_info}.
    @ivar proofOfWork: exactly as many proofs as it asked for.
    @ivar username: as it was given to the daemon.
    @ivar password: of this user.
    """

    username: Annotated[str, Meta(min_length=1, max_length=64)]
    password: Annotated[str, Meta(min_length=1, max_length=1024)]
    token: Annotated[str, Meta(min_length=1, max_length=128)]
    proofOfWork: Annotated[list[Index], Meta(max_length=64)]


class LoggedIn(Answer, frozen=True):
    """
    @ivar expires: the token, after so many seconds without use.
    @ivar accessToken: for all other endpoints.
    """

    holdsSecret: ClassVar[bool] = True

    accessToken: str
    expires: Seconds
    username: Username


# People.

NewPassword = Annotated[str, Meta(max_length=1024)]
"""Whether it is to the policy is said by L{gamepanel.accounts.policy}."""

Rights = dict[ServerId, list[Right]]
"""What somebody may do, for each server; any right includes C{view}."""


class User(Answer, frozen=True):
    """
    Somebody, and what they may do.

    @ivar admin: may do all.
    @ivar create: may create servers, and has every right on those.
    @ivar external: comes with a token from elsewhere.
    @ivar disabled: can do nothing, and not log in.
    @ivar servers: rights on each server.
    """

    username: Username
    admin: bool
    create: bool
    disabled: bool
    external: bool
    servers: dict[str, list[Right]]


class UserList(Answer, frozen=True):
    """
    All users by name.

    @ivar users: sorted by name.
    """

    users: tuple[User, ...]


class ChangePassword(Message, frozen=True):
    """
    @ivar password: the new one, to the C{passwordPolicy} of C{login_info}.
    @ivar oldPassword: the one that is good now.
    """

    oldPassword: Annotated[str, Meta(min_length=1, max_length=1024)]
    password: NewPassword


class CreateUser(Message, frozen=True):
    """
    @ivar password: for who is not external, to the C{passwordPolicy} of C{login_info}.
    @ivar admin: may do all.
    @ivar create: may create servers, and has every right on those.
    @ivar external: comes with a token from elsewhere, and has no password.
    @ivar servers: rights on each server.
    """

    username: Username
    password: NewPassword | None = None
    admin: bool = False
    create: bool = False
    external: bool = False
    servers: Rights | None = None


class UpdateUser(Message, frozen=True):
    """
    @ivar servers: takes the place of the whole map.
    @ivar password: a new one, to the C{passwordPolicy} of C{login_info}; it ends all their
        sessions.
    @ivar admin: may do all.
    @ivar create: may create servers.
    @ivar disabled: ends all their sessions.
    """

    username: Username
    password: NewPassword | None = None
    admin: bool | None = None
    create: bool | None = None
    disabled: bool | None = None
    servers: Rights | None = None


class OfUser(Message, frozen=True):
    """A request about one user."""

    username: Username


class ReadAudit(Message, frozen=True):
    """
    @ivar before: only entries with smaller ids.
    @ivar limit: entries at the most.
    """

    before: Index | None = None
    limit: Annotated[int, Meta(ge=1, le=500)] = 100


class AuditEntry(Answer, frozen=True):
    """
    Something that was done, or refused.

    @ivar username: null when it is nobody that the daemon knows.
    @ivar action: name of the endpoint; C{terms_accept} where terms were accepted by what it did.
    @ivar result: C{ok}, or the code of an error.
    @ivar id: grows with each entry.
    @ivar at: point in time, in seconds since the Unix epoch.
    @ivar address: from where the request came; C{local} for C{gamepanel reset-password}, whose
        action is C{reset_password}.
    @ivar server: on which it was; null when it was on none.
    @ivar target: the user that it was about, or the address of the terms; null when it was
        about neither.
    """

    id: Index
    at: Seconds
    username: str | None
    address: str
    action: str
    server: ServerId | None
    target: str | None
    result: str


class AuditEntries(Answer, frozen=True):
    """
    What was done, newest first.

    @ivar entries: the entry before the last has the id to go on before.
    """

    entries: tuple[AuditEntry, ...]


# Properties: options of types, settings of servers.


class Property(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    Something that can be set, and the value it has.

    @ivar name: by which it is set.
    @ivar type: what its values are; C{text} has lines, C{password} is never shown.
    @ivar required: whether it must have a value.
    @ivar readonly: whether it can be given at creation only.
    @ivar value: the value it has, or its default; null if it has none or is a password.
    @ivar choices: all values that it can have.
    @ivar minimum: least number.
    @ivar maximum: greatest number.
    @ivar minLength: in characters.
    @ivar maxLength: in characters.
    @ivar pattern: regular expression that all of a value must match.
    @ivar unit: of numbers.
    @ivar hint: what the pattern wants, for people.
    @ivar group: heading below which a form shows it, with others.
    @ivar advanced: whether a form may keep it out of the way of newcomers.
    @ivar accept: address of terms that are accepted by this; it must be true.
    """

    name: str
    title: Text
    description: Text
    type: Kind
    required: bool
    readonly: bool
    value: OptionValue | None
    choices: tuple[OptionValue, ...] | UnsetType = UNSET
    minimum: int | float | UnsetType = UNSET
    maximum: int | float | UnsetType = UNSET
    minLength: int | UnsetType = UNSET
    maxLength: int | UnsetType = UNSET
    pattern: str | UnsetType = UNSET
    unit: str | UnsetType = UNSET
    hint: str | UnsetType = UNSET
    group: str | UnsetType = UNSET
    advanced: bool | UnsetType = UNSET
    accept: str | UnsetType = UNSET


# Management.


class CreateOptions(Message, frozen=True):
    """
    @ivar type: whose options are wanted; absent: which types there are.
    """

    type: TypeName | None = None


class TypeSummary(Answer, frozen=True):
    """
    A type that servers can be made of.

    @ivar missing: programs that it needs and this host lacks.
    @ivar hint: how to get them, for people.
    @ivar icon: name of a sign for it; empty if it has none.
    @ivar tags: words by which people look for it.
    @ivar tested: whether it was run in the tests of whoever wrote it.
    """

    type: TypeName
    title: Text
    description: Text
    missing: tuple[str, ...] = ()
    hint: str = ""
    icon: str = ""
    tags: tuple[str, ...] = ()
    tested: bool = True


class TypeProblem(Answer, frozen=True):
    """
    A type file that was left out.

    @ivar file: its name.
    @ivar detail: why, for people.
    """

    file: str
    detail: str


class Types(Answer, frozen=True):
    """
    All types that servers can be made of.

    @ivar types: sorted by name.
    @ivar problems: type files that were left out; only for admins.
    """

    types: tuple[TypeSummary, ...]
    problems: tuple[TypeProblem, ...] | UnsetType = UNSET


class TypeOptions(Answer, frozen=True):
    """
    What can be set when a server of this type is made.

    @ivar options: in the order in which a form should ask for them.
    """

    type: TypeName
    options: tuple[Property, ...]


class CreateServer(Message, frozen=True):
    """
    @ivar server: the id it shall have.
    @ivar description: for people.
    @ivar options: values of its type's options.
    """

    type: TypeName
    server: ServerId
    description: Annotated[str, Meta(max_length=maxDescription)] = ""
    options: dict[str, Any] = {}


class Created(Answer, frozen=True):
    """The server is there."""

    server: ServerId


class Destroy(Message, frozen=True):
    """
    @ivar deleteFiles: whether its files are deleted, too; else they move aside.
    """

    server: ServerId
    deleteFiles: bool = False


class ServerSummary(Answer, frozen=True):
    """A server, in brief."""

    server: ServerId
    type: TypeName
    description: Text
    status: Status


class ServerList(Answer, frozen=True):
    """
    All servers that may be seen, by id.

    @ivar servers: sorted by id.
    """

    servers: tuple[ServerSummary, ...]


# One server.


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
    """

    code: int | None
    signal: str | None
    at: Seconds
    reason: str


class Restarts(Answer, frozen=True):
    """
    @ivar count: crashes that count now.
    @ivar window: for how long each counts, in seconds; null when there are none.
    @ivar nextAt: when the next try is due, in seconds since the Unix epoch; null when none is.
    @ivar givenUp: why there will be none.
    """

    count: Annotated[int, Meta(ge=0)]
    window: Seconds | None
    nextAt: Seconds | None
    givenUp: str | None


class UsageInfo(Answer, frozen=True):
    """
    @ivar cpuPercent: of one core, so 200 is two whole ones.
    @ivar memoryBytes: resident memory of all its processes, in bytes.
    @ivar processes: how many it has.
    """

    cpuPercent: Annotated[float, Meta(ge=0)]
    memoryBytes: Bytes
    processes: Annotated[int, Meta(ge=0)]


class ServerStatus(Answer, frozen=True):
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
    """

    server: ServerId
    type: TypeName
    description: Text
    status: Status
    readIndex: Index
    runIndex: Index
    pid: int | None
    startedAt: Seconds | None
    uptime: Seconds | None
    exit: ExitInfo | None
    restarts: Restarts
    usage: UsageInfo | None


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
    @ivar since: begins at the first byte read at that time or later (known to a second), in the
        place of C{readIndex}.
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
    encoding: Encoding
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
        control characters but TAB.
    """

    server: ServerId
    command: Annotated[str, Meta(max_length=4095, pattern=r"^[^\x00-\x08\x0a-\x1f\x7f-\x9f]*\Z")]


class NewStatus(Answer, frozen=True):
    """What the server's status is now."""

    status: Status


class ChangeSettings(Message, frozen=True):
    """
    @ivar settings: new values by name; null takes one back to its default. Absent: change nothing.
    """

    server: ServerId
    settings: dict[str, Any] | None = None


class SettingsList(Answer, frozen=True):
    """
    All settings of a server, with the values they have.

    @ivar settings: the daemon's own first, then the type's options.
    """

    settings: tuple[Property, ...]


# Jobs.


class JobInfo(Answer, frozen=True):
    """
    Long work: what it is, and how far.

    @ivar job: its number.
    @ivar server: the server that it is for; null when it is for none.
    @ivar kind: what is done.
    @ivar step: what it is doing, for people.
    @ivar done: how much of C{total} is done.
    @ivar total: null when it is not known.
    @ivar unit: of C{done} and C{total}.
    @ivar by: a user, or C{schedule:N}.
    @ivar createdAt: point in time, in seconds since the Unix epoch.
    @ivar startedAt: null while it is queued.
    @ivar endedAt: null until it is over.
    @ivar error: why it failed, for people; null when it has not.
    @ivar result: what came of it; depends on its kind.
    """

    job: Index
    server: ServerId | None
    kind: JobKind
    status: Annotated[JobStatus, Meta(description="Where it stands.")]
    step: Annotated[str, Meta(max_length=200)]
    done: Index
    total: Index | None
    unit: Unit
    by: str
    createdAt: Seconds
    startedAt: Seconds | None
    endedAt: Seconds | None
    error: Annotated[str, Meta(max_length=2000)] | None
    result: dict[str, Any]


class ReadJobs(Message, frozen=True):
    """
    @ivar server: jobs of this server only.
    @ivar before: only with smaller numbers.
    @ivar limit: jobs at the most.
    """

    server: ServerId | None = None
    before: Index | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class JobList(Answer, frozen=True):
    """
    Jobs, newest first.

    @ivar jobs: of servers that may be seen.
    """

    jobs: tuple[JobInfo, ...]


class OfJob(Message, frozen=True):
    """
    A request about one job.

    @ivar job: its number.
    """

    job: Index


class WaitForJob(OfJob, frozen=True):
    """
    A request about one job, now or when it changes.

    @ivar wait: seconds to wait for its next change; none when it is over.
    """

    wait: Annotated[float, Meta(ge=0, le=30)] = 0.0


class ReadJobLog(OfJob, frozen=True):
    """
    A request for what the programs of a job have printed.

    @ivar readIndex: the C{nextReadIndex} of the answer before.
    @ivar limit: bytes at the most.
    @ivar wait: seconds to wait for something to send.
    """

    readIndex: Index = 0
    limit: Annotated[int, Meta(ge=4, le=262144)] = 65536
    wait: Annotated[float, Meta(ge=0, le=30)] = 0.0
    encoding: Encoding = "utf-8"


# Events.


class EventInfo(Answer, frozen=True):
    """
    Something that happened.

    @ivar event: its number; numbers grow by one and are never given twice.
    @ivar at: point in time, in seconds since the Unix epoch.
    @ivar server: null when it is about none.
    @ivar kind: what happened.
    @ivar data: what is to be said of it; depends on its kind.
    """

    event: Index
    at: Seconds
    server: ServerId | None
    kind: str
    data: dict[str, Any]


class ReadEvents(Message, frozen=True):
    """
    @ivar after: only with larger numbers; absent: the newest ones.
    @ivar server: events of this server only.
    @ivar kinds: events of these kinds only.
    @ivar limit: events at the most.
    @ivar wait: seconds to wait for one, when there is none.
    """

    after: Index | None = None
    server: ServerId | None = None
    kinds: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=64)] | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    wait: Annotated[float, Meta(ge=0, le=30)] = 0.0


class EventList(Answer, frozen=True):
    """
    Events, ascending.

    @ivar events: those that may be seen.
    @ivar oldest: number of the oldest event that is kept; 0 when there is none.
    @ivar newest: number of the last event that was looked at; ask on with it.
    """

    events: tuple[EventInfo, ...]
    oldest: Index
    newest: Index


class StreamEvents(Message, frozen=True):
    """
    @ivar after: only with larger numbers; absent: from now on.
    @ivar server: events of this server only.
    """

    after: Index | None = None
    server: ServerId | None = None


# For machines.


class Health(Answer, frozen=True):
    """
    The daemon answers.

    @ivar status: always the same.
    """

    status: Literal["ok"] = "ok"


# Errors.


class FieldProblem(Answer, frozen=True):
    """
    What is wrong with one field.

    @ivar pointer: JSON pointer (RFC 6901) to the field.
    """

    pointer: str
    detail: Text


class ProblemDetails(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    A refusal; RFC 9457.

    @ivar type: always the same.
    @ivar status: of HTTP.
    @ivar code: the stable word that programs read.
    @ivar errors: the fields that do not fit.
    @ivar requestId: by which a bug is found in the log.
    """

    type: Literal["about:blank"]
    title: Text
    status: int
    code: str
    detail: Text
    errors: tuple[FieldProblem, ...] | UnsetType = UNSET
    requestId: str | UnsetType = UNSET
