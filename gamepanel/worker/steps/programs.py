"""
Runs programs that install something, as the server's user, in the server's directory.
"""

import glob
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from gamepanel.disk.pathtext import isText
from gamepanel.games.installing import RunProgram
from gamepanel.games.installvalues import Unfit, globOf
from gamepanel.jobs.report import Failed
from gamepanel.wire.causes import because
from gamepanel.worker.steps import tree
from gamepanel.worker.steps.running import Order
from gamepanel.worker.steps.work import Work

jvms: Final = "/usr/lib/jvm"
"""Where distributions put runtimes of Java."""


def find(work: Work, program: str) -> str:
    """
    Absolute path of a program: on the PATH, or in the server's directory if its name has a slash.

    @raise Failed: when it is not there.
    """
    if "/" in program:
        path = os.path.normpath(os.path.join(work.place.directory, program))
        found = shutil.which(path)
    else:
        found = shutil.which(program, path=work.task.path)
    if found is None:
        raise Failed(because("no_program", program=program))
    return found


def execute(
    work: Work,
    command: Sequence[str],
    patience: float,
    heard: Callable[[str], None] | None = None,
) -> int:
    """
    Run a program in the server's directory to its end; what it prints goes to the job's log.

    @param command: absolute path of the program, and arguments.
    @param patience: seconds that it may take.
    @param heard: told each line that it prints.

    @return: its exit code.

    @raise Failed: when it takes too long; it is gone then.
    @raise OSError: when it can't be started.
    """
    with _temporary(work) as temporary:
        order = Order(list(command), patience, temporary)
        ended = work.task.programs.run(order, None if heard is None else repeated(heard))
    if ended.isLate:
        raise Failed(
            because("program_slow", program=os.path.basename(command[0]), seconds=patience)
        )
    return ended.code


def repeated(heard: Callable[[str], None]) -> Callable[[bytes], None]:
    """Tells of each line, which goes to the job's log, too."""

    def tell(line: bytes) -> None:
        text = line.decode(errors="replace")
        print(text, end="", flush=True)
        heard(text.strip())

    return tell


@contextmanager
def _temporary(work: Work) -> Iterator[str]:
    """Where a program in a sandbox has temporary files: its /tmp is in memory, and small."""
    if not work.task.programs.areIsolated:
        yield ""
        return
    with tempfile.TemporaryDirectory(
        prefix=".tmp-", dir=work.place.staging, ignore_cleanup_errors=True
    ) as directory:
        yield os.path.basename(directory)


def output(
    work: Work, command: Sequence[str], patience: float = 60.0, isJudged: bool = True
) -> str:
    """
    What a program prints; empty if it does not end well.

    @param command: absolute path of the program, and arguments.
    @param isJudged: whether another exit code than 0 is no good end.
    """
    printed: list[bytes] = []
    try:
        ended = work.task.programs.run(Order(list(command), patience), printed.append)
    except OSError:
        return ""
    if ended.isLate or (isJudged and ended.code):
        return ""
    return b"".join(printed).decode(errors="replace").strip()


def run(work: Work, step: RunProgram) -> None:
    """
    Run a program that was just installed, unless what it makes is there.

    @raise Failed: when it does not end with 0.
    """
    for text in step.keep:
        kept = globOf(work.template(text), work.values())
        if found := tree.matching(work.place.directory, kept):
            work.begin(because("step_keeping", path=found[0]))
            return
    command = [_argument(work, text) for text in step.run]
    program = find(work, command[0])
    work.begin(because("step_running", program=os.path.basename(program)))
    code = execute(work, [program, *command[1:]], step.patience)
    if code:
        how = because("exit_signal", signal=-code) if code < 0 else because("exit_code", code=code)
        raise Failed(because("program_failed", program=command[0], exit=how))


def _argument(work: Work, text: str) -> str:
    template, values = work.template(text), work.values()
    argument = template.expand(values)
    leader = template.leader(values)
    if "\0" in argument:
        raise Unfit(because("nul_in_argument"))
    if argument.startswith("-") and leader is not None:
        number = work.task.options.get(leader)
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise Unfit(because("leading_dash_of", name=leader))
    return argument


def hostJava(major: int, path: str, directory: str = jvms) -> str | None:
    """
    Absolute path of the program of a Java runtime of this host that has this major version.

    @param path: PATH to look for it first.
    @param directory: where else runtimes are.
    """
    first = shutil.which("java", path=path)
    homes = [] if first is None else [os.path.dirname(os.path.dirname(os.path.realpath(first)))]
    homes += sorted(glob.glob(os.path.join(glob.escape(directory), "*")))
    for home in homes:
        program = os.path.join(home, "bin", "java")
        if _majorOf(home) == major and isText(program) and os.access(program, os.X_OK):
            return program
    return None


def _majorOf(home: str) -> int | None:
    """The major version of a Java runtime, as it says itself."""
    try:
        with open(os.path.join(home, "release"), encoding="utf-8", errors="replace") as file:
            text = file.read(64 * 1024)
    except OSError:
        return None
    # 1.8.0 is what Java 8 calls itself.
    found = re.search(r'^JAVA_VERSION="(?:1\.)?(\d{1,3})', text, re.MULTILINE)
    return None if found is None else int(found[1])
