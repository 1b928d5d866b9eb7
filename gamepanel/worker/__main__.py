"""
Does one job: what the file C{task} in its directory says.

It runs in a process of its own, with a file for its progress, and nothing that it does
waits for the daemon. What it prints goes to the log of the job. It ends with 0 when the
job is done.
"""

import mmap
import os
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from gamepanel.jobs.progress import recordBytes, write
from gamepanel.jobs.report import Failed, Report
from gamepanel.wire.causes import Cause, because

workers: Final[Mapping[str, str]] = {
    "delete": "delete",
    "install": "install",
    "update": "install",
    "retype": "install",
    "copy": "filejobs.filejob",
    "pack": "filejobs.filejob",
    "unpack": "filejobs.filejob",
    "fetch": "filejobs.filejob",
    "backup": "backups.backup",
    "restore": "backups.restore",
    "verify": "backups.verify",
}
"""
What does each kind of job: a module beside this one, and the function of the same name in it. That
takes its task, and returns its result.
"""


def main(directory: str) -> int:
    """
    @param directory: of the job.

    @return: the exit code.
    """
    with open(os.path.join(directory, "task"), "rb") as file:
        task = msgspec.json.decode(file.read())
    with open(os.path.join(directory, "progress"), "r+b") as record:
        memory = memoryview(mmap.mmap(record.fileno(), recordBytes))
    # Kept open, whatever user this becomes: only who may open it can tell the console something.
    console = os.open(os.path.join(directory, "lines"), os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)

    def note(line: str) -> None:
        os.write(console, f"{line}\n".encode())
        print(f"[gamepanel] {line}", flush=True)

    report = Report(lambda progress: write(memory, progress), note)
    try:
        name = _module(task)
        # Only what is needed: a deletion has no use for what installs.
        work: Callable[[Mapping[str, Any], Report], dict[str, Any]]
        work = getattr(import_module(f"gamepanel.worker.{name}"), name.rpartition(".")[2])
        result = work(task, report)
    except Failed as error:
        return give(report, error.cause)
    except OSError as error:
        # Not the path: it is one of the host. What has no number is said by ourselves.
        own = str(error) if error.errno is None else type(error).__name__
        return give(report, because("system_error", error=error.strerror or own))
    report.progress(replace(report.last, error=None, result=result))
    return 0


def _module(task: Mapping[str, Any]) -> str:
    if "from" in task:
        return "copying"
    if "backup" in task:
        return "backups.restore" if task["kind"] == "install" else workers[task["kind"]]
    return "recovering" if task.get("recover") else workers[task["kind"]]


def give(report: Report, why: Cause) -> int:
    """Give up, and say why."""
    print(why, file=sys.stderr, flush=True)
    report.progress(report.last.failing(why))
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
