"""
The whole API as one resource.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from klein import Klein
from klein.resource import KleinResource
from msgspec.structs import replace
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure
from twisted.web.iweb import IRequest

from gamepanel.base.errors import PanelError, ShuttingDown
from gamepanel.base.threads import slices
from gamepanel.events.journal import Journal
from gamepanel.host.history import History
from gamepanel.host.system import Host
from gamepanel.jobs.queue import Jobs
from gamepanel.jobs.versions import Versions
from gamepanel.operations.operations import operationsOn
from gamepanel.operations.readiness import Readiness
from gamepanel.operations.transfers import transfersOn
from gamepanel.operations.versions import VersionOperations
from gamepanel.players.service import Players
from gamepanel.servers.directory import Directory
from gamepanel.web.api.auth import About, AuthEndpoints
from gamepanel.web.api.endpoint import Access, Served, methodsOf
from gamepanel.web.api.events import EventEndpoints
from gamepanel.web.api.files import FileEndpoints
from gamepanel.web.api.history import HistoryEndpoints
from gamepanel.web.api.installing import InstallEndpoints
from gamepanel.web.api.jobs import JobEndpoints
from gamepanel.web.api.management import ManagementEndpoints
from gamepanel.web.api.overview import Overview, statuses, summaries
from gamepanel.web.api.people import PeopleEndpoints
from gamepanel.web.api.players import PlayerEndpoints
from gamepanel.web.api.server import ServerEndpoints
from gamepanel.web.api.sse import OpenStreams, maxStreams
from gamepanel.web.api.stream import Streams
from gamepanel.web.api.system import SystemEndpoints
from gamepanel.web.api.transfers import TransferEndpoints
from gamepanel.web.http.admission import Admission, Route, preflight
from gamepanel.web.http.request import answerLater, failed, refuse, secure
from gamepanel.web.panel import PanelFiles
from gamepanel.wire.endpoints import Endpoint, endpoints
from gamepanel.worker.files.asking import FileWorkers


class Root(KleinResource):
    """
    Dispatches a request to an endpoint or to a file of the page, by path.

    Each endpoint is a route of one Klein app. Its name is looked up here: a path has no parts that
    differ, and Klein's own matching and Deferreds would double what a request costs.

    A request that comes through L{gamepanel.web.http.transport} has been admitted
    when its header was there; any other is checked here.
    """

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
        self._klein = Klein()
        super().__init__(self._klein)
        self._isLeaving = isLeaving
        self._page = page
        self._endpoints: dict[bytes, Endpoint] = {}
        for name, method in methodsOf(groups):
            endpoint, path = declared[name], f"/{name}"
            served = Served(access, endpoint, method)
            self._klein.route(path, methods=endpoint.methods, endpoint=name)(served.answer)
            self._endpoints[path.encode()] = endpoint
        found = {
            path: Route(each.methods, each.maxBody, takesFile=each.takesFile, isSlow=each.isSlow)
            for path, each in self._endpoints.items()
        }
        if page is not None:
            found |= page.routes
        self.addresses = access.addresses
        self.admission = Admission(found, access.addresses, names, origins)

    def render(self, request: IRequest) -> Any:
        try:
            if not getattr(request, "admitted", False):
                self._admit(request)
            if self._isLeaving():
                raise ShuttingDown(retryAfter=5)
        except PanelError as error:
            return self.refuse(request, error)
        if self.admission.origins:
            self._allowOrigin(request)
        if request.method == b"OPTIONS":
            request.setResponseCode(204)
            for name, value in ((b"Cache-Control", b"no-store"), *preflight):
                request.setHeader(name, value)
            return b""
        endpoint = self._endpoints.get(request.path)
        if endpoint is None:
            assert self._page is not None
            return self._page.render(request)
        try:
            answer = self._klein.execute_endpoint(endpoint.name, request)
        except Exception:
            return failed(request, Failure())
        if isinstance(answer, Deferred):
            return answerLater(request, answer, endpoint.waits)
        return answer

    def _admit(self, request: IRequest) -> None:
        secure(request)
        self.admission.check(request, request.path, request.method, _length(request))

    def refuse(self, request: IRequest, error: PanelError) -> bytes:
        """Answer a request that was not let in."""
        self._allowOrigin(request)
        return refuse(request, error, self.admission.allow(request.path))

    def _allowOrigin(self, request: IRequest) -> None:
        for name, value in self.admission.corsHeaders(request):
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
    workers: FileWorkers,
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
    @param workers: touch the files of games.
    @param names: host names that are ours.
    @param origins: of pages that may use the API although they are not ours.
    @param streams: how many may be open at once.
    """
    operations = operationsOn(directory, jobs, access.accounts, access.audit, workers)
    transfers = transfersOn(directory, operations.files, workers, about.maxUpload)
    following, ofStatus = OpenStreams(clock, streams), statuses()
    overview = Overview(directory, slices(clock), ofStatus)
    listing = Overview(directory, slices(clock), summaries())
    groups = (
        AuthEndpoints(access, operations.sessions, about),
        ManagementEndpoints(directory, operations.creation, listing),
        ServerEndpoints(
            directory,
            clock,
            ofStatus,
            overview,
            Streams(following),
            operations.power,
            operations.console,
            operations.settings,
        ),
        PlayerEndpoints(directory, players, operations.players),
        InstallEndpoints(operations.installing, VersionOperations(directory, versions)),
        FileEndpoints(operations.files),
        TransferEndpoints(clock, directory.context.threads.files, access.tickets, transfers),
        JobEndpoints(directory, jobs, operations.jobs, clock),
        EventEndpoints(directory, journal, clock, following),
        HistoryEndpoints(directory, history, machine),
        PeopleEndpoints(operations.people, operations.sessions),
    )
    upload = endpoints["file_upload"]
    readiness = Readiness(clock, directory.store.tryOut, directory.context.checkRoom)
    return Root(
        access,
        (*groups, SystemEndpoints(access, readiness)),
        names,
        origins,
        lambda: directory.leaving,
        PanelFiles(),
        {**endpoints, upload.name: replace(upload, maxBody=about.maxUpload)},
    )
