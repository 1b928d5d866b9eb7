"""
Runs all tests, or those that are named: C{make test} runs this, C{make test-fast} with C{--fast},
and C{.ci/fresh} with C{--differing}.

Each module that starts daemons has a trial of its own in a temporary directory of its own; the
others share a few, since a trial takes longer to begin than most of them take. Two more trials run
beside each other than there are processors, since each waits for a third of its time: with one more
an eighth of the processors' time would pass idle. What a trial has printed comes when it has ended,
and its directory stays where one of its tests has failed. The last line says how many tests passed,
failed and were skipped.
"""

import argparse
import ast
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

import psutil
from attrs import field, frozen
from twisted.python.reflect import InvalidName, namedAny

root: Final = Path(__file__).parent.parent

longest: Final = (
    *("panel", "command", "survival", "examples", "real_games", "openapi", "hostile", "cli"),
    *("panel_look", "install_jobs", "people", "package", "proxies", "introspection", "faults"),
    *("file_jobs", "file_commands", "panel_files", "panel_editor", "imported_servers"),
)
"""The modules that take longest; they begin first, so that none of them is left at the end."""

alike: Final = frozenset(
    {
        "tests.client.test_command",
        "tests.web.test_hostile",
        "tests.web.test_openapi",
    }
)
"""
Modules that take long and do nothing but talk HTTP with a daemon: they skip nothing, and it makes
no difference to them who runs them and what is installed.
"""

starters: Final = frozenset({"tests.support.Daemon", "tests.support.twistd", "tests.browser"})
"""What tests start a daemon or a browser with; games are started by daemons."""

mostLines: Final = 60
"""Of what is said of one failure, at the end."""


@frozen
class Counts:
    """How many tests passed, failed and were skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped
        )

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def counted(output: str, status: int) -> Counts:
    """
    What trial has counted.

    @param output: all that it printed.
    @param status: its exit status; where that tells of a failure and the output of none, as when it
        was killed, this counts as one.
    """
    summaries = re.findall(r"^(?:PASSED|FAILED)(?: \((.*)\))?$", output, re.MULTILINE)
    found = Counter[str]()
    for name, number in re.findall(r"(\w+)=(\d+)", summaries[-1] if summaries else ""):
        found[name] += int(number)
    failed = found["failures"] + found["errors"] + found["unexpectedSuccesses"]
    if not failed and (status or not summaries):
        failed = 1
    passed = found["successes"]
    return Counts(passed, failed, found["skips"] + found["expectedFailures"])


def skipReasons(output: str) -> Counter[str]:
    """Why tests were skipped, and how many for each reason, from what trial printed."""
    found = Counter[str]()
    for reason, names in re.findall(
        r"^\[SKIPPED\]\n(.*?)\n\n((?:[\w.]+\n)+)", output, re.MULTILINE | re.DOTALL
    ):
        found[" ".join(reason.split())] += len(names.splitlines())
    return found


def failures(output: str) -> str:
    """What trial has printed of tests that failed; of what is long the beginning and the end."""
    parts = output.split(f"\n{'=' * 79}\n")[1:]
    found = []
    for part in parts:
        if part.startswith(("[FAIL]", "[ERROR]")):
            lines = part.partition(f"\n{'-' * 79}\n")[0].splitlines()
            if len(lines) > mostLines:
                lines[mostLines // 2 : -mostLines // 2] = ["…"]
            found.append("\n".join(lines))
    return "\n".join(found)


def leftOver(directory: str) -> Iterator[psutil.Process]:
    """The processes that were started with a temporary directory, or below it."""
    for process in psutil.process_iter():
        try:
            variables = process.environ()
        except psutil.Error:
            continue
        for name in ("TMPDIR", "HOME"):
            value = variables.get(name, "")
            if value == directory or value.startswith(directory + "/"):
                yield process
                break


def endLeftOver(directory: str, patience: float = 30.0) -> list[str]:
    """
    End what tests have left.

    @param directory: the temporary directory that they had.
    @param patience: how long what is ending anyhow may take, in seconds.
    @return: the command lines of what was there still.
    """
    end = time.monotonic() + patience
    while (found := list(leftOver(directory))) and time.monotonic() < end:
        time.sleep(0.1)
    commands = []
    for process in found:
        try:
            commands.append(f"{process.pid} {' '.join(process.cmdline())}")
            process.kill()
        except psutil.Error:
            continue
    return commands


@frozen
class Ran:
    """
    How the tests of a module, or of another name that trial knows, went.

    @ivar directory: where they left what they left.
    @ivar cpu: seconds of processors that the trial used, and all processes that it waited for.
    @ivar left: processes that they started and left.
    """

    name: str
    directory: Path
    output: str
    status: int
    seconds: float
    cpu: float
    left: Sequence[str] = field(factory=list)

    @property
    def counts(self) -> Counts:
        """How many of them did what."""
        return counted(self.output, self.status) + Counts(failed=bool(self.left))


def run(names: Sequence[str], temporary: Path, limit: float) -> Ran:
    """
    Run the tests of one name or of several, in one trial.

    @param temporary: a directory for all that they leave, which is made.
    @param limit: after how many seconds they are ended, since they hang.
    """
    name = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
    temporary.mkdir()
    # Game servers of other users pass through these.
    temporary.chmod(0o711)
    before = time.monotonic()
    trial = [
        *(sys.executable, "-m", "twisted.trial", "--random=0"),
        f"--temp-directory={temporary / 't'}",
        *names,
    ]
    # Else each daemon that is started compiles all of its modules anew.
    environment = {**os.environ, "TMPDIR": str(temporary)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    # Into a file, since a process that is left would keep a pipe open.
    output = temporary / "output"
    with output.open("wb") as file:
        process = subprocess.Popen(
            trial,
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        timer = threading.Timer(limit, os.kill, (process.pid, signal.SIGKILL))
        timer.start()
        # What was used by those of its children that it has waited for counts as well.
        _, ended, used = os.wait4(process.pid, 0)
        timer.cancel()
        status = process.returncode = os.waitstatus_to_exitcode(ended)
        if time.monotonic() - before > limit:
            file.write(f"\nended after {limit:.0f} s\n".encode())
    left = endLeftOver(str(temporary))
    text = output.read_text(errors="replace")
    cpu = used.ru_utime + used.ru_stime
    return Ran(name, temporary, text, status, time.monotonic() - before, cpu, left)


def modules() -> list[str]:
    """All modules with tests, those that take longest first."""

    def place(path: Path) -> tuple[int, str]:
        name = path.stem.removeprefix("test_")
        return longest.index(name) if name in longest else len(longest), name

    paths = sorted((root / "tests").rglob("test_*.py"), key=place)
    return [f"tests.{path.parent.name}.{path.stem}" for path in paths]


def grouped(isOnlyFast: bool, isOnlyDiffering: bool, jobs: int) -> list[list[str]]:
    """
    All modules, by the trial that each is run in.

    @param isOnlyFast: without those that start daemons.
    @param isOnlyDiffering: without those that are L{alike} on each host.
    @param jobs: how many trials run beside each other.
    """
    fast = list(filter(isFast, modules()))
    shared = jobs if isOnlyFast else 2 * jobs
    groups = [fast[number::shared] for number in range(shared)]
    left = {*fast, *(alike if isOnlyDiffering else ())}
    # First what takes long.
    return [*([] if isOnlyFast else [[name] for name in modules() if name not in left]), *groups]


def fileOf(module: str) -> Path:
    """Where a module is, if there is one of that name."""
    return root.joinpath(*module.split(".")).with_suffix(".py")


@cache
def isFast(module: str) -> bool:
    """
    Whether a module of tests starts neither a daemon nor a browser: neither it nor any that it
    imports has imported what does. One that takes long all the same says so: C{isSlow = True}.
    """
    text = fileOf(module).read_text()
    if re.search(r"^isSlow = True$", text, re.MULTILINE):
        return False
    imported = set[str]()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tests"):
            imported.update({f"{node.module}", *(f"{node.module}.{a.name}" for a in node.names)})
    below = {name for name in imported - {"tests.support"} if fileOf(name).exists()}
    return not imported & starters and all(map(isFast, below))


def isKnown(name: str) -> bool:
    """Whether trial can find tests by a name: of a file, or of what is in a module."""
    if (root / name).exists() or fileOf(name).exists():
        return True
    try:
        namedAny(name)
    except (InvalidName, AttributeError):
        return False
    return True


def report(results: Sequence[Ran]) -> Counts:
    """Say what failed, what was skipped and why, and last how many."""
    reasons = Counter[str]()
    for ran in results:
        reasons += skipReasons(ran.output)
        for command in ran.left:
            print(f"{ran.name} left a process: {command}")
        if ran.counts.failed:
            # Once more, since thousands of lines may have come since.
            print(f"{failures(ran.output)}\n{ran.name}: {ran.counts}; see {ran.directory}")
    for reason, number in sorted(reasons.items()):
        print(f"{number} skipped: {reason}")
    total = sum((ran.counts for ran in results), Counts())
    print(total, flush=True)
    return total


def main(arguments: Sequence[str]) -> int:
    """
    Run tests.

    @return: the exit status: 1 where a test has failed, or was skipped and must not be.
    """
    parser = argparse.ArgumentParser(prog="python -m tests", description=__doc__)
    parser.add_argument("names", nargs="*", help="modules, classes or tests; all unless given")
    parser.add_argument("--fast", action="store_true", help="those without daemon and browser")
    parser.add_argument(
        "--differing", action="store_true", help="without those that are the same on each host"
    )
    parser.add_argument("--jobs", type=int, default=min(len(os.sched_getaffinity(0)) + 2, 4))
    parser.add_argument("--limit", type=float, default=7200, help="seconds for a module")
    parser.add_argument("--no-skips", action="store_true", help="a skipped test is a failure")
    options = parser.parse_args(arguments)
    groups = [[name] for name in options.names]
    if not groups:
        groups = grouped(options.fast, options.differing, options.jobs)
    if unknown := [name for name in options.names if not isKnown(name)]:
        print(
            f"There is no test of the name {', '.join(unknown)}; one is like tests.web.test_stream",
            end="",
        )
        print(" or tests.web.test_stream.StreamTests.test_follow.")
        return 1
    # A terminal's Ctrl-C reaches the trials as well, and they clean up.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    directory = Path(tempfile.mkdtemp(prefix="gamepanel-"))
    directory.chmod(0o711)
    results = []
    pool = ThreadPoolExecutor(options.jobs)
    try:
        # Numbers are short, for the sake of sockets: their paths have at most 107 bytes.
        runs = [
            pool.submit(run, names, directory / f"{number}", options.limit)
            for number, names in enumerate(groups)
        ]
        for each in as_completed(runs):
            ran = each.result()
            results.append(ran)
            used = f"{ran.seconds:.0f} s, {ran.cpu:.0f} s of CPU"
            print(f"{ran.output}\n{ran.name}: {ran.counts}, {used}", end=" ")
            print(f"({len(results)} of {len(groups)})\n", flush=True)
            if not ran.counts.failed:
                shutil.rmtree(ran.directory, ignore_errors=True)
    finally:
        pool.shutdown(cancel_futures=True)
        with suppress(OSError):
            directory.rmdir()
    total = report(results)
    return int(bool(total.failed or (options.no_skips and total.skipped) or not total.passed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
