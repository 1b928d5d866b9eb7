"""
The whole API as one resource.
"""

from collections.abc import Callable, Iterable
from typing import Any

from twisted.internet.interfaces import IReactorTime
from twisted.web.iweb import IRequest
from twisted.web.resource import Resource

from gamepanel.errors import PanelError, ShuttingDown
from gamepanel.events.journal import Journal
from gamepanel.host.history import History
from gamepanel.host.system import Host
from gamepanel.jobs.queue import Jobs
from gamepanel.operations.operations import operationsOn
from gamepanel.servers.directory import Directory, slices
from gamepanel.web.answering import refuse, secure
from gamepanel.web.auth import About, AuthEndpoints
from gamepanel.web.endpoint import Access, Endpoints
from gamepanel.web.gate import Gate, Route
from gamepanel.web.happenings import EventEndpoints
from gamepanel.web.history import HistoryEndpoints
from gamepanel.web.jobs import JobEndpoints
from gamepanel.web.machines import MachineEndpoints
from gamepanel.web.management import ManagementEndpoints
from gamepanel.web.overview import Overview
from gamepanel.web.panel import PanelFiles
from gamepanel.web.people import PeopleEndpoints
from gamepanel.web.routes import Routes
from gamepanel.web.senders import Senders
from gamepanel.web.server import ServerEndpoints
from gamepanel.web.sse import OpenStreams
from gamepanel.web.stream import Streams


class Root(Resource):
    """
    Hands each request to the endpoints or to the files of the page, by its path.

    A request that comes through L{gamepanel.web.transport} has passed the gate
    when its header was there; any other passes it here.
    """

    isLeaf = True

    def __init__(
        self,
        groups: Iterable[Endpoints],
        senders: Senders,
        names: frozenset[str],
        origins: frozenset[str],
        isLeaving: Callable[[], bool],
    ) -> None:
        """
        @param groups: all objects whose methods are endpoints.
        @param senders: see L{Gate}.
        @param names: see L{Gate}.
        @param origins: see L{Gate}.
        @param isLeaving: whether the daemon is about to end.
        """
        super().__init__()
        self._isLeaving = isLeaving
        self._parts: dict[bytes, Routes | PanelFiles] = {}
        found: dict[bytes, Route] = {}
        for part in (Routes(groups), PanelFiles()):
            found |= part.routes
            self._parts |= dict.fromkeys(part.routes, part)
        self.senders = senders
        self.gate = Gate(found, senders, names, origins)

    def render(self, request: IRequest) -> Any:
        """See L{twisted.web.resource.IResource}."""
        refusal = self._refusal(request)
        if refusal is None and self._isLeaving():
            refusal = ShuttingDown(retryAfter=5)
        if refusal is not None:
            return self.refuse(request, refusal)
        self._allowOrigin(request)
        if request.method == b"OPTIONS":
            request.setResponseCode(204)
            request.setHeader(b"Cache-Control", b"no-store")
            return b""
        return self._parts[request.path].render(request)

    def _refusal(self, request: IRequest) -> PanelError | None:
        if getattr(request, "admitted", False):
            return None
        secure(request)
        try:
            self.gate.check(request, request.path, request.method, _length(request))
        except PanelError as error:
            return error
        return None

    def refuse(self, request: IRequest, error: PanelError) -> bytes:
        """Answer a request that was not let in."""
        self._allowOrigin(request)
        return refuse(request, error, self.gate.allow(request.path))

    def _allowOrigin(self, request: IRequest) -> None:
        for name, value in self.gate.corsHeaders(request):
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
    history: History,
    machine: Host,
    about: About,
    names: frozenset[str] = frozenset(),
    origins: frozenset[str] = frozenset(),
) -> Root:
    """
    The resource that serves the whole API.

    @param access: who is let in.
    @param journal: has what happened.
    @param jobs: have what takes long.
    @param history: has what was used.
    @param machine: has what is used now.
    @param about: what is told of this daemon.
    @param names: host names that are ours.
    @param origins: of pages that may use the API although they are not ours.
    """
    operations = operationsOn(directory, jobs, access.accounts, access.audit)
    overview, streams = Overview(directory, slices(clock)), OpenStreams(clock)
    groups = (
        AuthEndpoints(access, operations.sessions, about),
        ManagementEndpoints(access, directory, operations.creation),
        ServerEndpoints(
            *(access, directory, clock, overview, Streams(streams)),
            *(operations.power, operations.console, operations.settings),
        ),
        JobEndpoints(access, directory, jobs, operations.jobs, clock),
        EventEndpoints(access, directory, journal, clock, streams),
        HistoryEndpoints(access, directory, history, machine),
        PeopleEndpoints(access, operations.people, operations.sessions),
    )
    sections = [*(group.section for group in groups), MachineEndpoints.section]
    endpoints = tuple(found for section in sections for found in section.endpoints)
    machines = MachineEndpoints(access, endpoints)
    return Root(
        (*groups, machines),
        access.senders,
        names,
        origins,
        lambda: directory.leaving,
    )
