"""
The commands for backups of servers.
"""

from collections.abc import Iterable
from functools import partial
from typing import Any, Final

import click
from attrs import evolve

from gamepanel.base.errors import NoSuchBackup
from gamepanel.client.api import Panel
from gamepanel.client.arguments import (
    backup,
    maybeServer,
    noWait,
    server,
    someBackups,
    withYes,
)
from gamepanel.client.files import goesOn, output, showFiles
from gamepanel.client.filetransfers import archive
from gamepanel.client.jobs import finish, isOver
from gamepanel.client.shell import Failed, Shell, ask, common, running, take
from gamepanel.client.terminal import amount, at
from gamepanel.client.transfers import Downloads, aim, everything, patiently
from gamepanel.wire.backups import BackupInfo, DownloadBackup
from gamepanel.wire.message import Done


@click.group()
@common
@click.pass_context
def backups(context: click.Context, /, **common: Any) -> None:
    """
    Make backups of servers, and restore them. Each has a number N.

    \b
    gamepanel backups create world --note "before the update"
    gamepanel backups ls world
    gamepanel backups restore 3 --path world/level.dat
    """
    take(context.ensure_object(Shell), common)


adopting: Final = (
    "A disk that is not mounted looks like an empty store. Is the right disk mounted on the "
    "daemon's host, and is the store on it to be this daemon's?"
)

titles: Final = ("BACKUP", "SERVER", "TYPE", "AT", "SIZE", "", "NOTE")


def _row(found: BackupInfo) -> tuple[str, ...]:
    marks = {
        "damaged": found.damaged,
        "incomplete": not found.complete,
        "not quiesced": found.quiesced is False,
        "locked": found.locked,
        "verified": found.checkedAt is not None and not found.damaged,
    }
    state = ", ".join(name for name, isSo in marks.items() if isSo)
    about = str(found.backup), found.server, found.type, at(found.at), amount(found.size)
    return (*about, state, found.note)


def _count(found: BackupInfo) -> str:
    return f"{found.files} file{'' if found.files == 1 else 's'}"


def _named(found: BackupInfo, isGone: bool = False) -> str:
    gone = " (which is gone)" if isGone else ""
    return f"backup {found.backup} of {found.server}{gone}, made {at(found.at)}"


async def _found(shell: Shell, panel: Panel, number: int) -> BackupInfo:
    """
    A backup; hints are about it from then on.

    @raise NoSuchBackup: when there is none of this number that may be used.
    """
    shell.subject = evolve(shell.subject, backup=str(number))
    for each in (await panel.backupList()).backups:
        if each.backup == number:
            shell.subject = evolve(shell.subject, server=each.server)
            return each
    raise NoSuchBackup()


@backups.command()
@maybeServer
@running
async def ls(shell: Shell, server: str | None) -> None:
    """
    Backups, newest first: of a server ID, or all; for administrators also those of servers that
    are gone.
    """
    found = await (await shell.panel()).backupList(server=server)
    rows = [_row(each) for each in found.backups]
    shell.show(found, lambda: shell.table(titles, rows, cuts=True))


@backups.command()
@server
@click.option("--note", default="", help="For people.")
@click.option("--lock", is_flag=True, help="No rule deletes it.")
@noWait
@running
async def create(shell: Shell, server: str, note: str, lock: bool, noWait: bool) -> None:
    """
    Make a backup of a server, which may run. It is shown how far that is; then older ones that the
    server's settings do not keep are deleted.

    One with a file that is not whole ends with 0, too: `complete` in --json is false then.
    """
    panel = await shell.panel()
    begun = await panel.backupCreate(server, note=note, locked=lock)
    over = await isOver(shell, begun, noWait)
    if over is None:
        return
    made = await _found(shell, panel, over.result["backup"])

    def tell() -> None:
        shell.say(f"Backup {made.backup} of {server}: {_count(made)}, {amount(made.size)} stored.")
        if not made.complete:
            shell.say(f"Not whole: {', '.join(made.changed)}")
        if made.quiesced is False:
            shell.say("The game did not hold still: files may not fit each other.")
        if deleted := over.result.get("deleted"):
            shell.say(f"Deleted by the rules of the server: {', '.join(map(str, deleted))}.")

    shell.show(made, tell)


@backups.command()
@backup
@click.argument("path", metavar="[PATH]", default="")
@running
async def files(shell: Shell, backup: int, path: str) -> None:
    """What a directory of a backup holds: kind, size in bytes, time of the last change, name."""
    shell.subject = evolve(shell.subject, backup=str(backup))
    ask = partial((await shell.panel()).backupFiles, backup)
    showFiles(shell, await everything(ask, path.strip("/")))


@backups.command()
@backup
@click.option("--path", "paths", metavar="PATH", multiple=True, help="Only this; may be repeated.")
@click.option("--server", "other", metavar="ID", help="Into this server, of the same type.")
@click.option("--keep-others", "keepOthers", is_flag=True, help="Remove nothing.")
@withYes
@noWait
@running
async def restore(
    shell: Shell,
    backup: int,
    paths: tuple[str, ...],
    other: str | None,
    keepOthers: bool,
    yes: bool,
    noWait: bool,
) -> None:
    """
    Restore a backup, or some files of it, into its server, which must not run.

    What the backup holds takes the place of what is there. What is there and was chosen for the
    backup, but is not in it, is removed. If it does not get to its end, nothing has changed.

    \b
    gamepanel backups restore 3
    gamepanel backups restore 3 --path world/level.dat --path server.properties
    """
    panel = await shell.panel()
    found = await _found(shell, panel, backup)
    server = other or found.server
    shell.subject = evolve(shell.subject, server=server)
    names = [path.strip("/") for path in paths]
    what = ", ".join(names) or "the files"
    question = f"Replace {what} of {server} by {_named(found)}?"
    if not yes and not ask(click.confirm, question):
        raise Failed("Nothing was restored.")
    begun = await panel.backupRestore(backup, server, paths=names, keepOthers=keepOthers)
    await finish(shell, begun, noWait, f"{server} has {what} of backup {backup} again.")


@backups.command()
@backup
@noWait
@running
async def verify(shell: Shell, backup: int, noWait: bool) -> None:
    """
    Read all of a backup, and see whether each file is as it was stored; ends with 1 if it is not.

    A file that was not whole when it was stored is named.
    """
    shell.subject = evolve(shell.subject, backup=str(backup))
    panel = await shell.panel()
    if await isOver(shell, await panel.backupVerify(backup), noWait):
        found = await _found(shell, panel, backup)

        def tell() -> None:
            shell.say(f"Backup {backup} can be read, and each sum is right: {_count(found)}.")
            if not found.complete:
                shell.say(f"Not whole when it was made: {', '.join(found.changed)}")

        shell.show(found, tell)


@backups.command()
@backup
@click.argument("file", metavar="[FILE]", default=".", type=click.Path(allow_dash=True))
@goesOn
@running
async def get(shell: Shell, backup: int, file: str, goesOn: bool) -> None:
    """
    Fetch the archive of a backup, a tar.zst: as FILE, or into the directory of that name, by
    default the one where you are. `-` is stdout.

    What has come of it stands in NAME.part until all of it is there.

    \b
    gamepanel backups get 3
    gamepanel backups get 3 - | tar --zstd -x world
    """
    shell.subject = evolve(shell.subject, backup=str(backup))
    panel = await shell.panel()
    if file == "-":
        if shell.isTerminal:
            raise click.UsageError("an archive is not printed at a terminal")
        await output(shell, partial(panel.backupDownload, backup))
        return
    told = await patiently(shell, lambda: archive(panel.connection, DownloadBackup(backup=backup)))
    fetch = partial(panel.backupDownload, backup, revision=told.revision)
    downloads = Downloads(shell, panel, goesOn)
    with aim(file, told.name) as (folder, name):
        # It holds every password of the game.
        await downloads.stream(fetch, told, folder, name, 0o600)
    downloads.tell("Fetched")


@backups.command()
@backup
@click.argument("text", metavar="TEXT")
@running
async def note(shell: Shell, backup: int, text: str) -> None:
    """Write something down about a backup."""
    changed = await (await shell.panel()).backupUpdate(backup, note=text)
    shell.show(changed, lambda: shell.say(f"Backup {backup}: {text}"))


def _locking(name: str, help: str, isLocked: bool) -> None:
    """Make a command that locks backups, or unlocks them."""

    @backups.command(name, help=help)
    @backup
    @running
    async def command(shell: Shell, backup: int) -> None:
        changed = await (await shell.panel()).backupUpdate(backup, locked=isLocked)
        shell.show(changed, lambda: shell.say(f"Backup {backup} is {name}ed."))


_locking("lock", "Let no rule and no command delete a backup.", True)
_locking("unlock", "Let a backup be deleted again.", False)


async def _doomed(panel: Panel, backups: Iterable[BackupInfo]) -> str:
    """Backups that are about to be deleted, for the question."""
    servers = {each.server for each in (await panel.serverList()).servers}
    return "; ".join(
        _named(each, each.server not in servers) + (", locked" if each.locked else "")
        for each in backups
    )


@backups.command()
@someBackups
@withYes
@running
async def rm(shell: Shell, backups: tuple[int, ...], yes: bool) -> None:
    """Delete backups. That is final."""
    panel = await shell.panel()
    found = [await _found(shell, panel, number) for number in backups]
    if not yes and not ask(click.confirm, f"Delete {await _doomed(panel, found)}?"):
        raise Failed("Nothing was deleted.")
    for number in backups:
        shell.subject = evolve(shell.subject, backup=str(number))
        await panel.backupDelete(number)
        shell.say(f"Backup {number} is deleted.")
    shell.show(Done(), lambda: None)


@backups.command()
@withYes
@running
async def adopt(shell: Shell, yes: bool) -> None:
    """
    Take in all backups that lie in the daemon's store and are not known: of another daemon, or made
    after its database was. For administrators.

    The store is this daemon's from then on. A disk that is not mounted looks like an empty store:
    mount it first, or new backups go into the directory below it.
    """
    panel = await shell.panel()
    if not yes and not ask(click.confirm, adopting):
        raise Failed("Nothing was adopted.")
    answer = await panel.backupAdopt()
    names = ", ".join(map(str, answer.backups)) or "none"
    shell.show(answer, lambda: shell.say(f"Taken in: {names}."))
