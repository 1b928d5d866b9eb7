"""The catalogue that comes with gamepanel: each type can be chosen, read, written and trusted."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from twisted.trial.unittest import SynchronousTestCase

import gamepanel.panel
from gamepanel.backups.selection import Selection
from gamepanel.console.linepatterns import linear
from gamepanel.games.arguments import arguments, asText
from gamepanel.games.catalogue import Catalogue, shippedTypes
from gamepanel.games.configfiles import Value, edit
from gamepanel.games.definition import ServerType, SetValue, typedFormats
from gamepanel.games.machine import machineValues
from gamepanel.games.option import Option

wanted: Final = frozenset(
    {
        *("minecraft-java", "minecraft-vanilla", "minecraft-paper", "minecraft-purpur"),
        *("minecraft-fabric", "minecraft-neoforge", "minecraft-forge", "velocity"),
        *("minecraft-bedrock", "flying-squid", "terraria", "tshock", "factorio", "valheim"),
        *("palworld", "rust", "ark", "7-days-to-die", "project-zomboid"),
        *("dont-starve-together", "satisfactory", "core-keeper", "counter-strike-2"),
        *("team-fortress-2", "garrys-mod", "left-4-dead-2", "insurgency-sandstorm"),
        *("unturned", "vintage-story", "luanti", "luanti-contentdb", "openttd"),
        *("openttd-own-build", "ddnet", "teeworlds", "openarena", "xonotic", "supertuxkart"),
        *("bzflag", "armagetron", "freeciv", "wesnoth", "mindustry", "teamspeak-3", "mumble"),
        *("zandronum", "piqueserver", "adventure", "generic"),
    }
)
"""What people look for."""

sources: Final = frozenset(
    {
        *("piston-meta.mojang.com", "net-secondary.web.minecraft-services.net"),
        *("fill.papermc.io", "api.purpurmc.org", "meta.fabricmc.net"),
        *("maven.neoforged.net", "maven.minecraftforge.net", "files.minecraftforge.net"),
        *("api.github.com", "terraria.org", "factorio.com", "api.vintagestory.at"),
        *("www.teamspeak.com", "zandronum.com", "dl.xonotic.org", "cdn.openttd.org"),
        "content.luanti.org",
    }
)
"""Hosts that install steps name: the makers of the games, and GitHub."""

inCommandLine: Final = frozenset(
    {
        *(("valheim", "password"), ("rust", "rcon_password")),
        *(("project-zomboid", "admin_password"), ("insurgency-sandstorm", "token")),
    }
)
"""Passwords that a game takes in no other way."""


minecraft: Final = (
    *("minecraft-java", "minecraft-vanilla", "minecraft-paper", "minecraft-purpur"),
    *("minecraft-fabric", "minecraft-forge", "minecraft-neoforge"),
)


def shipped() -> dict[str, ServerType]:
    """All types that come with gamepanel."""
    return dict(Catalogue((shippedTypes(),), allowGeneric=True).all())


def source(name: str) -> str:
    """The file of a type."""
    return (Path(shippedTypes()) / f"{name}.toml").read_text()


def patterns(definition: ServerType) -> Iterator[tuple[str, str]]:
    """The patterns of console lines that a player could forge, if they fitted anywhere."""
    if definition.run.failed is not None:
        yield "failed", definition.run.failed
    if definition.players is not None:
        yield from definition.players.patterns


def usual(option: Option) -> Any:
    """A value that an option takes."""
    if option.default is not None:
        return option.default
    example = {"boolean": True, "integer": 1, "number": 1, "port": 1024}
    return example.get(option.type, "abcdefgh" if option.required else "")


def usualTexts(definition: ServerType) -> dict[str, Any]:
    """What placeholders of a type may stand for."""
    return {
        **machineValues("x86_64"),
        **{option.name: usual(option) for option in definition.options},
        "server": "game",
        "directory": "/srv/game",
    }


class ChoosingTests(SynchronousTestCase):
    """What a person sees who looks for a game."""

    def test_all(self) -> None:
        """The catalogue has the games that people look for, and all of its files fit."""
        catalogue = Catalogue((shippedTypes(),), allowGeneric=True)
        self.assertEqual(wanted - set(catalogue.all()), set())
        self.assertEqual(catalogue.problems, ())
        self.assertEqual(len(shipped()), len(catalogue.all()))
        # The daemon relies on that, see HostContext.prepareState.
        self.assertEqual({definition.run.user for definition in shipped().values()}, {None})
        self.assertGreaterEqual(len(catalogue.all()), 40)

    def test_words(self) -> None:
        """Each has a title of its own, a description, a page, a sign that there is, and tags."""
        sprite = (Path(gamepanel.panel.__file__).parent / "sprite.svg").read_text()
        signs = set(re.findall(r'id="g-([a-z0-9-]+)"', sprite))
        types = shipped()
        titles = [definition.title for definition in types.values()]
        self.assertEqual(sorted(set(titles)), sorted(titles))
        for name, definition in types.items():
            self.assertTrue(definition.description.endswith("."), name)
            self.assertIn(definition.icon, signs, name)
            self.assertTrue(definition.hint or not definition.needs, name)
            if name != "generic":
                self.assertRegex(definition.homepage, r"^https?://[^\s/]+/", name)
                self.assertTrue(definition.tags, name)
            for option in definition.options:
                self.assertTrue(option.title, f"{name} {option.name}")
                self.assertTrue(option.hint or not option.pattern, f"{name} {option.name}")

    def test_community(self) -> None:
        """
        What tests run is called tested and nothing else is; where nobody has run it, a comment
        says where its facts are from.
        """
        here = Path(__file__).parents[1] / "real"
        run = "".join(path.read_text() for path in sorted(here.glob("test_real_*.py")))
        for name, definition in shipped().items():
            if definition.tested:
                self.assertTrue(name == "generic" or f'"{name}"' in run, name)
            else:
                self.assertRegex(source(name), r"(?m)^# (?:Nobody|Our tests)", name)

    def test_terms(self) -> None:
        """Servers of Mojang's want their license accepted by whoever creates one."""
        for name, definition in shipped().items():
            accepted = [option for option in definition.options if option.accept is not None]
            self.assertEqual(
                bool(accepted), name.startswith("minecraft-") or name == "teamspeak-3", name
            )
            self.assertTrue(all(option.required for option in accepted), name)


class RunningTests(SynchronousTestCase):
    """What is done with a server of each."""

    def test_ends(self) -> None:
        """Each says when it is ready, and is ended by a signal at the latest."""
        for name, definition in shipped().items():
            self.assertTrue(definition.run.ready or name == "generic", name)
            self.assertIsNotNone(definition.stop[-1].signal, name)

    def test_patterns(self) -> None:
        """Patterns of console lines are linear; those that could be forged begin with ^."""
        for name, definition in shipped().items():
            if definition.run.ready is not None:
                linear(definition.run.ready)
            for key, pattern in patterns(definition):
                linear(pattern)
                self.assertTrue(pattern.startswith("^"), f"{name} {key}")

    def test_consoles(self) -> None:
        """Each says how its console is reached; where there is none, no stop needs it."""
        for name, definition in shipped().items():
            self.assertIn("[console]", source(name), name)
            if definition.console.kind == "none":
                self.assertFalse(any(step.command for step in definition.stop), name)

    def test_players(self) -> None:
        """Of games for many, the lines or an answer to a query tell who or how many play."""
        untold = {
            name
            for name, definition in shipped().items()
            if definition.players is None and definition.query is None
        }
        self.assertEqual(untold, {"adventure", "generic", "satisfactory"})

    def test_secrets(self) -> None:
        """
        No password stands where every user of the host can read it, unless the game takes it
        in no other way; then people are told.
        """
        mark = "S3cretS3cret"
        found = set()
        for name, definition in shipped().items():
            values = usualTexts(definition)
            secrets = [option.name for option in definition.options if option.type == "password"]
            for secret in secrets:
                if mark in " ".join(arguments(definition, {**values, secret: mark})):
                    found.add((name, secret))
                    told = definition.optionsByName[secret].description
                    self.assertIn("other users of this host can read it", told, name)
        self.assertEqual(found, inCommandLine)

    def test_generated(self) -> None:
        """A password that a game can't be without is made up where none is given."""
        for name, definition in shipped().items():
            for option in definition.options:
                if option.type == "password" and option.name.endswith("_password"):
                    self.assertTrue(option.generate, f"{name} {option.name}")

    def test_files(self) -> None:
        """Configuration files can be written with what options usually are, and once more."""
        for name, definition in shipped().items():
            values = usualTexts(definition)
            for file in definition.files:
                changes = {
                    key: expanded(definition, value, values, file.format in typedFormats)
                    for key, value in file.set.items()
                }
                text = edit(file.format, "", changes)
                self.assertEqual(edit(file.format, text, changes), text, f"{name} {file.path}")


saved: Final = {
    "[12:30:05] [Server thread/INFO]: Saved the game": minecraft,
    "[12:30:05 INFO]: Saved the game": ("minecraft-paper", "minecraft-purpur"),
    "[12:30:05] [Server thread/INFO]: Saved the world": minecraft,
    "[12:30:05] [Server thread/INFO] [minecraft/DedicatedServer]: Saved the game": (
        "minecraft-forge",
        "minecraft-neoforge",
    ),
    "Data saved. Files are now ready to be copied.": ("minecraft-bedrock",),
    "[2024-05-01 12:30:05:123 INFO] Data saved. Files are now ready to be copied.": (
        "minecraft-bedrock",
    ),
    "Map successfully saved to 'autosave/gamepanel.sav'.": ("openttd", "openttd-own-build"),
    "Game saved as saves/gamepanel.sav.xz": ("freeciv",),
    "10560.326 Info AppManagerStates.cpp:2095: Saving finished": ("factorio",),
    "Backing up world file": ("terraria", "tshock"),
    ": Backing up world file...": ("terraria", "tshock"),
    "World Saved": ("ark",),
    "[00:12:03]: Serializing world: session/094170EC991ECCB4/0000000003": ("dont-starve-together",),
    "Complete Save": ("palworld",),
    "Saved 53,734 ents, cache(0.15), write(0.02), disk(0.01).": ("rust",),
    "[05-01-2024 12:30:05] [I] Saved to config/saves/gamepanel.msav.": ("mindustry",),
}
"""
Lines by which games say that they have saved, and the types of these. Those of OpenTTD and Freeciv
were seen in our own runs; the others are quoted by the sources that the types name.
"""


class BackupTests(SynchronousTestCase):
    """How servers of each are backed up."""

    def test_said(self) -> None:
        """Each says what its backups hold."""
        for name in shipped():
            self.assertRegex(source(name), r"(?m)^# .*\n\[backup\]$", name)

    def test_saved(self) -> None:
        """A game is waited for by the line that it prints, and by no line of a player."""
        types = shipped()
        heard = set()
        for line, names in saved.items():
            for name in names:
                until = linear(types[name].backup.until or "")
                self.assertTrue(until.search(line), f"{name}: {line}")
                for player in ("<eve> ", "[All] eve: ", "[12:30:05] [Server thread/INFO]: <eve> "):
                    self.assertFalse(until.search(player + line), f"{name}: {player}{line}")
                heard.add(name)
        waited = {name for name, each in types.items() if each.backup.until is not None}
        self.assertEqual(heard, waited)

    def test_forged(self) -> None:
        """No name of a player of Mindustry, and nothing that they say, looks like the line."""
        until = linear(shipped()["mindustry"].backup.until or "")
        for line in (
            "Saved to x has connected. [eve]",
            "Saved to gamepanel.msav. has connected. [eve]",
            "Saved to config/saves/gamepanel.msav. has disconnected. [eve] (closed)",
            "Saved to x: config/saves/gamepanel.msav.",
        ):
            self.assertFalse(until.search(f"[05-01-2024 12:30:05] [I] {line}"), line)

    def test_databases(self) -> None:
        """What SQLite keeps beside a database is in a backup with it."""
        rules = shipped()["garrys-mod"].backup
        selected = Selection(rules.include, rules.exclude)
        for suffix in ("", "-wal", "-journal"):
            self.assertTrue(selected.selects(f"garrysmod/sv.db{suffix}"), suffix)

    def test_settings(self) -> None:
        """No backup lacks a file that the options are written to."""
        for name, definition in shipped().items():
            rules = definition.backup
            selected = Selection(rules.include, rules.exclude)
            for file in definition.files:
                self.assertTrue(selected.selects(file.path), f"{name}: {file.path}")

    def test_told(self) -> None:
        """A game that is kept from saving is let go on; a console is there for it."""
        for name, definition in shipped().items():
            rules = definition.backup
            self.assertEqual(bool(rules.after), name in (*minecraft, "minecraft-bedrock"), name)
            self.assertFalse(rules.before and definition.console.kind == "none", name)


def expanded(
    definition: ServerType, value: SetValue, values: dict[str, Any], isTyped: bool
) -> Value:
    """What a key of a file is set to."""
    if isinstance(value, tuple):
        return [str(part) for part in value]
    if not isinstance(value, str):
        return value
    template = definition.template(value)
    if isTyped and template.only is not None:
        found: Value = values[template.only]
        return found
    return template.expand({key: asText(each) for key, each in values.items()})
