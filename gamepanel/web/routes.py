"""
One table from path to endpoint, and the Klein app that serves it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from klein import Klein
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.iweb import IRequest
from twisted.web.server import NOT_DONE_YET
from werkzeug.exceptions import HTTPException

from gamepanel.base.errors import NotFound, PanelError
from gamepanel.web.endpoint import Access, Call
from gamepanel.web.http.admission import Route
from gamepanel.web.http.answering import broken, refuse
from gamepanel.web.serving import Served
from gamepanel.wire.endpoints import Endpoint

_log = Logger()


def methodsOf(groups: Iterable[object]) -> Iterator[tuple[str, Callable[[Call[Any]], Any]]]:
    """The methods of some objects that carry out endpoints, with the names of those."""
    for group in groups:
        for method in vars(type(group)).values():
            name = getattr(method, "endpoint", None)
            if name is not None:
                yield name, method.__get__(group)


class Routes:
    """
    Serves all endpoints.

    Klein serves those that have to wait for something. The others mostly answer at once; for
    them, matching the path again and the Deferreds around each request would be more than half
    of the time, so they are called directly.
    """

    def __init__(
        self, access: Access, declared: Mapping[str, Endpoint], groups: Iterable[object]
    ) -> None:
        self._table: dict[bytes, Served] = {}
        app = Klein()
        app.url_map.strict_slashes = False
        app.url_map.merge_slashes = False
        for name, method in methodsOf(groups):
            served, path = Served(access, declared[name], method), f"/{name}"
            self._table[path.encode()] = served
            app.route(path, methods=served.endpoint.methods, endpoint=name)(served.answer)
        _answerErrors(app)
        self._app = app

    @property
    def routes(self) -> dict[bytes, Route]:
        """All paths, and what they take."""
        return {
            path: Route(served.endpoint.methods, served.endpoint.maxBody)
            for path, served in self._table.items()
        }

    def answersAtOnce(self, path: bytes) -> bool:
        """Whether the endpoint at one of L{routes} mostly answers at once."""
        return not self._table[path].waits

    def render(self, request: Any) -> Any:
        """See C{twisted.web.resource.IResource}; only for paths in L{routes}."""
        endpoint = self._table[request.path].endpoint.name
        try:
            answer: Any = self._app.execute_endpoint(endpoint, request)
        except Exception:
            return _refusal(request, Failure())
        return answer if isinstance(answer, bytes) else answerLater(request, answer)


def answerLater(request: Any, answer: Deferred[Any]) -> int:
    """
    Answer a request when the answer is there. As with Klein, the answer is cancelled when the
    client leaves before.
    """
    left = False

    def leave(reason: Failure) -> None:
        nonlocal left
        left = True
        answer.cancel()

    def write(body: bytes) -> None:
        if not left:
            request.write(body)
            request.finish()

    def refused(failure: Failure) -> bytes:
        if not left:
            return _refusal(request, failure)
        if not failure.check(CancelledError, PanelError):
            _log.failure("bug in answering {path}", failure, path=request.path)
        return b""

    request.notifyFinish().addErrback(leave)
    answer.addErrback(refused)
    answer.addCallback(write)
    return NOT_DONE_YET


def _refusal(request: IRequest, failure: Failure) -> bytes:
    """The answer for what an endpoint has raised."""
    if isinstance(failure.value, PanelError):
        return refuse(request, failure.value)
    return broken(request, failure, _log)


def _answerErrors(app: Klein) -> None:
    """
    Let a Klein app answer every error as the contract has it. Klein takes the
    first handler that matches, so the order is from particular to general.
    """

    @app.handle_errors(HTTPException)
    def unrouted(request: IRequest, failure: Failure) -> bytes:
        # Only known paths and methods come so far.
        return refuse(request, NotFound())

    app.handle_errors(Exception)(_refusal)
