"""
Runs programs that install something, as the server's user, in the server's directory.
"""

import glob
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from gamepanel.games.installing import RunProgram
from gamepanel.games.installvalues import Unfit
from gamepanel.jobs.worker.report import Failed
from gamepanel.jobs.worker.steps.work import Work

maxLine: Final = 4_096
"""Bytes of a line that is looked at."""

jvms: Final = "/usr/lib/jvm"
"""Where distributions put runtimes of Java."""

_passed: Final = (
    *("LANG", "TZ", "GAMEPANEL_JOB"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS"),
)
"""What a program gets of our environment."""


def environmentOf(work: Work, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a program."""
    own = {name: os.environ[name] for name in _passed if name in os.environ}
    directory = work.place.directory
    fixed = {"PATH": work.task.path, "HOME": directory, "PWD": directory}
    return {**own, **fixed, **(more or {})}


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
        raise Failed(f"there is no program {program}")
    return found


def execute(
    work: Work,
    command: Sequence[str],
    patience: float,
    heard: Callable[[str], None] | None = None,
    more: Mapping[str, str] | None = None,
) -> int:
    """
    Run a program in the server's directory to its end; what it prints goes to the job's log.

    @param command: absolute path of the program, and arguments.
    @param patience: seconds that it may take.
    @param heard: told each line that it prints.
    @param more: of its environment.

    @return: its exit code.

    @raise Failed: when it takes too long; it is gone then.
    @raise OSError: when it can't be started.
    """
    with _temporary(work) as temporary:
        return _execute(work, command, patience, heard, {**temporary, **(more or {})})


@contextmanager
def _temporary(work: Work) -> Iterator[Mapping[str, str]]:
    """Where a program in a sandbox has temporary files: its /tmp is in memory, and small."""
    if not work.task.confinement:
        yield {}
        return
    with tempfile.TemporaryDirectory(
        prefix=".tmp-", dir=work.place.staging, ignore_cleanup_errors=True
    ) as directory:
        yield {"TMPDIR": directory}


def _execute(
    work: Work,
    command: Sequence[str],
    patience: float,
    heard: Callable[[str], None] | None,
    more: Mapping[str, str],
) -> int:
    process = subprocess.Popen(
        [*work.task.confinement, *command],
        cwd=work.place.directory,
        env=environmentOf(work, more),
        stdin=subprocess.DEVNULL,
        stdout=None if heard is None else subprocess.PIPE,
        stderr=None if heard is None else subprocess.STDOUT,
        # Of its own, and in our session, by which the job's processes are known.
        process_group=0,
    )
    with _within(process, patience) as isLate:
        if heard is not None:
            _listen(process, heard)
        # As long as nobody has asked how it ended, its number is nobody else's.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    _kill(process)
    code = process.wait()
    if isLate.is_set():
        raise Failed(f"{os.path.basename(command[0])} has taken more than {patience:g} s")
    return code


@contextmanager
def _within(process: "subprocess.Popen[bytes]", patience: float) -> Iterator[threading.Event]:
    isLate = threading.Event()

    def end() -> None:
        isLate.set()
        _kill(process)

    timer = threading.Timer(patience, end)
    timer.daemon = True
    timer.start()
    try:
        yield isLate
    except BaseException:
        _kill(process)
        raise
    finally:
        timer.cancel()
        timer.join()


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End it, and what it has left behind in its group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _listen(process: "subprocess.Popen[bytes]", heard: Callable[[str], None]) -> None:
    assert process.stdout is not None
    with process.stdout as output:
        while line := output.readline(maxLine):
            text = line.decode(errors="replace")
            print(text, end="", flush=True)
            heard(text.strip())


def output(
    work: Work, command: Sequence[str], patience: float = 60.0, isJudged: bool = True
) -> str:
    """
    What a program prints; empty if it does not end well.

    @param command: absolute path of the program, and arguments.
    @param isJudged: whether another exit code than 0 is no good end.
    """
    try:
        found = subprocess.run(
            [*work.task.confinement, *command],
            cwd=work.place.directory,
            env=environmentOf(work),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=patience,
            check=isJudged,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return (found.stdout + found.stderr).decode(errors="replace").strip()


def run(work: Work, step: RunProgram) -> None:
    """
    Run a program that was just installed.

    @raise Failed: when it does not end with 0.
    """
    command = [_argument(work, text) for text in step.run]
    program = find(work, command[0])
    work.begin(f"Running {os.path.basename(program)}")
    code = execute(work, [program, *command[1:]], step.patience)
    if code:
        reason = f"signal {-code}" if code < 0 else f"exit code {code}"
        raise Failed(f"{command[0]} has ended with {reason}")


def _argument(work: Work, text: str) -> str:
    template, values = work.template(text), work.values()
    argument = template.expand(values)
    leader = template.leader(values)
    if "\0" in argument:
        raise Unfit("an argument can't hold a NUL")
    if argument.startswith("-") and leader is not None:
        number = work.task.options.get(leader)
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise Unfit(f"the value of {leader} must not begin with - here")
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
        if _majorOf(home) == major and os.access(program, os.X_OK):
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
