"""
Connects to the very address that was checked.

A name may stand for another address the next time that one asks: so it is asked for once, what
comes is checked, and one of those addresses is connected to.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any, Final

from attrs import define

from gamepanel.host.publicaddresses import AddressPolicy
from gamepanel.wire.causes import Cause, Caused, because

chunkBytes: Final = 64 * 1024
"""So much is read at once."""

maxAddresses: Final = 8
"""So many addresses of a host are tried."""


Resolve = Callable[[str, int], list[Any]]
"""What C{socket.getaddrinfo} says of a host and a port."""


class Refused(Caused):
    """Something that will not do however often it is tried."""


class Broken(Caused):
    """Something that may do the next time."""

    def __init__(self, cause: Cause, after: float = 0.0) -> None:
        """
        @param after: seconds that the source wants to be left alone.
        """
        super().__init__(cause)
        self.after = after


def resolve(host: str, port: int) -> list[Any]:
    """
    The addresses of a host.

    @raise OSError: when there are none.
    """
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


def connect(
    host: str, port: int, policy: AddressPolicy | None, timeout: float, resolve: Resolve = resolve
) -> socket.socket:
    """
    Connect to a host.

    @param policy: where may be gone to; None: everywhere.
    @param timeout: seconds for each of its addresses.

    @raise Refused: when it has no address that may be reached.
    @raise Broken: when none answers.
    """
    try:
        found = resolve(host, port)
    except socket.gaierror as error:
        if error.errno == socket.EAI_NONAME:
            raise Refused(because("no_host", host=host)) from error
        raise Broken(because("address_unknown", host=host, error=error.strerror)) from error
    except (OSError, UnicodeError) as error:
        raise Refused(because("address_unknown", host=host, error=None)) from error
    permitted = [each for each in found if policy is None or policy.permits(str(each[4][0]))]
    del permitted[maxAddresses:]
    if not permitted:
        raise Refused(because("address_not_public", host=host))
    reason = None
    for family, kind, protocol, _, address in permitted:
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(timeout)
            connection.connect(address)
        except OSError as error:
            connection.close()
            reason = error.strerror
        else:
            return connection
    raise Broken(because("host_out_of_reach", host=host, error=reason))


class Watch:
    """
    Ends a connection that takes too long: whoever reads from it meets its end then, wherever
    that is.

    @ivar isOver: whether that has happened.
    """

    def __init__(self, connection: socket.socket) -> None:
        self.isOver = False
        self._connection = connection
        self._timer: threading.Timer | None = None

    def within(self, seconds: float) -> None:
        """Give it so many seconds from now on."""
        self.stop()
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def _end(self) -> None:
        self.isOver = True
        try:
            # Not that of TLS, which waits for its peer.
            socket.socket.shutdown(self._connection, socket.SHUT_RDWR)
        except OSError:
            return

    def stop(self) -> None:
        """Watch it no longer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


@define
class Answer:
    """
    What a source has answered; its body is still to be read.

    @ivar url: the address that it came from at last.
    @ivar status: as HTTP has it.
    """

    url: str
    status: int
    _response: http.client.HTTPResponse
    _connection: http.client.HTTPConnection
    _watch: Watch

    def header(self, name: str) -> str:
        """A line of its head; empty if it is not there."""
        return self._response.headers.get(name) or ""

    @property
    def announced(self) -> int | None:
        """How many bytes of the body are still to come, if that was said."""
        return self._response.length

    def within(self, seconds: float) -> None:
        """Wait so many seconds more."""
        self._watch.within(seconds)

    def read(self) -> bytes:
        """
        Some of the body; empty at its end.

        @raise Broken: when it broke off.
        """
        try:
            data = self._response.read1(chunkBytes)
        except (OSError, http.client.HTTPException, ValueError) as error:
            isSlow = self._watch.isOver or isinstance(error, TimeoutError)
            raise Broken(because("too_slow" if isSlow else "broke_off")) from error
        if self._watch.isOver:
            raise Broken(because("too_slow"))
        if not data and self._response.length:
            raise Broken(because("broke_off_early"))
        return data

    def close(self) -> None:
        """Let go of it."""
        self._watch.stop()
        self._response.close()
        self._connection.close()

    def __enter__(self) -> "Answer":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class _Connection(http.client.HTTPConnection):
    """A connection that is there already."""

    def __init__(self, host: str, port: int, connection: socket.socket, isSecure: bool) -> None:
        super().__init__(host, port)
        self.default_port = 443 if isSecure else 80
        self.sock = connection

    def connect(self) -> None:
        """It is."""


def ask(
    connection: socket.socket,
    host: str,
    port: int,
    target: str,
    headers: dict[str, str],
    seconds: tuple[float, float],
    context: ssl.SSLContext | None,
    url: str,
) -> Answer:
    """
    Ask for something on a connection.

    @param target: path and query.
    @param seconds: for TLS, and for the head of the answer.
    @param context: of TLS, which checks that it is this host; None: without.

    @raise Refused: when it is not the host that it should be.
    @raise Broken: when there is no answer.
    """
    watch = Watch(connection)
    watch.within(seconds[0])
    try:
        if context is not None:
            connection = context.wrap_socket(connection, server_hostname=host)
            watch.stop()
            watch = Watch(connection)
        watch.within(seconds[1])
        connection.settimeout(seconds[1])
        client = _Connection(host, port, connection, context is not None)
        client.request("GET", target, headers=headers)
        response = client.getresponse()
    except ssl.SSLCertVerificationError as error:
        watch.stop()
        connection.close()
        raise Refused(because("host_unproven", host=host, error=error.verify_message)) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        watch.stop()
        connection.close()
        isSlow = watch.isOver or isinstance(error, TimeoutError)
        raise Broken(because("host_slow" if isSlow else "host_odd", host=host)) from error
    return Answer(url, response.status, response, client, watch)
