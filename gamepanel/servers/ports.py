"""
The ports that a server wants.
"""

from collections.abc import Callable, Iterable, Iterator
from ipaddress import ip_address
from itertools import chain
from typing import Final

from msgspec import Struct

from gamepanel.games.definition import ServerType
from gamepanel.games.option import BadValue, Option
from gamepanel.host.ports import Port, everyAddress
from gamepanel.host.sockets import Protocol
from gamepanel.servers.settings import Settings

maxProposals: Final = 1000
"""So many numbers are considered for each port of a new server."""

maxProbes: Final = 64
"""So many of them are looked for on the host, for all ports of a new server."""

firstProposal: Final = 1024
"""Smaller numbers are proposed only where the type names one: they are for root."""


class Claim(Struct, frozen=True):
    """
    A server as far as its ports go.

    @ivar server: its id.
    """

    server: str
    type: ServerType
    settings: Settings


class Clash(Struct, frozen=True):
    """
    A port that two servers want.

    @ivar option: name of the option to change so that they do not.
    @ivar port: with the protocols in which both want it.
    @ivar server: id of the other one.
    """

    option: str
    port: Port
    server: str


def portsByOption(definition: ServerType, settings: Settings) -> Iterator[tuple[Option, Port]]:
    """All ports that a server with these settings wants, each with its option."""
    for option in definition.options:
        value = settings.optionValue(definition, option) if option.type == "port" else None
        if isinstance(value, int):
            yield option, Port(value, protocolsOf(option))


def ports(definition: ServerType, settings: Settings) -> Iterator[Port]:
    """All ports that a server with these settings wants."""
    return (port for _, port in portsByOption(definition, settings))


def clashes(wanted: Claim, others: Iterable[Claim]) -> Iterator[Clash]:
    """All ports of a server that others want, too."""
    own = list(portsByOption(wanted.type, wanted.settings))
    if not own:
        return
    theirs = [(other, port) for other in others for port in ports(other.type, other.settings)]
    for option, port in own:
        for other, taken in theirs:
            if port.overlaps(taken):
                name = option.name if option.follows is None else option.follows.of
                both = Port(port.number, port.protocols & taken.protocols)
                yield Clash(name, both, other.server)


def proposals(
    definition: ServerType, occupied: Iterable[Port], isFree: Callable[[Port], bool]
) -> dict[str, int]:
    """
    Ports for a new server: for each option that has a default, or must have a value, the
    next number from there on that nobody has. No two of them are the same.

    @param occupied: what other servers want.
    @param isFree: whether no other program of the host has a port; asked at most
        L{maxProbes} times.

    @return: the numbers by the names of their options; without those for which none was found.
    """
    taken: dict[int, frozenset[Protocol]] = {}
    for port in occupied:
        taken[port.number] = taken.get(port.number, frozenset()) | port.protocols
    found: dict[str, int] = {}
    own: set[int] = set()
    probes = iter(range(maxProbes))
    for option in definition.options:
        if option.type != "port" or option.follows is not None:
            continue
        for number in _candidates(option):
            wanted = list(_withFollowers(definition, option, number))
            if (
                any(port.number in own or not 0 < port.number < 65536 for port in wanted)
                or any(port.protocols & taken.get(port.number, frozenset()) for port in wanted)
                or not all(next(probes, None) is not None and isFree(port) for port in wanted)
            ):
                continue
            found[option.name] = number
            own.update(port.number for port in wanted)
            break
    return found


def instead(
    claim: Claim,
    found: Iterable[Clash],
    occupied: Iterable[Port],
    isFree: Callable[[Port], bool],
) -> dict[str, int]:
    """
    The next numbers that nobody has, for ports that others want, too.

    @param occupied: what other servers want.
    @param isFree: whether no other program of the host has a port; asked at most L{maxProbes}
        times.

    @return: the numbers by the names of their options; without those for which none was found.
    """
    theirs = list(occupied)
    names = {clash.option for clash in found}
    own = [port for option, port in portsByOption(claim.type, claim.settings)]
    probes = iter(range(maxProbes))
    chosen: dict[str, int] = {}
    for option, port in portsByOption(claim.type, claim.settings):
        if option.name not in names:
            continue
        for number in range(port.number + 1, min(port.number + maxProposals, 65536)):
            wanted = list(_withFollowers(claim.type, option, number))
            if (
                not _takes(option, number)
                or any(port.number > 65535 for port in wanted)
                or any(port.overlaps(other) for port in wanted for other in (*theirs, *own))
                or not all(next(probes, None) is not None and isFree(port) for port in wanted)
            ):
                continue
            chosen[option.name] = number
            own += wanted
            break
    return chosen


def _takes(option: Option, number: int) -> bool:
    try:
        option.check(number)
    except BadValue:
        return False
    return True


def _candidates(option: Option) -> Iterator[int]:
    """Numbers that an option takes, in the order in which to try them."""
    if not isinstance(option.default, int) and not option.required:
        return
    least, greatest = option.bounds
    lowest = max(int(least or 1), firstProposal)
    start = option.default if isinstance(option.default, int) else lowest
    upwards = range(start, min(start + maxProposals, int(greatest or 65535) + 1))
    downwards = range(start - 1, max(start - maxProposals, lowest) - 1, -1)
    for number in chain(upwards, downwards):
        if _takes(option, number):
            yield number


def _withFollowers(definition: ServerType, option: Option, number: int) -> Iterator[Port]:
    yield Port(number, protocolsOf(option))
    for other in definition.options:
        if other.follows is not None and other.follows.of == option.name:
            yield Port(number + other.follows.plus, protocolsOf(other))


def protocolsOf(option: Option) -> frozenset[Protocol]:
    """The protocols of a port option."""
    both: frozenset[Protocol] = frozenset(("udp", "tcp"))
    return both if option.protocol == "both" else frozenset((option.protocol,))


def mainPort(definition: ServerType, settings: Settings) -> Port | None:
    """The port by which players reach a server, if it has one."""
    found = portsByOption(definition, settings)
    return next((port for option, port in found if option.name == definition.mainPort), None)


def addresses(definition: ServerType, settings: Settings) -> tuple[str, ...]:
    """
    What a server will bind its ports to: the addresses in options of which its type says so by
    C{address}, or by having them in the C{host} of its console or query; without any, all of the
    host. Any other value that looks like an address says nothing.
    """
    hosts = (definition.console.host, None if definition.query is None else definition.query.host)
    inHosts = {name for text in hosts if text for name in definition.template(text).names}
    found = (
        settings.optionValue(definition, option)
        for option in definition.options
        if option.address is not None or option.name in inHosts
    )
    return tuple(str(value) for value in found if _isAddress(value)) or everyAddress


def _isAddress(value: object) -> bool:
    try:
        return isinstance(value, str) and not ip_address(value).is_unspecified
    except ValueError:
        return False
