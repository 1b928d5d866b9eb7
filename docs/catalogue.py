"""The list of types that come with gamepanel as a page, made from their files."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from gamepanel.games.catalogue import Catalogue, shippedTypes
from gamepanel.games.definition import BackupRules, ServerType
from gamepanel.games.installing import Download, Fetch, Npm, Pip, SteamCmd

path: Final = Path(__file__).parent / "reference" / "catalogue.md"

_INTRO: Final = """\
# Games in the catalogue

These types come with gamepanel. What each lets you set is in the form of a new server, and in
its file below `gamepanel/games/types`; [types of servers](types.md) says what the keys mean,
[write a type](../how-to/write-a-type.md) how to make your own or change one.

**Tested** are those that gamepanel's tests start, command and stop, with the game itself. The
others were written from what their makers and communities say; a comment in the file names
where its facts are from. They may need a correction: copy the file into `STATE/types`, where
yours wins, and tell us.

**Backed up while it runs**: *holds still* writes nothing until the copy is done, *saves first*
writes a whole save before it, and of the others the files are copied as they are then: see
[how to back up servers](../how-to/backups.md).

"""

_OUTRO: Final = """\

## What is left out

- Games whose server exists for Windows only, such as **V Rising**, **Enshrouded**, **Sons of
  the Forest** or **ARK: Survival Ascended**: running them takes Wine or Proton, which gamepanel
  does not install.
- Games whose server only their owners may download, such as **Arma 3** and **DayZ**.
- Programs that are no games (bots, websites, databases): the type `generic` runs any command
  line, where the operator allows it (`--allow-generic`).

A [type of your own](../how-to/write-a-type.md) can do what is left out here.
"""


def shipped() -> Mapping[str, ServerType]:
    """All types that come with gamepanel."""
    return Catalogue((shippedTypes(),), allowGeneric=True).all()


def page(types: Mapping[str, ServerType]) -> str:
    """The whole page, in Markdown."""
    tested = sum(definition.tested for definition in types.values())
    rows = sorted(types.items(), key=lambda item: item[1].title.lower())
    return "\n".join(
        [
            _INTRO + f"{len(types)} types, of which {tested} are tested.\n",
            "| Game | Type | Where it is from | Machines | Backed up while it runs | Tested |",
            "| --- | --- | --- | --- | --- | --- |",
            *(_row(name, definition) for name, definition in rows),
            _OUTRO,
        ]
    )


def _row(name: str, definition: ServerType) -> str:
    title = f"[{definition.title}]({definition.homepage})" if definition.homepage else "Any program"
    cells = (
        title,
        f"`{name}`",
        "; ".join(dict.fromkeys(_origins(definition))),
        ", ".join(definition.machines),
        _stillness(definition.backup),
        "yes" if definition.tested else "no",
    )
    return f"| {' | '.join(cells)} |"


def _stillness(rules: BackupRules) -> str:
    """What a game does before the copy begins, for people."""
    if not rules.before:
        return "as its files are"
    return "holds still" if rules.after else "saves first"


def _origins(definition: ServerType) -> Iterator[str]:
    """From where a game comes, for people."""
    for step in definition.steps:
        match step:
            case SteamCmd(steamcmd=number):
                yield f"Steam ({number})"
            case Fetch(fetch=url) | Download(download=url) if not url.startswith("{"):
                yield urlsplit(url).hostname or ""
            case Npm(npm=packages):
                yield f"npm ({', '.join(packages)})"
            case Pip(pip=packages):
                yield f"PyPI ({', '.join(packages)})"
    if definition.hint:
        yield f"`{definition.hint}`" if definition.hint.startswith("apt ") else definition.hint
    elif not definition.needs and not definition.steps:
        yield "a command line of your own"
