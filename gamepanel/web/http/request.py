"""
A request of HTTP as the endpoints get it: its body in memory, within a limit.
"""

from io import BytesIO
from typing import Any, Protocol, cast

from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.http import HTTPChannel
from twisted.web.iweb import INonQueuedRequestFactory, IRequest
from twisted.web.server import NOT_DONE_YET, Request, Site
from zope.interface import implementer, provider

from gamepanel.base.errors import PanelError, TooLarge
from gamepanel.web.http.answering import broken
from gamepanel.web.http.turns import Turns, costOf
from gamepanel.web.http.twistedweb import Outlet
from gamepanel.web.root import Root

log = Logger()


class WithRoot(Protocol):
    """
    The part of a site that a request needs.

    @ivar resource: answers all requests.
    @ivar turns: shares out when they are answered.
    """

    resource: Root
    turns: Turns


class Refusing(Protocol):
    """The part of a connection that a request needs."""

    @property
    def site(self) -> WithRoot:
        """What the connection is to."""

    @property
    def outlet(self) -> Outlet:
        """Over which answers are sent."""

    def refuse(self, error: PanelError) -> None:
        """Answer with an error, and take nothing more from this connection."""


@implementer(IRequest)
@provider(INonQueuedRequestFactory)
class PanelRequest(Request):
    """
    A request whose body is kept in memory, within its endpoint's limit.

    @ivar refusal: why it is not let in, if it is not.
    @ivar maxBody: in bytes.
    @ivar header: all of its header as it came, and what was found of it, if that may be kept
        until it comes again.
    """

    admitted = True
    content: BytesIO
    refusal: PanelError | None = None
    maxBody = 0
    header: tuple[bytes, Any] | None = None

    def __init__(self, channel: HTTPChannel) -> None:
        # Bodies are JSON, which Twisted need not try to read as a form.
        super().__init__(channel, parsePOSTFormSubmission=False)

    def gotLength(self, length: int | None) -> None:
        """The body comes now; never into a temporary file, as Twisted does with long ones."""
        self.content = BytesIO()

    def parseCookies(self) -> None:
        """We bake none."""

    def lacksRoom(self, length: int) -> bool:
        """Whether so many bytes more are too many."""
        return self.content.tell() + length > self.maxBody

    def handleContentChunk(self, data: bytes) -> None:
        """Some of the body."""
        if self.lacksRoom(len(data)):
            cast(Refusing, self.channel).refuse(TooLarge())
        else:
            self.content.write(data)

    @property
    def chunkOutlet(self) -> Outlet | None:
        """
        Over which chunks are sent that were made once for several answers, when this one has begun
        and as long as the client is there. None when it does not come in chunks.
        """
        if not self.chunked or self.channel is None:
            return None
        return cast(Refusing, self.channel).outlet

    def process(self) -> None:
        """All of it has come: answer, when it is its turn."""
        cost = costOf(self.content.getbuffer().nbytes)
        cast(Refusing, self.channel).site.turns.do(cost, self._answer)

    def _answer(self) -> None:
        """There is but one resource."""
        if self.channel is None:
            # The client has left meanwhile.
            return
        site = cast(Refusing, self.channel).site
        self.site = cast(Site, site)
        self.prepath, self.postpath = [], [self.path[1:]]
        answerFrom(site.resource, self, self.refusal)

    def processingFailed(self, reason: Failure) -> None:
        """A bug outside of Klein's reach."""
        self.write(broken(self, reason, log))
        self.finish()


def answerFrom(root: Root, request: Any, refusal: PanelError | None = None) -> None:
    """
    Answer a request, at once or when the answer is there.

    @param request: a L{PanelRequest} or what does as much.
    @param refusal: why it is not let in, if it is not.
    """
    try:
        answer = root.render(request) if refusal is None else root.refuse(request, refusal)
    except Exception:
        request.processingFailed(Failure())
        return
    if answer is not NOT_DONE_YET:
        request.write(answer)
        request.finish()
