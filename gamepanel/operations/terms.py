"""
Terms that people accept by setting an option, such as a game's licence.
"""

from collections.abc import Collection

from gamepanel.games.definition import ServerType


def termsIn(definition: ServerType, names: Collection[str]) -> list[str]:
    """Addresses of the terms that are accepted by options of these names."""
    return [
        option.accept
        for option in definition.options
        if option.accept is not None and option.name in names
    ]
