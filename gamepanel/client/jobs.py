"""
The commands for long work.
"""

import sys
from contextlib import suppress
from typing import Final

import click

from gamepanel.base.errors import NoSuchServer, PanelError
from gamepanel.client.api import Panel
from gamepanel.client.arguments import limited, maybeServer, withTimeout
from gamepanel.client.logs import Printer, maxChunk
from gamepanel.client.shell import Failed, Shell, running
from gamepanel.client.terminal import at, clean
from gamepanel.wire.jobs import JobBegun, JobInfo

MiB: Final = 1024 * 1024


def _progress(job: JobInfo) -> str:
    if job.total is None:
        return f"{job.done} {job.unit}" if job.done else ""
    return f"{job.done} of {job.total} {job.unit}"


def _row(job: JobInfo) -> tuple[str, ...]:
    news = job.error or job.step
    cells = (str(job.job), job.server or "", job.kind, job.status, _progress(job), job.by)
    return (*cells, at(job.createdAt), news)


titles = ("JOB", "SERVER", "KIND", "STATUS", "PROGRESS", "BY", "AT", "")


def _details(shell: Shell, job: JobInfo) -> None:
    rows = [
        ("job", str(job.job)),
        ("server", job.server or ""),
        ("kind", job.kind),
        ("status", job.status),
        ("step", job.step),
        ("progress", _progress(job)),
        ("by", job.by),
        ("asked for", at(job.createdAt)),
        ("begun", at(job.startedAt)),
        ("ended", at(job.endedAt)),
        ("error", job.error or ""),
    ]
    shell.table(("", ""), [row for row in rows if row[1]])


async def follow(shell: Shell, panel: Panel, job: int, timeout: float | None = None) -> JobInfo:
    """
    Wait until a job is over; how far it is shows on a terminal in one line, else by its steps.

    @param timeout: how long to wait at most, in seconds; None for as long as it takes.

    @raise Failed: when it is not over in time.
    """
    from twisted.internet.defer import CancelledError

    end = None if timeout is None else panel.clock.seconds() + timeout
    shown, isLive = "", sys.stderr.isatty() and not shell.json
    try:
        async for now in panel.followJob(job, end=end, away=shell.away):
            line = " ".join(filter(None, (now.step or now.status, _amount(now))))
            if isLive:
                click.echo(f"\r\x1b[K{'' if now.isOver else clean(line)}", err=True, nl=False)
            elif now.step and now.step != shown:
                shown = now.step
                shell.say(now.step)
            if now.isOver:
                return now
    except CancelledError:
        if isLive:
            click.echo(err=True)
        shell.say(f"Job {job} goes on; to end it: gamepanel job {job} --cancel")
        raise
    if isLive:
        click.echo(err=True)
    raise Failed(f"Job {job} is not over; look again: gamepanel job {job}")


def _amount(job: JobInfo) -> str:
    if job.unit != "bytes":
        return _progress(job)
    if not job.total:
        return f"{job.done / MiB:.1f} MiB" if job.done else ""
    return f"{job.done / MiB:.1f} of {job.total / MiB:.1f} MiB"


async def _toEnd(shell: Shell, panel: Panel, job: int) -> None:
    """Follow a job to its end, and tell of that."""
    over = await follow(shell, panel, job)
    shell.show(over, lambda: _details(shell, over))
    check(over)


async def isOver(shell: Shell, begun: JobBegun, noWait: bool) -> JobInfo | None:
    """
    Follow a job until it is done; with C{--no-wait}, say that it has begun.

    @return: the job, if it is over.

    @raise Failed: when it was not done.
    """
    if noWait:
        look = f"Job {begun.job} has begun; look: gamepanel job {begun.job}"
        shell.show(begun, lambda: shell.say(look))
        return None
    over = await follow(shell, await shell.live(), begun.job)
    check(over)
    return over


async def finish(shell: Shell, begun: JobBegun, noWait: bool, done: str) -> None:
    """Say what a job has done, when it is over; with C{--no-wait}, that it has begun."""
    if await isOver(shell, begun, noWait):
        shell.show(begun, lambda: shell.say(done))


async def _newest(panel: Panel, id: str) -> int:
    """
    The newest job of a server, or the job that has this number.

    @raise Failed: when there is none.
    """
    found = (await panel.jobList(server=id, limit=1)).jobs
    if found:
        return found[0].job
    if id.isascii() and id.isdigit():
        return int(id)
    raise Failed(f"There is no job of {id}.")


async def _checkThere(panel: Panel, id: str) -> None:
    """
    Find out whether there is a server of which no job is known. A destroyed one has at least one.

    @raise Failed: when there is none, but a job of that number.
    @raise NoSuchServer: when there is neither.
    """
    try:
        await panel.serverStatus(id)
    except NoSuchServer:
        if id.isascii() and id.isdigit():
            with suppress(PanelError):
                found = await panel.jobStatus(int(id))
                raise Failed(
                    f"There is no server {id}. To look at job {found.job}: gamepanel job {id}"
                ) from None
        raise


def check(job: JobInfo) -> None:
    """
    @raise Failed: when a job that is over was not done.
    """
    if job.status == "cancelled":
        raise Failed(f"Job {job.job} was cancelled.")
    if job.status == "failed":
        raise Failed(f"Job {job.job} has failed: {job.error}")


async def _printLog(shell: Shell, panel: Panel, job: int) -> None:
    printer, index = Printer(shell, raw=False), 0
    try:
        while True:
            chunk = await panel.jobLog(job, readIndex=index, limit=maxChunk)
            if chunk.nextReadIndex == index:
                return
            printer.print(chunk, index if index else None)
            index = chunk.nextReadIndex
    finally:
        printer.end()


@click.command()
@maybeServer
@click.option("--before", type=click.IntRange(min=0), help="Only jobs with smaller numbers.")
@limited(200)
@click.option("-f", "--follow", "follows", is_flag=True, help="Show how far the newest one is.")
@running
async def jobs(
    shell: Shell, server: str | None, before: int | None, limit: int, follows: bool
) -> None:
    """
    Long work, newest first: of a server ID, or of all.

    With --follow it is shown how far the newest work of ID is, which may be the number of a job,
    too, until it is over; it ends with 1 when that fails or is cancelled.
    """
    if follows:
        if server is None:
            raise click.UsageError("--follow needs ID")
        panel = await shell.live()
        await _toEnd(shell, panel, await _newest(panel, server))
        return
    panel = await shell.panel()
    found = await panel.jobList(server=server, before=before, limit=limit)
    if server is not None and not found.jobs and before is None:
        await _checkThere(panel, server)
    shell.show(found, lambda: shell.table(titles, [_row(job) for job in found.jobs]))


@click.command("job")
@click.argument("number", metavar="N", type=click.IntRange(min=0))
@click.option("--wait", is_flag=True, help="Wait until it is over.")
@withTimeout
@click.option("--log", "showLog", is_flag=True, help="Print what its programs have printed.")
@click.option("--cancel", is_flag=True, help="End it; what it has begun is undone.")
@click.option("-f", "--follow", "follows", is_flag=True, help="Show how far it is all the time.")
@running
async def oneJob(
    shell: Shell,
    number: int,
    wait: bool,
    timeout: float,
    showLog: bool,
    cancel: bool,
    follows: bool,
) -> None:
    """
    Long work number N: how far it is.

    With --wait or --follow it ends with 1 when the job fails or is cancelled, unless --cancel
    asked for that.
    """
    if sum((cancel, showLog, follows)) > 1:
        raise click.UsageError("--log, --cancel and --follow exclude each other")
    if follows:
        await _toEnd(shell, await shell.live(), number)
        return
    panel = await (shell.live() if wait else shell.panel())
    if cancel:
        answer = await panel.jobCancel(number)
        if not wait:
            shell.show(answer, lambda: shell.say(f"Job {number} is being cancelled."))
            return
    if wait:
        job = await follow(shell, panel, number, timeout)
    else:
        job = await panel.jobStatus(number)
    if showLog:
        await _printLog(shell, panel, number)
    else:
        shell.show(job, lambda: _details(shell, job))
    if wait and not (cancel and job.status == "cancelled"):
        check(job)
