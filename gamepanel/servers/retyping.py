"""
Another type for a server that there is: what it would be set to.
"""

from collections.abc import Callable, Mapping

from attrs import frozen
from msgspec.structs import replace

from gamepanel.base.errors import BadRequest
from gamepanel.games.definition import ServerType
from gamepanel.servers.host import HostContext
from gamepanel.servers.needs import checkNeeds
from gamepanel.servers.plan import checkUsable
from gamepanel.servers.ports import Claim
from gamepanel.servers.registry import Registry
from gamepanel.servers.server import GameServer
from gamepanel.servers.settings import Settings, created
from gamepanel.wire.values import OptionValue


@frozen
class Retyped:
    """
    What a server of another type would be set to.

    @ivar reset: names of options whose values that type does not take, so that they have its
        defaults.
    """

    settings: Settings
    reset: tuple[str, ...]


async def retyped(
    context: HostContext,
    registry: Registry,
    server: GameServer,
    definition: ServerType,
    options: Mapping[str, object],
    maySee: Callable[[str], bool],
) -> Retyped:
    """
    The settings of a server after it has got another type; nothing is changed.

    @param definition: that type.
    @param options: values of its options, unchecked. Those of options that have the same name and
        kind now are kept, as far as they fit that type.
    @param maySee: whether whoever asks may be told of another server.

    @raise BadRequest: naming each value that is not taken or is missing.
    @raise PortInUse: when a port is another server's.
    @raise SpawnFailed: when the host lacks a program that it needs.
    """
    kept = keptOptions(context.catalogue.all().get(server.type), definition, server.settings)
    reset: list[str] = []
    while True:
        try:
            settings = created(definition, server.settings.description, {**kept, **options})
            settings = replace(settings, own=server.settings.own)
            await checkUsable(context.configs, definition, settings, "options")
            break
        except BadRequest as error:
            # A value that nobody has asked for is no reason to refuse: it goes back to its default.
            named = {problem.field[-1] for problem in error.problems}
            unfit = named & (kept.keys() - options.keys())
            if not unfit:
                raise
            reset += sorted(unfit)
            kept = {name: value for name, value in kept.items() if name not in unfit}
    registry.checkPorts(Claim(server.id, definition, settings), "options", maySee)
    checkNeeds(definition, context.path)
    return Retyped(settings, tuple(reset))


def keptOptions(
    before: ServerType | None, after: ServerType, settings: Settings
) -> dict[str, OptionValue]:
    """
    The values that options of another type take over.

    @param before: the type now; None when there is none of this name any more.
    """
    if before is None:
        return {}
    kept = {}
    for name, option in after.optionsByName.items():
        old = before.optionsByName.get(name)
        isSame = old is not None and (old.type, old.accept) == (option.type, option.accept)
        if isSame and name in settings.options and option.follows is None:
            kept[name] = settings.options[name]
    return kept
