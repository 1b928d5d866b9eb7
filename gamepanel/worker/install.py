"""
Installs a server, or updates it: performs the steps of its type in a staging directory, and moves
what they have made into the server's directory. Either all of it is done, or nothing.
"""

import codecs
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from time import monotonic
from typing import Any, Final

import msgspec

from gamepanel.disk.mounts import mountsBelow
from gamepanel.disk.pathtext import restored
from gamepanel.games.installing import Fetch, Step, decodeSteps
from gamepanel.jobs.progress import Progress
from gamepanel.jobs.report import Failed, Report
from gamepanel.process.launch import Account
from gamepanel.wire.causes import Cause, because
from gamepanel.worker.confining import confine, confineSharing, programsOf
from gamepanel.worker.place import InstallPlace
from gamepanel.worker.privileges import become
from gamepanel.worker.quota import Quota
from gamepanel.worker.steps.perform import perform
from gamepanel.worker.steps.requesting import Requests
from gamepanel.worker.steps.shared import Shared
from gamepanel.worker.steps.sharing import beginSharing
from gamepanel.worker.steps.task import Task, givenSources

lastStep: Final = because("step_moving_in")


lookSeconds: Final = 1.0
"""So often it is looked how much of the disk is taken, where there is a limit."""

lookFactor: Final = 20
"""Or after so many times what a look takes, if that is longer."""


class Stopped(BaseException):
    """
    The job is to end.

    @ivar cause: why.
    """

    def __init__(self, cause: Cause) -> None:
        self.cause = cause
        super().__init__(cause)


class _Stopping:
    """
    What is done about a wish to cancel the job, or about too much of the disk that it takes: it is
    raised, as long as all can be undone.
    """

    def __init__(self, quota: Quota) -> None:
        self._quota = quota

    def __enter__(self) -> "_Stopping":
        signal.signal(signal.SIGTERM, self._asked)
        return self

    def watch(self) -> None:
        """Look again and again from now on how much of the disk is taken."""
        if self._quota.limit:
            self._quota.begin()
            signal.signal(signal.SIGALRM, self._look)
            signal.setitimer(signal.ITIMER_REAL, lookSeconds)

    def unwatch(self) -> None:
        """Look no more."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_IGN)

    def __exit__(self, *error: object) -> None:
        self.hold()

    def _asked(self, number: int, frame: object) -> None:
        self.hold()
        raise Stopped(because("job_cancelled"))

    def _look(self, number: int, frame: object) -> None:
        begin = monotonic()
        try:
            self._quota.look()
        except Failed as error:
            self.hold()
            raise Stopped(error.cause) from error
        took = monotonic() - begin
        signal.setitimer(signal.ITIMER_REAL, max(lookSeconds, lookFactor * took))

    def hold(self) -> None:
        """Heed neither any more."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        self.unwatch()


def install(task: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """
    Install or update a server.

    @param task: see L{gamepanel.servers.installtask.installTask}.

    @return: nothing more to tell; what came of it is in the file C{outcome}.

    @raise Failed: when it can't be done; the server's directory is as it was then, unless the
        text says otherwise.
    """
    steps = decodeSteps(task["steps"])
    preload(steps)
    # Opened as long as only the daemon's user can.
    outcome = open("outcome", "wb")  # noqa: SIM115
    given = task["account"]
    account = None if given is None else Account(given[0], given[1], None)
    sources, secrets = givenSources(task["sources"])
    requests = Requests(sources, secrets.githubToken)
    shared = Shared(task["shared"], task["machine"], requests)
    readable, state = restored(task.get("readable")), task.get("state", "")
    work = os.path.join(task["directory"], "install")
    place = InstallPlace(
        work,
        task["home"],
        task["owned"],
        task["kept"],
        report.say,
        beginSharing(shared, lambda: confineSharing(shared.root, readable, state, report.say)),
    )
    if limit := task.get("limit", 0):
        home = os.path.realpath(task["home"])
        made = (place.staging, *place.scratch)
        place.quota = Quota(limit, home, place.staging, frozenset(mountsBelow(home)), made)
    programs = programsOf(
        task.get("sandbox"),
        account,
        steps,
        task["path"],
        place.directory,
        place.staging,
        place.scripts,
    )
    with _Stopping(place.quota) as stopping, outcome:
        place.committed = stopping.hold
        place.make(account)
        become(given)
        confine(readable, (task["home"], work), state, report.say)
        place.begin()
        try:
            stopping.watch()
            told = Task(
                task["server"],
                task["machine"],
                task["path"],
                task["options"],
                sources,
                secrets,
                programs,
            )
            found = perform(steps, told, place, report, requests)
            # Before files move: whoever has to finish that knows what is installed then.
            outcome.write(msgspec.json.encode(found))
            outcome.flush()
            os.fsync(outcome.fileno())
            report.say(lastStep)
            report.progress(Progress.doing(lastStep))
            stopping.unwatch()
            place.finish()
        except (Exception, Stopped) as error:
            stopping.hold()
            place.undo()
            if isinstance(error, Stopped):
                raise Failed(error.cause) from error
            raise
    return {}


def preload(steps: Sequence[Step]) -> None:
    """
    Import what is imported when it is first needed: afterwards this may be a user who can't read
    our files.

    @param steps: what is to be done.
    """
    for codec in ("ascii", "latin-1", "cp437", "idna", "punycode", "utf-8", "utf-16"):
        codecs.lookup(codec)
    import bz2
    import gzip
    import lzma
    import tarfile
    import zipfile

    import jmespath
    import re2

    from gamepanel.worker.unpack import tarheaders, zstd

    if any(isinstance(step, Fetch) and step.form == "jq" for step in steps):
        # Where it is not there, the step says so.
        with suppress(ImportError):
            import_module("jq")

    del bz2, gzip, lzma, tarfile, zipfile, jmespath, re2, zstd, tarheaders
