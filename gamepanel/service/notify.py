"""
Tells the log and the service manager when the daemon listens, and when it ends.

systemd waits for C{READY=1} where its unit says C{Type=notify}: until then C{systemctl start}
does not return, and it fails when the daemon ends before. See C{sd_notify(3)}.
"""

import socket
import time
from collections.abc import Callable, MutableMapping
from typing import Any, Final

from attrs import define
from msgspec import Struct
from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IAddress,
    IListeningPort,
    IProtocolFactory,
    IReactorCore,
    IStreamServerEndpoint,
)
from twisted.logger import Logger
from zope.interface import implementer

from gamepanel import __version__

log = Logger()

Notify = Callable[[str], None]
"""Takes the lines of a message to the service manager, such as C{READY=1}."""

variable: Final = "NOTIFY_SOCKET"

sendSeconds: Final = 0.5
"""How long the service manager may take to take a message."""


def notifier(environment: MutableMapping[str, str]) -> Notify:
    """
    Find out who waits for news of this process.

    @param environment: of the process; the address is taken out of it, so that no child can
        speak for the daemon.
    """
    address = environment.pop(variable, "")
    # What begins with @ is in Linux' abstract namespace.
    return Notifier("\0" + address[1:] if address.startswith("@") else address)


class Notifier(Struct, frozen=True):
    """
    Sends messages to the service manager.

    @ivar address: path of its socket; empty when nobody waits for news.
    """

    address: str

    def __call__(self, message: str) -> None:
        """See L{Notify}. That nobody listens, or reads, is logged and does no harm."""
        if not self.address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                # It waits where too much is unread there; not for long, since all of us waits.
                sender.settimeout(sendSeconds)
                sender.sendto(message.encode(errors="backslashreplace"), self.address)
        except OSError as error:
            log.warn(
                "the service manager can't be told {text}: {e}",
                text=message.replace("\n", " "),
                e=error,
            )


@implementer(IStreamServerEndpoint)
@define
class AddressTelling:
    """
    An endpoint that tells at which address it listens.

    @ivar endpoint: the one that does all the work.
    @ivar heard: is told each address.
    """

    endpoint: Any
    heard: Callable[[IAddress], None]

    def listen(self, factory: IProtocolFactory) -> Deferred[Any]:
        def tell(port: IListeningPort) -> IListeningPort:
            self.heard(port.getHost())
            return port

        listening: Deferred[Any] = self.endpoint.listen(factory)
        return listening.addCallback(tell)


def addressText(address: Any) -> str:
    """An address as people write it: C{127.0.0.1:8080}, C{[::1]:8080} or C{unix:/run/socket}."""
    if not hasattr(address, "host"):
        name = address.name
        return f"unix:{name.decode(errors='replace') if isinstance(name, bytes) else name}"
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"{host}:{address.port}"


class Announcement(Service):
    """
    Says that the daemon is there, and that it ends. It is to be the last of the services to
    start, and so the first to stop.
    """

    def __init__(self, notify: Notify, reactor: IReactorCore, state: str) -> None:
        """
        @param state: the state directory.
        """
        self._notify = notify
        self._reactor = reactor
        self._state = state
        self._addresses: list[str] = []

    def heard(self, address: IAddress) -> None:
        """Take note of an address that the daemon listens at."""
        self._addresses.append(addressText(address))

    def startService(self) -> None:
        super().startService()
        self._reactor.callWhenRunning(self._announce)

    def _announce(self) -> None:
        if not self.running:
            return
        addresses = ", ".join(self._addresses)
        log.info(
            "gamepanel {version} listens at {addresses}; its state directory is {state}",
            version=__version__,
            addresses=addresses,
            state=self._state,
        )
        self._notify(f"STATUS=gamepanel {__version__} listens at {addresses}\nREADY=1")

    def reloading(self) -> None:
        """Tell that files are read anew."""
        # systemd wants to know that this belongs to its own last request.
        microseconds = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._notify(f"RELOADING=1\nMONOTONIC_USEC={microseconds}")

    def reloaded(self) -> None:
        """Tell that they have been read."""
        self._notify("READY=1")

    def stopService(self) -> None:
        super().stopService()
        self._notify("STATUS=Ending\nSTOPPING=1")
