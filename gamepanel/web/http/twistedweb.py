"""
All that the daemon uses of Twisted's HTTP without Twisted promising that it stays: private
attributes, nearly all of what is used, each with the reason. Of its processes that is in
L{gamepanel.process.twistedprocess}; no other file uses any, a test sees to that.

C{make matrix} tries them with the oldest and the newest Twisted that C{pyproject.toml} allows;
so far 26.4.0 and 26.10.0. What a newer one has renamed is mended here.
"""

from collections.abc import Callable
from typing import Any, Final

from twisted.internet.tcp import Server
from twisted.internet.unix import Server as UNIXServer
from twisted.web.http import HTTPChannel, _ChunkedTransferDecoder, _MalformedChunkedDataError

maxChunkDigits = 16
"""Of the size of a chunk, in hexadecimal."""

smallBytes: Final = 65_536
"""Whatever is no more than this is sent at once, where nothing is in its way."""

_plain: Final = (Server, UNIXServer)
"""Connections over which is sent just what is written to them."""


def writerTo(transport: Any) -> Callable[[bytes], None]:
    """
    Sends at once what the kernel takes, where nothing else waits to be sent, and the rest when it
    can be. Twisted always lets the reactor tell first that something can be sent, which costs two
    calls of the kernel and another turn. Much at once would keep others waiting: only so much as
    the reactor lets through.

    C{socket}; C{_tempDataLen}, C{dataBuffer}: what waits.

    @param transport: a connection; when it is lost, nothing is sent any more.

    @return: what sends. A console that many watch is sent by little else, so all that stays as it
        is has been looked up before.
    """
    if type(transport) not in _plain:
        write: Callable[[bytes], None] = transport.write
        return write
    send: Callable[[bytes], int] = transport.socket.send

    def sendNow(data: bytes) -> None:
        if not (transport.dataBuffer or transport._tempDataLen) and len(data) <= smallBytes:
            try:
                sent = send(data)
            except OSError:
                # Nothing is taken now, or the connection is lost, which the reactor is to find.
                sent = 0
            if sent == len(data):
                return
            data = data[sent:]
        transport.write(data)

    return sendNow


class Outlet:
    """
    A connection, to send over.

    @ivar transport: the connection.
    @ivar write: sends, see L{writerTo}.
    @ivar send: gives the kernel what that takes of it, and says how much; None where more is to
        be done than to send.
    """

    __slots__ = ("send", "transport", "write")

    def __init__(self, transport: Any) -> None:
        self.transport = transport
        self.write = writerTo(transport)
        isPlain = type(transport) in _plain
        self.send: Callable[[bytes], int] | None = transport.socket.send if isPlain else None


class ChunkedBody(_ChunkedTransferDecoder):
    """
    A body in chunks, any of which may be refused as soon as it says how large it is: Twisted
    only tells of a chunk's size by delivering its bytes.
    """

    def __init__(
        self,
        take: Callable[[bytes], None],
        end: Callable[[bytes], None],
        refuses: Callable[[int], bool],
    ) -> None:
        """
        @param take: is given the bytes of the body.
        @param end: is given what follows the body.
        @param refuses: whether a chunk of so many bytes is not wanted.
        """
        super().__init__(take, end)
        self._refuses = refuses

    def _dataReceived_CHUNK_LENGTH(self) -> bool:
        """
        The line with the size of a chunk; the base class calls it for that state.

        C{_buffer} has the line, which is gone when the base class has read it.
        """
        end = self._buffer.find(b"\r\n")
        if len(self._buffer[: max(end, 0)].partition(b";")[0]) > maxChunkDigits:
            raise _MalformedChunkedDataError("The size of a chunk has too many digits.")
        goesOn = super()._dataReceived_CHUNK_LENGTH()
        if self.state == "BODY" and self._refuses(self.length):
            # What has been refused is read no further.
            raise _MalformedChunkedDataError("The body is too large.")
        return goesOn


class OpenHTTPChannel(HTTPChannel):
    """
    Twisted's connection, with public names for what limits in time and size need to know.

    @ivar outlet: over which answers are sent.
    @ivar write: sends some of an answer.
    """

    outlet: Outlet
    write: Callable[[bytes], None]

    def connectionMade(self) -> None:
        """There is somebody."""
        super().connectionMade()
        self.outlet = Outlet(self.transport)
        self.write = self.outlet.write

    def abortConnection(self) -> None:
        """
        Close at once, without what is still to be sent. The reactor does not know any more that
        there is some, and tells of the end only later: until then nothing may be sent behind it.
        C{_requestProducer}: who sends an answer bit by bit.
        """
        if self._requestProducer is not None:
            self._requestProducer.pauseProducing()
        transport: Any = self.transport
        transport.abortConnection()

    @property
    def isAnswering(self) -> bool:
        """
        Whether a request is being answered; what comes then is kept back. C{_handlingRequest}:
        C{requests} is no measure, since a request is in it from the first line on.
        """
        return self._handlingRequest

    @property
    def hasPartOfLine(self) -> bool:
        """
        Whether the beginning of a line of a header has come. C{_buffer} of C{LineReceiver}: it
        calls nobody before the line is complete.
        """
        return bool(self._buffer)

    @property
    def isStuck(self) -> bool:
        """
        Whether the client does not read what it is sent. C{_waitingForTransport}: C{paused} is
        also set while a request is being answered.
        """
        return self._waitingForTransport

    @property
    def isStreaming(self) -> bool:
        """Whether an answer is sent bit by bit. C{_requestProducer}: what makes it."""
        return self._requestProducer is not None

    @property
    def isAtRest(self) -> bool:
        """
        Whether the next request is to be answered, nothing of it has come, none is being answered,
        and nothing that came before is still to be looked at. C{_busyReceiving} of C{LineReceiver}:
        it calls us from within its own loop over what has come, and then the rest of that is in
        C{_buffer}.
        """
        transport: Any = self.transport
        return (
            self.line_mode == 1
            and not self._handlingRequest
            and not self._busyReceiving
            and not self._buffer
            and not self.paused
            # TLS goes on telling what comes until the client has closed, too.
            and not transport.disconnecting
        )

    def begin(self, request: Any) -> None:
        """
        A request is complete that did not come line by line: from now on it is as if it had. It
        ends by C{requestDone}. C{_handlingRequest}, as in C{allContentReceived}.
        """
        self._handlingRequest = True
        self.setRawMode()
        self.requests.append(request)

    def requestDone(self, request: Any) -> None:
        """
        A request has been answered. Mostly nothing has come meanwhile, and then C{requestDone} of
        Twisted would do no more than this: C{_handlingRequest}, C{_dataBuffer} and
        C{_waitingForTransport}, for none of which it had ceased to read.
        """
        if self._dataBuffer or self._waitingForTransport or not self.persistent:
            super().requestDone(request)
            return
        self.requests.remove(request)
        self._handlingRequest = False
        self.setLineMode()

    def writeSequence(self, iovec: Any) -> None:
        """Send some of an answer, at once if that can be."""
        self.write(b"".join(iovec))

    @property
    def method(self) -> bytes:
        """
        Of the request whose header comes in, empty when there is none. C{_command}: the request
        itself learns of it only when all of it has come.
        """
        return getattr(self, "_command", b"")

    @property
    def target(self) -> bytes:
        """The path and query of that request, from C{_path} likewise."""
        return self._path

    def pauseReading(self) -> None:
        """
        Read nothing from the client for now. C{_networkProducer}: C{pauseProducing} is called by
        the transport, about what we send.
        """
        self._networkProducer.pauseProducing()

    def resumeReading(self) -> None:
        """Read on, unless much has been kept back."""
        if not self.keepsMuch:
            self._networkProducer.resumeProducing()

    @property
    def keepsMuch(self) -> bool:
        """
        Whether more has been kept back than Twisted would read ahead during an answer:
        C{_dataBuffer} and C{_optimisticEagerReadSize}.
        """
        return sum(map(len, self._dataBuffer)) > self._optimisticEagerReadSize

    def allContentReceived(self) -> None:
        """
        A request is complete. What has come behind its body is kept back, and Twisted looks at how
        much that is only when still more comes: each answer would let in more than it takes away.
        """
        super().allContentReceived()
        if self._handlingRequest and self.keepsMuch:
            self.pauseReading()

    def readChunks(self, take: Callable[[bytes], None], refuses: Callable[[int], bool]) -> None:
        """
        Read the body of the request as a L{ChunkedBody}. C{_transferDecoder}: Twisted has no
        way to be given another decoder, and its own ends by C{_finishRequestBody}.
        """
        self._transferDecoder = ChunkedBody(take, self._finishRequestBody, refuses)

    def malformed(self) -> None:
        """What came can't be understood; by itself nothing but the end of the connection."""
        self.loseConnection()

    def _respondToBadRequestAndDisconnect(self) -> None:
        """Twisted would write an answer of its own, without our headers."""
        self.malformed()
