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
from collections.abc import Sequence
from contextlib import closing, suppress
from urllib.parse import quote, urlsplit

from gamepanel.client import failures
from gamepanel.client.caller import Caller, connectSeconds, requestSeconds
from gamepanel.client.exchange import FilePart, Reply, Request, maxAnswer, transferSeconds
from gamepanel.client.failures import ClientError

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

    async def exchange(self, request: Request, seconds: float | None = None) -> Reply:
        base = request.base
        if seconds is None:
            # A connection of its own: it ends in the middle of what is not wanted.
            with closing(self._connected(base)) as wire:
                return _exchange(wire, request, None)
        wire = self._wire(base)
        try:
            return _exchange(wire, request, time.monotonic() + seconds)
        except BaseException:
            wire.close()
            del self._kept[base]
            raise

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
            raise failures.notAnAddress(base, error) from error
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


def _exchange(wire: http.client.HTTPConnection, request: Request, end: float | None) -> Reply:
    base = request.base
    headers = {**request.headers, "Accept-Encoding": "identity"}
    if isinstance(request.body, FilePart):
        headers["Content-Length"] = str(request.body.left)
    target = quote(urlsplit(base).path, safe="/%:@!$&'()*+,;=~") + request.name
    try:
        _limit(wire, end)
        # A refusal may come before all of a file has been sent.
        early = (BrokenPipeError, ConnectionResetError)
        with suppress(*early if isinstance(request.body, FilePart) else ()):
            wire.request(request.method, target, request.body, headers)
        response = wire.getresponse()
        data = _body(wire, response, request, end)
    except TimeoutError as error:
        raise failures.silent(base) from error
    except (OSError, http.client.RemoteDisconnected, http.client.IncompleteRead) as error:
        raise failures.lost(base) from error
    except http.client.HTTPException as error:
        raise failures.noDaemon(base, str(error) or type(error).__name__) from error
    found = {name.lower(): value for name, value in response.getheaders()}
    return Reply(response.status, found, data)


def _body(
    wire: http.client.HTTPConnection,
    response: http.client.HTTPResponse,
    request: Request,
    end: float | None,
) -> bytes:
    """What an answer says; nothing where it is a file."""
    save, data = request.save, bytearray()
    if save is not None and response.status == 200 != request.saved:
        return b""
    if save is None or response.status != request.saved:
        save = data.extend
    while piece := response.read1(_pieceBytes):
        save(piece)
        if len(data) > maxAnswer:
            raise failures.tooLong(request.base, maxAnswer)
        _limit(wire, end)
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    # Only then the connection takes another request.
    response.close()
    return bytes(data)


def _limit(wire: http.client.HTTPConnection, end: float | None) -> None:
    """
    @param end: when it has to be over; None where something has to move time and again.

    @raise TimeoutError: when the time is over.
    """
    left = transferSeconds if end is None else end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    # A connection that the other side closes after its answer has no socket any more.
    if wire.sock is not None:
        wire.sock.settimeout(left)


def _notConnected(error: OSError, base: str) -> ClientError:
    """Why there is no connection, in a sentence."""
    match error:
        case socket.gaierror():
            return failures.noSuchHost(base)
        case ConnectionRefusedError():
            return failures.notReached(base, failures.nothingListens)
        case ssl.SSLCertVerificationError():
            return failures.notSecure(base, _untrusted(error))
        case ssl.SSLError():
            return failures.notSecure(base, f"there is no TLS ({error.reason or error})")
        case TimeoutError():
            return failures.notReached(base, "it does not answer")
        case _:
            return failures.notReached(base, str(error.strerror or error))


def _untrusted(error: ssl.SSLCertVerificationError) -> str:
    # Hostname mismatch and IP address mismatch (openssl/x509_vfy.h).
    if error.verify_code in (62, 64):
        return failures.otherHost
    return failures.untrusted(error.verify_message)
