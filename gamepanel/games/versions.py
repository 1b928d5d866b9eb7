"""
Which version of a game is wanted: the newest, or one at which an option holds it.
"""

import re
from collections.abc import Mapping, Sequence

from gamepanel.games.arguments import isSet
from gamepanel.games.installing import Npm, Pip, Step
from gamepanel.games.option import Option
from gamepanel.wire.values import OptionValue

versionVariable = "version"
"""The variable that says what is installed."""


def emptied(options: Sequence[Option]) -> dict[str, OptionValue | None]:
    """
    Values of options with which the newest is asked for: only the defaults of those that
    must have a value.
    """
    return {option.name: option.default if option.required else None for option in options}


def isPinned(steps: Sequence[Step], options: Mapping[str, OptionValue | None]) -> bool:
    """
    Whether an option holds a server at its version: it has a value, and with it a step is left
    out that else finds the newest, or it is the version of a package.
    """
    given = {name for name, value in options.items() if isSet(value)}
    if any(versionVariable in step.sets and step.unless in given for step in steps):
        return True
    texts = [text for step in steps for text in packagesOf(step)[:1]]
    return any(given & set(re.findall(r"\{([a-z][a-z0-9_]*)\}", text)) for text in texts)


def packagesOf(step: Step) -> tuple[str, ...]:
    """The packages that a step installs."""
    match step:
        case Pip(pip=texts) | Npm(npm=texts):
            return texts
    return ()
