"""
The ports that a server wants.
"""

from collections.abc import Iterator
from ipaddress import ip_address

from gamepanel.games.definition import Option, ServerType
from gamepanel.host.ports import Port, Protocol, everyAddress
from gamepanel.servers.settings import Settings


def portsByName(definition: ServerType, settings: Settings) -> Iterator[tuple[str, Port]]:
    """All ports that a server with these settings wants, each with the name of its option."""
    for option in definition.options:
        value = settings.optionValue(definition, option)
        if option.type == "port" and isinstance(value, int):
            yield option.name, Port(value, protocolsOf(option))


def ports(definition: ServerType, settings: Settings) -> Iterator[Port]:
    """All ports that a server with these settings wants."""
    return (port for _, port in portsByName(definition, settings))


def protocolsOf(option: Option) -> frozenset[Protocol]:
    """The protocols of a port option."""
    both: frozenset[Protocol] = frozenset(("udp", "tcp"))
    return both if option.protocol == "both" else frozenset((option.protocol,))


def mainPort(definition: ServerType, settings: Settings) -> Port | None:
    """The port by which players reach a server, if it has one."""
    return dict(portsByName(definition, settings)).get(definition.mainPort or "")


def addresses(definition: ServerType, settings: Settings) -> tuple[str, ...]:
    """
    What a server will bind its ports to: which option says so is its type's own affair,
    so each value that is an IP address counts; without any, all addresses of the host.
    """
    found = tuple(filter(_isAddress, settings.optionValues(definition).values()))
    return tuple(str(address) for address in found) or everyAddress


def _isAddress(value: object) -> bool:
    try:
        return isinstance(value, str) and not ip_address(value).is_unspecified
    except ValueError:
        return False
