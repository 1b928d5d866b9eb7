"""
Requests without a reactor, for the command alone: one that asks once and ends need not wait for
Twisted to be imported. It can't follow anything; programs use L{gamepanel.client.Panel.connect}.

Its coroutines never wait for anything, so whoever runs them gets the answer at once.
"""

import http.client
import select
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from urllib.parse import quote, urlsplit

from gamepanel.client.caller import Caller, connectSeconds, requestSeconds
from gamepanel.client.exchange import FilePart, Reply, Request, maxAnswer, transferSeconds
from gamepanel.client.failures import (
    ClientError,
    lost,
    noDaemon,
    noSuchHost,
    notAnAddress,
    nothingListens,
    notReached,
    notSecure,
    otherHost,
    silent,
    tooLong,
    untrusted,
)

_pieceBytes = 65536


class BlockingConnection(Caller):
    """Requests that wait, each over a connection that is kept for the next one."""

    def __init__(
        self,
        bases: Sequence[str],
        token: str | None = None,
        others: Sequence[str] = (),
        instance: str = "",
        certificates: str | None = None,
    ) -> None:
        """
        @param certificates: path of a PEM file with those to trust instead of the host's own.
        """
        super().__init__(bases, token, others, instance)
        self._certificates = certificates
        self._kept: dict[str, http.client.HTTPConnection] = {}

    async def close(self) -> None:
        for wire in self._kept.values():
            wire.close()
        self._kept.clear()

    async def exchange(self, request: Request, seconds: float) -> Reply:
        wire = self._wire(request.base)
        try:
            return _exchange(wire, request, seconds)
        except BaseException:
            wire.close()
            del self._kept[request.base]
            raise

    async def transmit(self, request: Request, source: FilePart) -> Reply:
        return await self._stream(request, source, 0, None)

    async def receive(
        self, request: Request, wanted: int, write: Callable[[bytes], object]
    ) -> Reply:
        return await self._stream(request, None, wanted, write)

    async def _stream(
        self,
        request: Request,
        source: FilePart | None,
        wanted: int,
        write: Callable[[bytes], object] | None,
    ) -> Reply:
        wire = self._connected(request.base)
        try:
            if wire.sock is not None:
                wire.sock.settimeout(transferSeconds)
            return _streamed(wire, request, self.authorization, source, wanted, write)
        finally:
            wire.close()

    def _wire(self, base: str) -> http.client.HTTPConnection:
        """A connection, kept or new, that is open."""
        wire = self._kept.get(base)
        if wire is not None and _isClosed(wire):
            wire.close()
            wire = None
        if wire is None:
            wire = self._connected(base)
            self._kept[base] = wire
        return wire

    def _connected(self, base: str) -> http.client.HTTPConnection:
        try:
            wire = self._prepared(base)
            wire.connect()
        except (ValueError, http.client.InvalidURL) as error:
            raise notAnAddress(base, error) from error
        except OSError as error:
            raise _notConnected(error, base) from error
        return wire

    def _prepared(self, base: str) -> http.client.HTTPConnection:
        parts = urlsplit(base)
        host = parts.hostname or ""
        if parts.scheme == "http":
            return http.client.HTTPConnection(host, parts.port, timeout=connectSeconds)
        return _Secure(host, parts.port, self._context())

    def _context(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self._certificates)
        except (OSError, ssl.SSLError) as error:
            raise ClientError(
                f"{self._certificates}: can't be read as certificates: {error}"
            ) from error


def _isClosed(wire: http.client.HTTPConnection) -> bool:
    """Whether the other side has closed a connection on which nothing is asked: it says so."""
    return wire.sock is not None and bool(select.select((wire.sock,), (), (), 0)[0])


class _Secure(http.client.HTTPSConnection):
    """
    A connection with TLS, whose greeting may take as long as an answer: what speaks no TLS says
    so late.
    """

    def __init__(self, host: str, port: int | None, context: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=connectSeconds, context=context)
        self._ownContext = context

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        self.sock.settimeout(requestSeconds)
        self.sock = self._ownContext.wrap_socket(self.sock, server_hostname=self.host)


def _exchange(wire: http.client.HTTPConnection, request: Request, seconds: float) -> Reply:
    base = request.base
    path = quote(urlsplit(base).path + request.name, safe="/%:@!$&'()*+,;=~")
    headers = {**request.headers, "Accept-Encoding": "identity"}
    end = time.monotonic() + seconds
    try:
        _limit(wire, end)
        wire.request(request.method, path, request.body, headers)
        response = wire.getresponse()
        data = _read(wire, response, base, end)
    except TimeoutError as error:
        raise silent(base) from error
    except (OSError, http.client.RemoteDisconnected, http.client.IncompleteRead) as error:
        raise lost(base) from error
    except http.client.HTTPException as error:
        raise noDaemon(base, str(error) or type(error).__name__) from error
    found = {name.lower(): value for name, value in response.getheaders()}
    return Reply(response.status, found, data)


def _streamed(
    wire: http.client.HTTPConnection,
    request: Request,
    more: Mapping[str, str],
    source: FilePart | None,
    wanted: int,
    write: Callable[[bytes], object] | None,
) -> Reply:
    """An exchange of which one side is a file."""
    base = request.base
    headers = {**request.headers, **more, "Accept-Encoding": "identity"}
    target = quote(urlsplit(base).path, safe="/%:@!$&'()*+,;=~") + request.name
    try:
        # A refusal may come before all has been sent.
        with suppress(BrokenPipeError, ConnectionResetError):
            wire.request(request.method, target, source, headers)
        response = wire.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        if write is None or response.status not in (wanted, 200):
            data = _read(wire, response, base, time.monotonic() + transferSeconds)
            return Reply(response.status, found, data)
        while response.status == wanted and (piece := response.read1(_pieceBytes)):
            write(piece)
        if response.status == wanted and response.length:
            raise http.client.IncompleteRead(b"", response.length)
        return Reply(response.status, found, b"")
    except TimeoutError as error:
        raise silent(base) from error
    except (OSError, http.client.RemoteDisconnected, http.client.IncompleteRead) as error:
        raise lost(base) from error
    except http.client.HTTPException as error:
        raise noDaemon(base, str(error) or type(error).__name__) from error


def _limit(wire: http.client.HTTPConnection, end: float) -> None:
    """
    @raise TimeoutError: when the time is over.
    """
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    # A connection that the other side closes after its answer has no socket any more.
    if wire.sock is not None:
        wire.sock.settimeout(left)


def _read(
    wire: http.client.HTTPConnection, response: http.client.HTTPResponse, base: str, end: float
) -> bytes:
    data = bytearray()
    while piece := response.read1(_pieceBytes):
        data += piece
        if len(data) > maxAnswer:
            raise tooLong(base, maxAnswer)
        _limit(wire, end)
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    # Only then the connection takes another request.
    response.close()
    return bytes(data)


def _notConnected(error: OSError, base: str) -> ClientError:
    """Why there is no connection, in a sentence."""
    match error:
        case socket.gaierror():
            return noSuchHost(base)
        case ConnectionRefusedError():
            return notReached(base, nothingListens)
        case ssl.SSLCertVerificationError():
            return notSecure(base, _untrusted(error))
        case ssl.SSLError():
            return notSecure(base, f"there is no TLS ({error.reason or error})")
        case TimeoutError():
            return notReached(base, "it does not answer")
        case _:
            return notReached(base, str(error.strerror or error))


def _untrusted(error: ssl.SSLCertVerificationError) -> str:
    # Hostname mismatch and IP address mismatch (openssl/x509_vfy.h).
    if error.verify_code in (62, 64):
        return otherHost
    return untrusted(error.verify_message)
