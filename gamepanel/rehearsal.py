"""
Finds out whether one could listen where one is told to, before anything has started.
"""

import os
import socket
import stat
from typing import Any, cast

from attrs import Factory, define
from twisted.internet.endpoints import serverFromString
from twisted.internet.protocol import Factory as ProtocolFactory
from twisted.python import usage


@define
class Rehearsal:
    """
    A reactor that only finds out whether one could listen, and where.

    An endpoint that listens on it binds a socket, so that a port that is taken is
    known before anything has started; L{close} lets go of them all.

    @ivar plainAddresses: that plain TCP was to listen on.
    @ivar secureAddresses: that TLS was to listen on.
    """

    plainAddresses: list[str] = Factory(list)
    secureAddresses: list[str] = Factory(list)
    _probes: list[socket.socket] = Factory(list)

    def close(self) -> None:
        """Let go of what was bound."""
        for probe in self._probes:
            probe.close()

    def _tryToBind(self, port: int, interface: str) -> None:
        family = socket.AF_INET6 if ":" in interface else socket.AF_INET
        probe = socket.socket(family, socket.SOCK_STREAM)
        self._probes.append(probe)
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((interface, port))
        probe.listen()

    def listenTCP(self, port: int, factory: object, backlog: int = 50, interface: str = "") -> None:
        """See L{twisted.internet.interfaces.IReactorTCP}."""
        self.plainAddresses.append(interface)
        self._tryToBind(port, interface)

    def listenSSL(
        self,
        port: int,
        factory: object,
        contextFactory: object,
        backlog: int = 50,
        interface: str = "",
    ) -> None:
        """See L{twisted.internet.interfaces.IReactorSSL}."""
        self.secureAddresses.append(interface)
        self._tryToBind(port, interface)

    def listenUNIX(self, address: str, factory: object, *others: object, **more: object) -> None:
        """See L{twisted.internet.interfaces.IReactorUNIX}."""
        isFree = not os.path.lexists(address) or stat.S_ISSOCK(os.lstat(address).st_mode)
        if not isFree or not os.access(os.path.dirname(os.path.abspath(address)), os.W_OK):
            raise OSError(f"no socket can be made at {address}")


def _inherited() -> list[str]:
    """The addresses of the sockets that systemd hands us, see C{sd_listen_fds(3)}."""
    addresses = []
    for descriptor in range(3, 3 + int(os.environ.get("LISTEN_FDS", "0"))):
        with socket.socket(fileno=os.dup(descriptor)) as inherited:
            address = inherited.getsockname()
            addresses.append("127.0.0.1" if isinstance(address, str) else address[0])
    return addresses


def rehearse(description: str, rehearsal: Rehearsal) -> None:
    """
    Try to listen at an endpoint.

    @param description: the endpoint string.

    @raise usage.UsageError: when that could not be done.
    """
    if description.startswith("systemd:"):
        # It takes over sockets that are bound already, and closes what it was given.
        rehearsal.plainAddresses += _inherited()
        return
    problems: list[BaseException] = []
    try:
        endpoint = serverFromString(cast(Any, rehearsal), description)
        endpoint.listen(ProtocolFactory()).addErrback(lambda f: problems.append(f.value))
    except Exception as error:
        # Each kind of endpoint has its own errors for what it can't parse:
        # ValueError, TypeError, KeyError, OpenSSL's.
        problems.append(error)
    if problems:
        reason = getattr(problems[0], "strerror", None) or problems[0]
        raise usage.UsageError(f"--listen {description}: {reason}")
