"""
Where endpoints would listen, as far as their text says it, and whether the host lets one
listen there: both before anything has started.
"""

import errno
import os
import socket
import stat
from collections.abc import Iterable
from contextlib import closing
from typing import Any, Final

from attrs import Factory, define
from twisted.internet.error import CannotListenError
from twisted.python import usage

from gamepanel.service.exitstatus import StartRefused
from gamepanel.service.listening import listenWith, reasonOf, shown

maxSocketPath: Final = 107
"""In bytes: what fits in C{sun_path}, see C{unix(7)}, with the NUL at its end."""


@define
class ListenAddresses:
    """
    The addresses that endpoints name: a reactor that takes note of where it is told to listen,
    and listens nowhere.

    @ivar plain: addresses for plain TCP.
    @ivar secure: addresses for TLS.
    """

    plain: list[str] = Factory(list)
    secure: list[str] = Factory(list)

    def add(self, description: str) -> None:
        """
        @param description: an endpoint string.

        @raise usage.UsageError: when it can't be read.
        """
        if _isInherited(description):
            self.plain += _inherited()
        else:
            _listen(description, self)

    def listenTCP(self, port: int, factory: object, *, interface: str, backlog: int) -> None:
        """Records an address without TLS."""
        _checkPort(port)
        self.plain.append(interface)

    def listenSSL(
        self, port: int, factory: object, contextFactory: Any, *, interface: str, backlog: int
    ) -> None:
        """Records an address with TLS."""
        _checkPort(port)
        # A key that does not belong to the certificate is only found now.
        contextFactory.getContext()
        self.secure.append(interface)

    def listenUNIX(self, address: str, factory: object, **more: object) -> None:
        """Checks the path of a socket."""
        length = len(os.fsencode(address))
        if length > maxSocketPath:
            raise OSError(f"a socket's path has at most {maxSocketPath} bytes, and this {length}")
        if shown(address) != address:
            raise OSError("a socket's path must be UTF-8")


def _checkPort(port: int) -> None:
    if not 0 <= port <= 65535:
        raise ValueError(f"the port must be a number from 0 to 65535, and this is {port}")


@define
class _ListenCheck:
    """
    A reactor that binds a socket where it is told to listen, so that a port that is taken is
    known; L{close} lets go of them all.
    """

    _probes: list[socket.socket] = Factory(list)

    def close(self) -> None:
        """Let go of what was bound."""
        for probe in self._probes:
            probe.close()

    def listenTCP(self, port: int, factory: object, *, interface: str, backlog: int) -> None:
        """Binds the port, and keeps it until L{close}."""
        family = socket.AF_INET6 if ":" in interface else socket.AF_INET
        probe = socket.socket(family, socket.SOCK_STREAM)
        self._probes.append(probe)
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((interface, port))
        probe.listen()

    def listenSSL(self, port: int, factory: object, contextFactory: object, **more: Any) -> None:
        """Binds the port, as without TLS."""
        self.listenTCP(port, factory, **more)

    def listenUNIX(self, address: str, factory: object, *, wantPID: bool, **more: object) -> None:
        """Binds the path and unlinks it, with what an earlier daemon left there."""
        _removeLeftOver(address)
        if wantPID:
            _removeLock(f"{address}.lock")
        with closing(socket.socket(socket.AF_UNIX)) as probe:
            probe.bind(address)
        os.unlink(address)


def checkListen(descriptions: Iterable[str]) -> None:
    """
    Find out whether one can listen at endpoints, all at once. What a daemon that was killed has
    left there is removed.

    @param descriptions: endpoint strings.

    @raise usage.UsageError: when one can't.
    """
    check = _ListenCheck()
    try:
        for description in descriptions:
            # systemd has bound those that it hands us.
            if not _isInherited(description):
                _listen(description, check)
    finally:
        check.close()


def _isInherited(description: str) -> bool:
    # Twisted would take over the sockets at once, and close what it was given.
    return description.startswith("systemd:")


def _removeLeftOver(path: str) -> None:
    """
    Remove the socket of a daemon that was killed.

    @raise OSError: when there is something else, or a program that listens.
    """
    if not os.path.lexists(path):
        return
    if not stat.S_ISSOCK(os.lstat(path).st_mode):
        raise OSError("there is something that is not a socket")
    with closing(socket.socket(socket.AF_UNIX)) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
            return
        except BlockingIOError:
            # Somebody listens, and has not accepted others yet.
            pass
    raise OSError(errno.EADDRINUSE, "another program listens there")


def _removeLock(path: str) -> None:
    """
    Remove the lock that Twisted has left beside a socket at which nobody listens. By itself
    it would take the lock for held when another process has got the process id in it.

    @raise OSError: when there is something else.
    """
    if not os.path.lexists(path):
        return
    if not (os.path.islink(path) and os.readlink(path).isdecimal()):
        raise OSError(f"{path} is in the way")
    os.unlink(path)


def _inherited() -> list[str]:
    """The addresses of the TCP sockets that systemd hands us, see C{sd_listen_fds(3)}."""
    addresses = []
    for descriptor in range(3, 3 + int(os.environ.get("LISTEN_FDS", "0"))):
        with socket.socket(fileno=os.dup(descriptor)) as inherited:
            address = inherited.getsockname()
            if not isinstance(address, str):
                addresses.append(address[0])
    return addresses


def _listen(description: str, reactor: object) -> None:
    """
    Have a reactor of ours listen at an endpoint.

    @raise usage.UsageError: when it does not.
    """
    problem = listenWith(description, reactor)
    if problem is not None:
        text = f"--listen {shown(description)}: {reasonOf(problem)}"
        # What the host refuses now may be granted soon; what can't be read never is.
        if isinstance(problem, CannotListenError) or getattr(problem, "errno", None):
            raise StartRefused(text) from problem
        raise usage.UsageError(text) from problem
