"""
Deletes what was kept of a destroyed server.
"""

import os
from collections.abc import Mapping
from typing import Any, Final

from gamepanel.disk import confined
from gamepanel.jobs.progress import Progress
from gamepanel.jobs.report import Failed, Report
from gamepanel.wire.causes import because

reportEach: Final = 1_000
"""Progress is told once for so many entries."""


step: Final = because("step_deleting")
"""What it does."""


def delete(task: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """
    @param task: C{path}, absolute, of a directory of the state directory.

    @return: nothing more to tell.

    @raise Failed: when something had to stay; all else is gone.
    """
    count = 0

    def removed() -> None:
        nonlocal count
        count += 1
        if count % reportEach == 0:
            report.progress(Progress.doing(step, count))

    report.progress(Progress.doing(step))
    if os.path.lexists(task["path"]):
        try:
            confined.remove(task["path"], removed)
        except FileNotFoundError:
            # Nothing but a console was in it, which has gone with the old ones.
            pass
        except OSError as error:
            raise Failed(because("not_all_deleted", error=error.strerror or str(error))) from error
    report.progress(Progress.doing(step, count, count))
    return {}
