"""
Finishes what an earlier worker was in the middle of when it was killed: moving files into a
server's directory. See L{gamepanel.worker.moving}.
"""

import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import msgspec

from gamepanel.disk import confined
from gamepanel.jobs.progress import Progress
from gamepanel.jobs.report import Failed, Report
from gamepanel.wire.causes import because
from gamepanel.worker.install import lastStep
from gamepanel.worker.moving import Move
from gamepanel.worker.privileges import become


def recovering(task: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """
    @param task: of the earlier worker, and what it had said has come of it as C{outcome}.

    @return: nothing more to tell; what came of it is in the file C{outcome}.

    @raise Failed: when the earlier worker had begun to undo it: that is finished then; or when it
        can't be known what it was.
    """
    # Each step may be done again, so it may as well be done to its end.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # Opened as long as only the daemon's user can.
    with open("outcome", "wb") as outcome:
        become(task["account"])
        report.say(lastStep)
        report.progress(Progress.doing(lastStep))
        install = os.path.join(task["directory"], "install")
        staged = os.path.join(install, "staged")
        with suppress(FileExistsError):
            os.mkdir(staged, 0o700)
        isFinished = Move(install, task["home"], staged).recover()
        with suppress(OSError):
            confined.discard(staged)
        if not isFinished:
            raise Failed(because("undone"))
        outcome.write(msgspec.json.encode(task["outcome"]))
    return {}
