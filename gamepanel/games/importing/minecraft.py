"""
Where the servers of Minecraft and its kin come from, as install steps.
"""

import re
from typing import Final

from gamepanel.games.importing.declared import Table
from gamepanel.games.importing.state import State
from gamepanel.games.importing.text import Ref, Text

manifest = "https://piston-meta.mojang.com/mc/game/version_manifest_v2.json"


def mojang(version: Text, to: str) -> list[Table]:
    """Mojang's own server."""
    steps: list[Table] = []
    wanted = version.template
    if version.plain in ("latest", "release", "", "snapshot"):
        kind = "snapshot" if version.plain == "snapshot" else "release"
        steps.append({"fetch": manifest, "let": {"mojang_version": f"latest.{kind}"}})
        wanted = "{mojang_version}"
    return [
        *steps,
        {"fetch": manifest, "let": {"mojang_url": f"versions[?id=='{wanted}'].url | [0]"}},
        {
            "fetch": "{mojang_url}",
            "let": {"server_url": "downloads.server.url", "server_sha1": "downloads.server.sha1"},
        },
        {"download": "{server_url}", "to": to, "sha1": "{server_sha1}"},
    ]


def newestMojang(name: str) -> list[Table]:
    """Mojang's newest release, as a variable."""
    return [{"fetch": manifest, "let": {name: "latest.release"}}]


_paperProjects = "https://fill.papermc.io/v3/projects"


def newestPaper(project: str, name: str) -> list[Table]:
    """The newest version of a server of PaperMC, as a variable."""
    return [{"fetch": f"{_paperProjects}/{project}", "let": {name: "newest(versions.*[])"}}]


def paper(project: str, version: Text, to: str, build: Text) -> list[Table]:
    """
    Servers of PaperMC.

    @param build: its number; empty for the newest.
    """
    number = build.template or "latest"
    return [
        {
            "fetch": f"{_paperProjects}/{project}/versions/{version.template}/builds/{number}",
            "let": {
                "server_url": 'downloads."server:default".url',
                "server_sha256": 'downloads."server:default".checksums.sha256',
            },
        },
        {"download": "{server_url}", "to": to, "sha256": "{server_sha256}"},
    ]


_OLD_PAPER = re.compile(
    r"https?://(?:api\.)?papermc\.io/(?:api/)?v2/projects/(?P<project>[a-z]+)"
    r"/versions/(?P<version>[^/]+)/builds/(?P<build>[^/]+)/downloads/[^/]+"
)
_OLDER_PAPER = re.compile(
    r"https?://papermc\.io/api/v1/(?P<project>[a-z]+)/(?P<version>[^/]+)/(?P<build>[^/]+)/download"
)


def oldPaper(url: Text) -> tuple[str, Text, Text] | None:
    """The project, version and build of a download of PaperMC's first ways to get it."""
    match = _OLD_PAPER.fullmatch(url.template) or _OLDER_PAPER.fullmatch(url.template)
    if match is None:
        return None
    return match["project"], _read(match["version"]), _read(match["build"])


def newPurpur(url: Text) -> Text:
    """The address of a download; of one of Purpur's of before, that which it has now."""
    match = re.fullmatch(
        r"https?://(?:api\.pl3x\.net/v2|purpur\.pl3x\.net/api/v1)/purpur/(.*/download)(?:/.*)?",
        url.template,
    )
    return url if match is None else _read(f"https://api.purpurmc.org/v2/purpur/{match[1]}")


def _read(template: str) -> Text:
    """A text of its template."""
    pieces = re.split(r"\{(\w+)\}", template)
    return Text.of(*(Ref(piece) if at % 2 else piece for at, piece in enumerate(pieces)))


def fabric(to: str) -> list[Table]:
    """Fabric's installer."""
    return [
        {
            "fetch": "https://meta.fabricmc.net/v2/versions/installer",
            "let": {"installer_url": "[0].url"},
        },
        {"download": "{installer_url}", "to": to},
    ]


def forge(version: Text, to: str) -> list[Table]:
    """Forge's installer of a whole version such as 1.20.1-47.2.0."""
    wanted = version.template
    base = "https://maven.minecraftforge.net/net/minecraftforge/forge"
    return [{"download": f"{base}/{wanted}/forge-{wanted}-installer.jar", "to": to}]


promotions = "https://files.minecraftforge.net/net/minecraftforge/forge/promotions_slim.json"


def forgeVersion(minecraft: Text, name: str) -> list[Table]:
    """The whole version of Forge for one of Minecraft, as a variable."""
    steps: list[Table] = []
    wanted = minecraft.template
    if minecraft.plain in ("latest", ""):
        steps += [
            {"fetch": promotions, "let": {"forge_newest": "newest(keys(promos))"}},
            {"match": {"forge_minecraft": ["{forge_newest}", "^([0-9.]+)-"]}},
        ]
        wanted = "{forge_minecraft}"
    keys = (f'promos."{wanted}-recommended"', f'promos."{wanted}-latest"')
    return [
        *steps,
        {"fetch": promotions, "let": {"forge_build": " || ".join(keys)}},
        {"match": {name: [f"{wanted}-{{forge_build}}", "^(.*)$"]}},
    ]


def forgeInstall(state: State, text: str) -> bool:
    """
    The steps of a script that installs Forge, by its list of promoted versions.

    @return: whether this is such a script, and does nothing else.
    """
    addresses = re.findall(r"https?://([^/\s\"'$]+)", text)
    variables = state.variables
    names = [name for name in ("MC_VERSION", "MINECRAFT_VERSION") if variables.find(name)]
    version = variables.find("FORGE_VERSION")
    if "promotions_slim.json" not in text or not names or version is None:
        return False
    if any(not host.endswith("minecraftforge.net") for host in addresses):
        return False
    chosen = variables.find(names[0])
    assert chosen is not None
    variables.checked(chosen.name)
    build = variables.find("BUILD_TYPE")
    kind = "recommended" if build is None else state.use(Text.of(Ref(build.name)))
    minecraft, forge = chosen.name, version.name
    state.use(Text.of(Ref(minecraft), Ref(forge)))
    keys = f'promos."{{{minecraft}}}-{kind}" || promos."{{{minecraft}}}-latest"'
    base = "https://maven.minecraftforge.net/net/minecraftforge/forge"
    for step in (
        {"fetch": promotions, "unless": minecraft, "let": {"forge_newest": "newest(keys(promos))"}},
        {"match": {minecraft: ["{forge_newest}", "^([0-9.]+)-"]}, "unless": minecraft},
        {"fetch": promotions, "unless": forge, "let": {"forge_build": keys}},
        {"match": {forge: [f"{{{minecraft}}}-{{forge_build}}", "^(.*)$"]}, "unless": forge},
        {
            "download": f"{base}/{{{forge}}}/forge-{{{forge}}}-installer.jar",
            "to": "forge-installer.jar",
        },
        {"run": ["{java_program}", "-jar", "forge-installer.jar", "--installServer"]},
        {"remove": "forge-installer.jar"},
    ):
        state.emit(step, "Forge")
    state.java = True
    state.globs["unix_args.txt"] = "libraries/net/minecraftforge/forge/*/unix_args.txt"
    state.leave("Forge", "versions for Minecraft 1.16 and older keep the name of their jar", False)
    return True


def neoforgeInstall(state: State, text: str) -> bool:
    """
    The steps of a script that installs NeoForge, by its list of versions.

    @return: whether this is such a script, and does nothing else.
    """
    addresses = re.findall(r"https?://([^/\s\"'$]+)", text)
    variables = state.variables
    names = [name for name in ("MC_VERSION", "MINECRAFT_VERSION") if variables.find(name)]
    version = variables.find("NEOFORGE_VERSION")
    if "neoforge/maven-metadata.xml" not in text or not names or version is None:
        return False
    chosen = variables.find(names[0])
    if chosen is None or any(host != "maven.neoforged.net" for host in addresses):
        return False
    variables.checked(chosen.name)
    minecraft, neoforge_ = chosen.name, version.name
    state.use(Text.of(Ref(minecraft), Ref(neoforge_)))
    base = "https://maven.neoforged.net/releases/net/neoforged/neoforge"
    url = "https://maven.neoforged.net/api/maven/versions/releases/net/neoforged/neoforge"
    wanted = {
        "neoforge_newest": "newest(versions[?!contains(@, 'beta')])",
        "neoforge_wanted": "newest(versions[?starts_with(@, '{neoforge_key}')])",
    }
    for step in (
        {"fetch": url, "unless": minecraft, "let": {"neoforge_wanted": wanted["neoforge_newest"]}},
        {"match": {"neoforge_minor": [f"{{{minecraft}}}", r"^(?:1\.)?(.*)$"]}, "when": minecraft},
        {"match": {"neoforge_key": ["{neoforge_minor}.", "^(.*)$"]}, "when": minecraft},
        {"fetch": url, "when": minecraft, "unless": neoforge_}
        | {"let": {"neoforge_wanted": wanted["neoforge_wanted"]}},
        {"match": {neoforge_: ["{neoforge_wanted}", "^(.*)$"]}, "unless": neoforge_},
        {"download": f"{base}/{{{neoforge_}}}/neoforge-{{{neoforge_}}}-installer.jar"}
        | {"to": "neoforge-installer.jar"},
        {"run": ["{java_program}", "-jar", "neoforge-installer.jar", "--installServer"]},
        {"remove": "neoforge-installer.jar"},
    ):
        state.emit(step, "NeoForge")
    state.java = True
    state.globs["unix_args.txt"] = "libraries/net/neoforged/neoforge/*/unix_args.txt"
    state.leave("NeoForge", "that for Minecraft 1.20.1 has another name", False)
    return True


def neoforgeVersion(name: str, minecraft: Text) -> list[Table]:
    """
    The newest version of NeoForge, as a variable.

    @param minecraft: the version of Minecraft; empty for any.
    """
    url = "https://maven.neoforged.net/api/maven/versions/releases/net/neoforged/neoforge"
    if minecraft.plain in ("", "latest"):
        return [{"fetch": url, "let": {name: "newest(versions[?!contains(@, 'beta')])"}}]
    # NeoForge 21.1 is for Minecraft 1.21.1.
    mine = "starts_with(@, '{neoforge_for}.')"
    expression = f"newest(versions[?{mine} && !contains(@, 'beta')] || versions[?{mine}])"
    return [
        {"match": {"neoforge_for": [minecraft.template, r"^(?:1\.)?([0-9.]+)$"]}},
        {"fetch": url, "let": {name: expression}},
    ]


def neoforge(version: Text, to: str) -> list[Table]:
    """NeoForge's installer."""
    wanted = version.template
    base = "https://maven.neoforged.net/releases/net/neoforged/neoforge"
    return [{"download": f"{base}/{wanted}/neoforge-{wanted}-installer.jar", "to": to}]


_sponge = "https://dl-api.spongepowered.org/v2/groups/org.spongepowered/artifacts"


def spongeVersion(kind: str, minecraft: Text, name: str, recommended: bool) -> list[Table]:
    """The newest version of Sponge, as a variable."""
    wanted = ["recommended=true"] if recommended else []
    if minecraft and minecraft.plain != "latest":
        wanted.append(f"tags=minecraft:{minecraft.template}")
    url = f"{_sponge}/{kind}/versions{'?' if wanted else ''}{'&'.join(wanted)}"
    return [{"fetch": url, "let": {name: "newest(keys(artifacts))"}}]


def sponge(kind: str, version: Text, to: str) -> list[Table]:
    """A version of Sponge."""
    jars = "assets[?extension=='jar' && classifier=='{}']"
    chosen = f"({jars.format('universal')} || {jars.format('')})[0]"
    return [
        {
            "fetch": f"{_sponge}/{kind}/versions/{version.template}",
            "let": {"sponge_url": f"{chosen}.downloadUrl", "sponge_md5": f"{chosen}.md5"},
        },
        {"download": "{sponge_url}", "to": to, "md5": "{sponge_md5}"},
    ]


def spongesForge(version: Text) -> list[Table]:
    """The version of Forge that one of SpongeForge is for, as a variable."""
    return [
        {
            "fetch": f"{_sponge}/spongeforge/versions/{version.template}",
            "let": {"sponge_forge": "join('-', [tags.minecraft, tags.forge])"},
        }
    ]


def quiltsFolder(step: Table, folder: str) -> bool:
    """
    Have the installer of Quilt put a server here that it would put below.

    @return: whether this step runs it.
    """
    run = step.get("run", [])
    if folder != "server" or run[3:5] != ["install", "server"]:
        return False
    if not any(str(element).startswith("--install-dir") for element in run):
        run.append("--install-dir=.")
    return True


installers: Final = (forgeInstall, neoforgeInstall)
"""Know what whole scripts install."""
