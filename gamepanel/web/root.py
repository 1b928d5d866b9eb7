"""
The whole API as one resource.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from twisted.internet.interfaces import IReactorTime
from twisted.web.iweb import IRequest
from twisted.web.resource import Resource

from gamepanel.base.errors import PanelError, ShuttingDown
from gamepanel.base.slices import slices
from gamepanel.events.journal import Journal
from gamepanel.host.history import History
from gamepanel.host.system import Host
from gamepanel.jobs.queue import Jobs
from gamepanel.jobs.versions import Versions
from gamepanel.operations.operations import operationsOn
from gamepanel.operations.readiness import Readiness
from gamepanel.operations.versions import VersionOperations
from gamepanel.players.service import Players
from gamepanel.servers.directory import Directory
from gamepanel.web.api.auth import About, AuthEndpoints
from gamepanel.web.api.events import EventEndpoints
from gamepanel.web.api.history import HistoryEndpoints
from gamepanel.web.api.installing import InstallEndpoints
from gamepanel.web.api.jobs import JobEndpoints
from gamepanel.web.api.management import ManagementEndpoints
from gamepanel.web.api.overview import Overview
from gamepanel.web.api.people import PeopleEndpoints
from gamepanel.web.api.pieces import statuses, summaries
from gamepanel.web.api.players import PlayerEndpoints
from gamepanel.web.api.server import ServerEndpoints
from gamepanel.web.api.sse import OpenStreams, maxStreams
from gamepanel.web.api.stream import Streams
from gamepanel.web.api.system import SystemEndpoints
from gamepanel.web.endpoint import Access
from gamepanel.web.http.admission import Admission, Route, preflight
from gamepanel.web.http.answering import refuse, secure
from gamepanel.web.panel import PanelFiles
from gamepanel.web.routes import Routes
from gamepanel.wire.endpoints import Endpoint, endpoints


class Root(Resource):
    """
    Actions each request to the endpoints or to the files of the page, by its path.

    A request that comes through L{gamepanel.web.http.transport} has been admitted
    when its header was there; any other is checked here.
    """

    isLeaf = True

    def __init__(
        self,
        access: Access,
        groups: Iterable[object],
        names: frozenset[str],
        origins: frozenset[str],
        isLeaving: Callable[[], bool],
        page: PanelFiles | None = None,
        declared: Mapping[str, Endpoint] = endpoints,
    ) -> None:
        """
        @param access: decides who is let in.
        @param groups: all objects whose methods carry out endpoints.
        @param names: see L{Admission}.
        @param origins: see L{Admission}.
        @param isLeaving: whether the daemon is about to end.
        @param page: what people see; None serves the API alone.
        @param declared: the endpoints by name.
        """
        super().__init__()
        self._isLeaving = isLeaving
        self._parts: dict[bytes, Routes | PanelFiles] = {}
        found: dict[bytes, Route] = {}
        parts: list[Routes | PanelFiles] = [Routes(access, declared, groups)]
        if page is not None:
            parts.append(page)
        for part in parts:
            found |= part.routes
            self._parts |= dict.fromkeys(part.routes, part)
        self.addresses = access.addresses
        self.admission = Admission(found, access.addresses, names, origins)

    def render(self, request: IRequest) -> Any:
        refusal = self._refusal(request)
        if refusal is None and self._isLeaving():
            refusal = ShuttingDown(retryAfter=5)
        if refusal is not None:
            return self.refuse(request, refusal)
        self._allowOrigin(request)
        if request.method == b"OPTIONS":
            request.setResponseCode(204)
            for name, value in ((b"Cache-Control", b"no-store"), *preflight):
                request.setHeader(name, value)
            return b""
        return self._parts[request.path].render(request)

    def answersAtOnce(self, path: bytes) -> bool:
        """Whether this is an endpoint that mostly need not wait before it answers."""
        part = self._parts.get(path)
        return isinstance(part, Routes) and part.answersAtOnce(path)

    def _refusal(self, request: IRequest) -> PanelError | None:
        if getattr(request, "admitted", False):
            return None
        secure(request)
        try:
            self.admission.check(request, request.path, request.method, _length(request))
        except PanelError as error:
            return error
        return None

    def refuse(self, request: IRequest, error: PanelError) -> bytes:
        """Answer a request that was not let in."""
        self._allowOrigin(request)
        return refuse(request, error, self.admission.allow(request.path))

    def _allowOrigin(self, request: IRequest) -> None:
        for name, value in self.admission.corsHeaders(request) if self.admission.origins else ():
            request.setHeader(name, value)


def _length(request: IRequest) -> int:
    content = request.content
    content.seek(0, 2)
    length: int = content.tell()
    content.seek(0)
    return length


def api(
    clock: IReactorTime,
    directory: Directory,
    access: Access,
    journal: Journal,
    jobs: Jobs,
    versions: Versions,
    history: History,
    players: Players,
    machine: Host,
    about: About,
    names: frozenset[str] = frozenset(),
    origins: frozenset[str] = frozenset(),
    streams: int = maxStreams,
) -> Root:
    """
    The resource that serves the whole API.

    @param access: decides who is let in.
    @param journal: has what happened.
    @param jobs: have what takes long.
    @param versions: know what is newest.
    @param history: has what was used.
    @param players: know who plays.
    @param machine: has what is used now.
    @param about: what is told of this daemon.
    @param names: host names that are ours.
    @param origins: of pages that may use the API although they are not ours.
    @param streams: how many may be open at once.
    """
    operations = operationsOn(directory, jobs, access.accounts, access.audit)
    following, ofStatus = OpenStreams(clock, streams), statuses()
    overview = Overview(directory, slices(clock), ofStatus)
    listing = Overview(directory, slices(clock), summaries())
    groups = (
        AuthEndpoints(access, operations.sessions, about),
        ManagementEndpoints(directory, operations.creation, listing),
        ServerEndpoints(
            *(directory, clock, ofStatus, overview, Streams(following)),
            *(operations.power, operations.console, operations.settings),
        ),
        PlayerEndpoints(directory, players, operations.players),
        InstallEndpoints(operations.installing, VersionOperations(directory, versions)),
        JobEndpoints(directory, jobs, operations.jobs, clock),
        EventEndpoints(directory, journal, clock, following),
        HistoryEndpoints(directory, history, machine),
        PeopleEndpoints(operations.people, operations.sessions),
    )
    readiness = Readiness(clock, directory.store.tryOut, directory.context.checkRoom)
    return Root(
        access,
        (*groups, SystemEndpoints(access, readiness)),
        names,
        origins,
        lambda: directory.leaving,
        PanelFiles(),
    )
