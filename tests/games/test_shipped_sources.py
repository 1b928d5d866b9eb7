"""
What install steps of types that come with gamepanel find in the documents of their sources.

The documents have the shapes of the real ones, cut down to what matters.
"""

from typing import Any, Final
from urllib.parse import urlsplit

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.games import documents
from gamepanel.games.installing import (
    Download,
    Fetch,
    Java,
    Match,
    ModrinthPack,
    RunProgram,
    SteamCmd,
    Step,
    Unpack,
    variablesOf,
)
from tests.games.test_shipped_types import shipped, sources

SHA256: Final = "ab" * 32
SHA1: Final = "cd" * 20
MD5: Final = "ef" * 16

MANIFEST: Final = "https://piston-meta.mojang.com/mc/game/version_manifest_v2.json"
FILL: Final = "https://fill.papermc.io/v3/projects"
PURPUR: Final = "https://api.purpurmc.org/v2/purpur"
FABRIC: Final = "https://meta.fabricmc.net/v2/versions"
NEOFORGE: Final = "https://maven.neoforged.net"
FORGE: Final = "https://maven.minecraftforge.net/net/minecraftforge/forge"
GITHUB: Final = "https://api.github.com/repos"
OPENTTD: Final = "https://cdn.openttd.org"


def _builds(name: str) -> list[dict[str, Any]]:
    return [
        {
            "id": number,
            "channel": "STABLE",
            "downloads": {
                "server:default": {
                    "name": f"{name}-{number}.jar",
                    "checksums": {"sha256": SHA256},
                    "url": f"https://fill-data.papermc.io/v1/objects/x/{name}-{number}.jar",
                }
            },
        }
        for number in (41, 9)
    ]


def _release(tag: str, *names: str) -> dict[str, Any]:
    where = "https://github.com/x/y/releases/download"
    return {
        "tag_name": tag,
        "assets": [
            {"name": name, "browser_download_url": f"{where}/{tag}/{name}"} for name in names
        ],
    }


pages: Final[dict[str, Any]] = {
    MANIFEST: {
        "latest": {"release": "1.21.10", "snapshot": "25w45a"},
        "versions": [
            {"id": version, "type": "release", "url": f"https://piston-meta.mojang.com/{version}"}
            for version in ("1.21.10", "1.21.4", "1.20.1")
        ],
    },
    **{
        f"https://piston-meta.mojang.com/{version}": {
            "downloads": {
                "server": {"sha1": SHA1, "url": "https://piston-data.mojang.com/v1/server.jar"}
            },
            "javaVersion": {"component": "java-runtime-delta", "majorVersion": 21},
        }
        for version in ("1.21.10", "1.20.1")
    },
    f"{FILL}/paper": {
        "versions": {"1.21": ["1.21.10", "1.21.11-rc1", "1.21.9"], "1.20": ["1.20.6"]}
    },
    f"{FILL}/paper/versions/1.21.10": {"version": {"java": {"version": {"minimum": 21}}}},
    f"{FILL}/paper/versions/1.21.10/builds": _builds("paper"),
    f"{FILL}/velocity": {"versions": {"3.0.0": ["3.4.0-SNAPSHOT", "3.3.0-SNAPSHOT"]}},
    f"{FILL}/velocity/versions/3.4.0-SNAPSHOT": {"version": {"java": {"version": {"minimum": 17}}}},
    f"{FILL}/velocity/versions/3.4.0-SNAPSHOT/builds": _builds("velocity"),
    PURPUR: {"project": "purpur", "versions": ["1.20.1", "1.21.9", "1.21.10"]},
    f"{PURPUR}/1.21.10": {"builds": {"latest": "2535", "all": ["2534", "2535"]}},
    f"{PURPUR}/1.21.10/2535": {"build": "2535", "md5": MD5},
    f"{FABRIC}/game": [
        {"version": "25w45a", "stable": False},
        {"version": "1.21.10", "stable": True},
    ],
    f"{FABRIC}/loader": [{"version": "0.17.3", "stable": True}],
    f"{FABRIC}/installer": [{"version": "1.1.0", "stable": True}],
    f"{NEOFORGE}/api/maven/versions/releases/net/neoforged/neoforge": {
        "isSnapshot": False,
        "versions": ["20.2.3-beta", "21.1.9", "21.1.215", "21.10.38-beta"],
    },
    f"{NEOFORGE}/releases/net/neoforged/neoforge/21.1.215/neoforge-21.1.215-installer.jar.sha256": (
        SHA256
    ),
    "https://files.minecraftforge.net/net/minecraftforge/forge/promotions_slim.json": {
        "promos": {
            "1.7.10-latest-1.7.10": "10.13.4.1614",
            "1.20.1-latest": "47.4.10",
            "1.20.1-recommended": "47.4.0",
            "1.21.10-latest": "60.0.18",
        }
    },
    f"{FORGE}/1.21.10-60.0.18/forge-1.21.10-60.0.18-installer.jar.sha1": SHA1,
    "https://net-secondary.web.minecraft-services.net/api/v1.0/download/links": {
        "result": {
            "links": [
                {"downloadType": "serverBedrockWindows", "downloadUrl": "https://x/win.zip"},
                {
                    "downloadType": "serverBedrockLinux",
                    "downloadUrl": "https://www.minecraft.net/bedrockdedicatedserver/"
                    "bin-linux/bedrock-server-1.21.124.2.zip",
                },
            ]
        }
    },
    "https://terraria.org/api/get/dedicated-servers-names": [
        "terraria-server-1449.zip",
        "MobileTerrariaServer.zip",
    ],
    f"{GITHUB}/Pryaxis/TShock/releases/latest": _release(
        "v5.2.4",
        "TShock-5.2.4-for-Terraria-1.4.4.9-linux-arm64-Release.zip",
        "TShock-5.2.4-for-Terraria-1.4.4.9-linux-x64-Release.zip",
    ),
    f"{GITHUB}/Anuken/Mindustry/releases/latest": _release(
        "v146", "Mindustry.jar", "server-release.jar"
    ),
    f"{GITHUB}/freedoom/freedoom/releases/latest": _release(
        "v0.13.0", "freedm-0.13.0.zip", "freedoom-0.13.0.zip"
    ),
    "https://factorio.com/api/latest-releases": {
        "stable": {"alpha": "2.0.72", "headless": "2.0.72"},
        "experimental": {"headless": "2.0.73"},
    },
    "https://factorio.com/download/sha256sums/": (
        f"{'12' * 32}  factorio-headless_linux_2.0.7.tar.xz\n"
        f"{SHA256}  factorio-headless_linux_2.0.72.tar.xz\n"
    ),
    "https://api.vintagestory.at/lateststable.txt": "1.21.5\n",
    "https://api.vintagestory.at/stable-unstable.json": {
        "1.21.5": {
            "linuxserver": {
                "filename": "vs_server_linux-x64_1.21.5.tar.gz",
                "md5": MD5,
                "urls": {"cdn": "https://cdn.vintagestory.at/gamefiles/stable/vs_server.tar.gz"},
            }
        }
    },
    "https://www.teamspeak.com/versions/server.json": {
        "linux": {
            "x86_64": {
                "version": "3.13.7",
                "checksum": SHA256,
                "mirrors": {"teamspeak.com": "https://files.teamspeak-services.com/x.tar.bz2"},
            }
        }
    },
    f"{OPENTTD}/openttd-releases/latest.yaml": (
        "latest:\n- version: 15.0-beta3\n  name: testing\n- version: '14.1'\n  name: stable\n"
    ),
    f"{OPENTTD}/opengfx-releases/latest.yaml": "latest:\n- version: '7.1'\n  name: stable\n",
    "https://content.luanti.org/api/packages/rubenwardy/capturetheflag/releases/": [
        {"id": 31234, "title": "New"},
        {"id": 30000, "title": "Old"},
    ],
}
"""What is at the addresses that steps name."""

results: Final[dict[str, dict[str, str]]] = {
    "minecraft-vanilla": {"version": "1.21.10", "java": "21", "sha1": SHA1},
    "minecraft-paper": {"version": "1.21.10", "java": "21", "sha256": SHA256},
    "minecraft-purpur": {"version": "1.21.10", "build": "2535", "md5": MD5, "java": "21"},
    "minecraft-fabric": {"version": "1.21.10", "loader": "0.17.3", "installer": "1.1.0"},
    "minecraft-neoforge": {"version": "21.1.215", "sha256": SHA256},
    "minecraft-forge": {"version": "1.21.10", "forge": "60.0.18", "sha1": SHA1, "java": "21"},
    "velocity": {"version": "3.4.0-SNAPSHOT", "java": "17"},
    "minecraft-bedrock": {"version": "1.21.124.2"},
    "terraria": {"version": "1449"},
    "tshock": {"version": "v5.2.4"},
    "mindustry": {"version": "v146"},
    "factorio": {"version": "2.0.72", "sha256": SHA256},
    "vintage-story": {"version": "1.21.5", "md5": MD5},
    "teamspeak-3": {"version": "3.13.7", "sha256": SHA256},
    "openttd-own-build": {"version": "14.1", "opengfx": "7.1"},
    "luanti-contentdb": {"version": "31234"},
    "zandronum": {},
    "xonotic": {},
}
"""What each type whose files are downloaded knows after its steps, among others."""


def addresses(step: Step) -> tuple[str, ...]:
    """Addresses that a step names."""
    match step:
        case Fetch(fetch=url) | Download(download=url) | ModrinthPack(mrpack=url):
            return (url,)
    return ()


class SourcesTests(SynchronousTestCase):
    """Where files come from."""

    def test_hosts(self) -> None:
        """Addresses are those of the games' makers, and https."""
        for name, definition in shipped().items():
            for step in definition.steps:
                for url in addresses(step):
                    parts = urlsplit(url)
                    if not url.startswith("{"):
                        self.assertEqual(parts.scheme, "https", name)
                        self.assertIn(parts.hostname, sources, name)

    def test_sums(self) -> None:
        """What is downloaded is checked, unless its source tells no sum."""
        unchecked = {
            name
            for name, definition in shipped().items()
            for step in definition.steps
            if isinstance(step, Download) and not step.sums
        }
        self.assertEqual(
            unchecked,
            {
                *("minecraft-bedrock", "minecraft-fabric", "terraria", "tshock", "mindustry"),
                *("openttd-own-build", "luanti-contentdb", "zandronum", "xonotic"),
            },
        )

    def test_steam(self) -> None:
        """No two games are the same application of Steam, and all of them want its machine."""
        found: dict[int, str] = {}
        for name, definition in shipped().items():
            for step in definition.steps:
                if isinstance(step, SteamCmd) and step.steamcmd != 1007:
                    self.assertNotIn(step.steamcmd, found, name)
                    found[step.steamcmd] = name
                    self.assertEqual(definition.machines, ("x86_64",), name)
        self.assertGreaterEqual(len(found), 15)

    def test_unpacked(self) -> None:
        """Each archive that is unpacked was downloaded, or was in one that was."""
        for name, definition in shipped().items():
            there = {step.to for step in definition.steps if isinstance(step, Download)}
            for step in definition.steps:
                if isinstance(step, Unpack):
                    self.assertTrue(
                        step.unpack in there or step.unpack.startswith("TShock-Beta"), name
                    )

    def test_lastInstall(self) -> None:
        """
        What a start takes from the last install has a name of its own: an option of the same
        name would count there, and may be empty.
        """
        for name, definition in shipped().items():
            filled = set(variablesOf(definition.steps)) & set(definition.optionsByName)
            texts = [
                *(text for text in definition.run.command if isinstance(text, str)),
                *definition.run.environment.values(),
                *(text for file in definition.files for text in file.set.values()),
            ]
            for text in texts:
                for variable in filled:
                    self.assertNotIn(f"{{{variable}}}", str(text), name)

    def test_documents(self) -> None:
        """Expressions find versions, addresses and sums in documents of the real shapes."""
        types = shipped()
        downloading = {
            name
            for name, definition in types.items()
            if any(isinstance(step, Download) for step in definition.steps)
        }
        self.assertEqual(downloading, set(results))
        for name, told in results.items():
            values = {
                option.name: str(option.default)
                for option in types[name].options
                if option.default not in (None, "")
            }
            given = set(values)
            for step in types[name].steps:
                if step.unless in given or (step.when is not None and step.when not in given):
                    continue
                self.perform(types[name], step, values, name)
            self.assertEqual({**values, **told}, values, name)

    def perform(self, definition: Any, step: Step, values: dict[str, str], name: str) -> None:
        """Do what a step does to variables."""
        match step:
            case Fetch():
                url = definition.template(step.fetch).expand(values)
                self.assertIn(url, pages, name)
                for variable, expression in step.let.items():
                    if step.form == "text":
                        found = documents.fromText(documents.regex(expression, values), pages[url])
                    else:
                        text = definition.template(expression).expand(values)
                        found = documents.fromJson(text, pages[url])
                    values[variable] = found
            case Match():
                for variable, (text, pattern) in step.match.items():
                    told = definition.template(text).expand(values)
                    values[variable] = documents.fromText(documents.regex(pattern, values), told)
            case Download():
                url = definition.template(step.download).expand(values)
                self.assertRegex(url, r"^https://[^{}\s]+$", name)
                for algorithm, text in step.sums.items():
                    digits = definition.template(text).expand(values)
                    self.assertIn(digits, (SHA256, SHA1, MD5), f"{name} {algorithm}")
            case Java():
                self.assertRegex(definition.template(step.java).expand(values), r"^[0-9]+$", name)
            case RunProgram():
                values.setdefault("java_program", "java")
