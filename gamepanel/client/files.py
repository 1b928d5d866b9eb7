"""
The commands for files of servers.
"""

import codecs
import os
import re
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from tempfile import NamedTemporaryFile
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import click
import msgspec

from gamepanel.base.errors import NoSuchFile, NotADirectory
from gamepanel.client.api import Panel
from gamepanel.client.arguments import (
    Place,
    folder,
    limited,
    maybeTarget,
    noWait,
    place,
    places,
    target,
)
from gamepanel.client.jobs import finish
from gamepanel.client.shell import Failed, Shell, common, running, take
from gamepanel.client.terminal import Filter, at, forgetOutput
from gamepanel.client.transfers import Downloads, Fetch, Uploads, aim, everything
from gamepanel.wire.files import FileEntry, FileList, maxRead
from gamepanel.wire.message import Done

recursive: Final = click.option(
    "-r", "--recursive", is_flag=True, help="Directories, too, with all that is in them."
)
replaces: Final = click.option(
    "--replace", "replaces", is_flag=True, help="A file that is there is replaced."
)
goesOn: Final = click.option(
    "--continue", "goesOn", is_flag=True, help="Go on where an earlier try was broken off."
)


class Unread(Exception):
    """Nobody reads any more what is printed."""


@click.group()
@common
@click.pass_context
def files(context: click.Context, /, **common: Any) -> None:
    """
    Look at, edit, send and fetch the files of a server: ID:PATH is one of them, in its directory.

    \b
    gamepanel files ls world:
    gamepanel files edit world:server.properties
    gamepanel files put -r plugins world:
    """
    take(context.ensure_object(Shell), common)


def _row(entry: FileEntry) -> tuple[str, ...]:
    isProgram = entry.kind == "file" and entry.executable
    size = str(entry.size) if entry.kind == "file" else ""
    return "program" if isProgram else entry.kind, size, at(entry.modifiedAt), entry.name


@files.command()
@folder
@running
async def ls(shell: Shell, place: Place) -> None:
    """What is in a directory: kind, size in bytes, time of the last change, name."""
    panel = await shell.panel()
    showFiles(shell, await everything(partial(panel.fileList, place.server), place.path))


def showFiles(shell: Shell, found: FileList) -> None:
    """Print what is in a directory."""
    rows = [_row(entry) for entry in found.entries]
    shell.show(found, lambda: shell.table(("KIND", "SIZE", "CHANGED", "NAME"), rows))
    if found.hidden:
        shell.say(f"{found.hidden} names that are not UTF-8 are not shown.")


@files.command()
@places
@running
async def cat(shell: Shell, places: tuple[Place, ...]) -> None:
    """
    Print files. At a terminal without what would command it; else the very bytes.

    With --json it is what `file_read` answers: at most 1 MiB of each.
    """
    panel = await shell.panel()
    for each in places:
        if shell.isForPrograms:
            shell.put(msgspec.to_builtins(await panel.fileRead(each.server, each.path)))
        else:
            await output(shell, partial(panel.fileDownload, each.server, each.path))


async def output(shell: Shell, fetch: Fetch) -> None:
    """Print a file."""
    write = _shown() if shell.isTerminal else sys.stdout.buffer.write

    def printed(data: bytes) -> None:
        # An OSError would be taken for one of the connection.
        try:
            write(data)
            sys.stdout.flush()
        except BrokenPipeError:
            raise Unread from None
        except OSError as error:
            raise Failed(f"output: {error.strerror}.") from error

    try:
        await fetch(printed)
    except Unread:
        forgetOutput()


def _shown() -> Callable[[bytes], object]:
    """Prints bytes of a file for a person."""
    decoder, filtered = codecs.getincrementaldecoder("utf-8")("replace"), Filter(colours=False)
    return lambda data: sys.stdout.write(filtered.feed(decoder.decode(data)))


@files.command()
@place
@running
async def edit(shell: Shell, place: Place) -> None:
    """
    Change a file in your editor (VISUAL or EDITOR), or make one.

    It is saved only if nobody else has changed it meanwhile; what you wrote is kept in a file then.
    """
    panel = await shell.panel()
    before, revision = b"", None
    with suppress(NoSuchFile):
        found = await panel.fileRead(place.server, place.path, encoding="base64")
        if found.size > maxRead:
            raise Failed(f"{place} has more than 1 MiB; fetch it: gamepanel files get {place}")
        before, revision = b64decode(found.data), found.revision
    # As it is, whatever its encoding and its ends of lines. A name from elsewhere may be anything.
    ending = re.search(r"\.[A-Za-z0-9]{1,16}\Z", place.name)
    edited = click.edit(before, extension=ending[0] if ending else ".txt")
    if edited is None or edited == before:
        shell.say("Nothing was changed.")
        return
    try:
        data = b64encode(edited).decode()
        answer = await panel.fileWrite(
            place.server, place.path, data, encoding="base64", revision=revision
        )
    except BaseException:
        with NamedTemporaryFile(prefix="gamepanel-", delete=False) as kept:
            kept.write(edited)
        shell.say(f"What you wrote is kept in {kept.name}")
        raise
    shell.show(answer, lambda: shell.say(f"{place} is saved."))


@files.command()
@click.argument(
    "sources", metavar="FILE…", nargs=-1, required=True, type=click.Path(allow_dash=True)
)
@target
@recursive
@goesOn
@click.option("--keep", is_flag=True, help="Refuse where a file is there already.")
@running
async def put(
    shell: Shell, sources: tuple[str, ...], target: Place, recursive: bool, goesOn: bool, keep: bool
) -> None:
    """
    Send files to a server: to the name ID:PATH, or into the directory of that name. `-` is stdin.

    \b
    gamepanel files put world.zip world:
    gamepanel files put -r plugins world:
    mysqldump stats | gamepanel files put - world:stats.sql
    """
    panel = await shell.panel()
    uploads = Uploads(shell, panel, goesOn, keep)
    isInside = target.isInside or await _isDirectory(panel, target)
    if len(sources) > 1 and not isInside:
        raise Failed(f"{target} is no directory.")
    for source in sources:
        # As for cp: with a dot behind the slash what is in a directory is meant.
        isContent = source == "." or source.endswith("/.")
        name = os.path.basename(os.path.abspath(source))
        to = target.below(name) if isInside and not isContent else target
        if source == "-":
            if isInside or goesOn:
                raise click.UsageError("-: needs the name of a file, and can't be gone on with")
            await uploads.input(target)
        elif os.path.isdir(source):
            if not recursive:
                raise Failed(f"{source} is a directory; give -r to send it.")
            await uploads.tree(source, to)
        else:
            await uploads.file(source, to)
    uploads.tell("Sent")


@files.command()
@place
@click.argument("file", metavar="[FILE]", default=".", type=click.Path(allow_dash=True))
@recursive
@goesOn
@running
async def get(shell: Shell, place: Place, file: str, recursive: bool, goesOn: bool) -> None:
    """
    Fetch a file: as FILE, or into the directory of that name, by default the one where you are.
    `-` is stdout.

    What has come of a file stands in NAME.part until all of it is there. Links are left out.

    \b
    gamepanel files get world:server.log
    gamepanel files get -r world:world backup
    """
    panel = await shell.panel()
    if file == "-":
        await output(shell, partial(panel.fileDownload, place.server, place.path))
        return
    downloads = Downloads(shell, panel, goesOn)
    with aim(file, place.name, recursive) as (folder, name):
        if not place.path or await _isDirectory(panel, place):
            if not recursive:
                raise Failed(f"{place} is a directory; give -r to fetch it.")
            await downloads.tree(place, folder, name)
        else:
            await downloads.file(place, folder, name)
    downloads.tell("Fetched")


async def _isDirectory(panel: Panel, place: Place) -> bool:
    try:
        await panel.fileList(place.server, path=place.path, limit=1)
    except (NoSuchFile, NotADirectory):
        return False
    return True


@files.command()
@places
@recursive
@running
async def rm(shell: Shell, places: tuple[Place, ...], recursive: bool) -> None:
    """Delete files, all of them or none. That is final."""
    panel = await shell.panel()
    server = _server(places)
    for each in () if recursive else places:
        if await _isDirectory(panel, each):
            raise Failed(f"{each} is a directory; give -r to delete it with all that is in it.")
    answer = await panel.fileDelete(server, [each.path for each in places])
    shell.show(answer, lambda: shell.say(f"Deleted {', '.join(map(str, places))}."))


def _server(places: Sequence[Place]) -> str:
    """
    The server that all are of.

    @raise UsageError: when they are of several.
    """
    if len({each.server for each in places}) > 1:
        raise click.UsageError("all must be of one server; between two: get, then put")
    return places[0].server


async def aimed(panel: Panel, source: Place, target: Place) -> Place:
    """Where something goes: into a directory that is there, else to what was named."""
    isInside = target.isInside or await _isDirectory(panel, target)
    return target.below(source.name) if isInside else target


@files.command()
@place
@target
@replaces
@running
async def mv(shell: Shell, place: Place, target: Place, replaces: bool) -> None:
    """Rename a file or a directory, or move it into another."""
    server = _server((place, target))
    panel = await shell.panel()
    to = await aimed(panel, place, target)
    answer = await panel.fileMove(server, place.path, to.path, replace=replaces)
    shell.show(answer, lambda: shell.say(f"{place} is {to} now."))


@files.command()
@place
@target
@recursive
@replaces
@noWait
@running
async def cp(
    shell: Shell, place: Place, target: Place, recursive: bool, replaces: bool, noWait: bool
) -> None:
    """Copy a file or a directory, to another name or into a directory."""
    server = _server((place, target))
    panel = await shell.panel()
    if not recursive and await _isDirectory(panel, place):
        raise Failed(f"{place} is a directory; give -r to copy it with all that is in it.")
    to = await aimed(panel, place, target)
    begun = await panel.fileCopy(server, place.path, to.path, replace=replaces)
    await finish(shell, begun, noWait, f"{place} is copied to {to}.")


@files.command()
@places
@target
@replaces
@noWait
@running
async def pack(
    shell: Shell, places: tuple[Place, ...], target: Place, replaces: bool, noWait: bool
) -> None:
    """
    Pack files and directories into a zip, which is the last one that is named.

    \b
    gamepanel files pack world:world world:server.properties world:saved.zip
    """
    server = _server((*places, target))
    panel = await shell.panel()
    paths = [each.path for each in places]
    begun = await panel.filePack(server, paths, target=target.path, replace=replaces)
    await finish(shell, begun, noWait, f"{target} is packed.")


@files.command()
@place
@maybeTarget
@replaces
@noWait
@running
async def unpack(
    shell: Shell, place: Place, target: Place | None, replaces: bool, noWait: bool
) -> None:
    """
    Unpack an archive (zip, tar, tar.gz, tar.bz2, tar.xz, tar.zst): into the directory that is
    named, which need not be there, or into its own. All of it or nothing.
    """
    server = _server((place, target or place))
    to = None if target is None else target.path
    begun = await (await shell.panel()).fileUnpack(server, place.path, target=to, replace=replaces)
    await finish(shell, begun, noWait, f"{place} is unpacked.")


@files.command()
@click.argument("url", metavar="URL")
@target
@click.option("--sha256", metavar="HEX", help="Refuse what has another sum.")
@replaces
@noWait
@running
async def fetch(
    shell: Shell, url: str, target: Place, sha256: str | None, replaces: bool, noWait: bool
) -> None:
    """
    Let the server download a file: to a name, or into a directory that is there.

    \b
    gamepanel files fetch https://example.org/map.zip world:maps/
    """
    panel = await shell.panel()
    name = ""
    # What is no URL the daemon refuses, and says why.
    with suppress(ValueError):
        name = unquote(urlsplit(url).path).rpartition("/")[2]
    to = await aimed(panel, Place(target.server, name), target) if name else target
    begun = await panel.fileFetch(target.server, url, to.path, sha256=sha256, replace=replaces)
    await finish(shell, begun, noWait, f"{to} is there.")


@files.command()
@places
@running
async def mkdir(shell: Shell, places: tuple[Place, ...]) -> None:
    """Make directories."""
    panel = await shell.panel()
    for each in places:
        await panel.fileMakeDirectory(each.server, each.path)
    shell.show(Done(), lambda: None)


@files.command()
@folder
@click.argument("text", metavar="TEXT")
@click.option("--names", is_flag=True, help="Search names, not what is in files.")
@limited(200)
@running
async def search(shell: Shell, place: Place, text: str, names: bool, limit: int) -> None:
    """
    Search the text files of a directory, and all below it: path, number of the line, line.
    """
    found = await (await shell.panel()).fileSearch(
        place.server, text, place="names" if names else "content", path=place.path, limit=limit
    )
    rows = [(m.path, str(m.line or ""), m.text) for m in found.matches]
    shell.show(found, lambda: shell.table(("PATH", "LINE", ""), rows))
    if not found.complete:
        shell.say("There may be more: give a longer text, a directory or --limit.")
