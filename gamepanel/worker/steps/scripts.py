"""
Runs scripts that install something, as their publishers wrote them for the root of a container: in
the sandbox, where they see what is staged at C{/mnt/server}, and nothing of the server's files::

    /mnt/server     the staging directory
    /home/script    a home of its own, thrown away; stubs, the text and the variables are in it
    /tmp            the same for temporary files
"""

import os
import resource
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Final

from gamepanel.disk import confined, walking
from gamepanel.games.arguments import asText
from gamepanel.games.installing import Script, isReserved, javaVariable
from gamepanel.jobs.progress import Progress
from gamepanel.jobs.report import Failed
from gamepanel.process.rights import allowed
from gamepanel.process.sandbox import scriptDirectory, scriptHome
from gamepanel.wire.causes import because
from gamepanel.worker.steps import programs
from gamepanel.worker.steps.running import Order
from gamepanel.worker.steps.work import Work
from gamepanel.worker.unpack.within import leadsInside

mostProcesses: Final = 4_096
"""
Processes and threads of a script, also where there is no control group. Where its user is not its
own and is no user of a sandbox, those of that user count, too.
"""

maxFiles: Final = 200_000
"""Files and directories that a script may leave: as many as an archive may hold."""

holesAllowed: Final = 16 * 2**30
"""
Bytes of files that may be holes for the most part. Each is read as a whole, and one that takes
nothing of the disk can be said to be larger than any disk.
"""

mostlyHoles: Final = 8
"""Above that, files may be so many times larger than what they take of the disk."""

maxNamed: Final = 20
"""So many of those that are left out are named."""

tellSeconds: Final = 0.25
"""Least time between two lines that are told as the job's progress."""

maxLine: Final = 160
"""Characters of a line that is told so."""

stubs: Final = (
    "apt",
    "apt-get",
    "apk",
    "yum",
    "dnf",
    "adduser",
    "useradd",
    "groupadd",
    "usermod",
    "chown",
    "chsh",
    "su",
)
"""Programs that only a container's root needs."""

_STUB: Final = """\
#!/bin/sh
echo "[gamepanel] ${0##*/} does nothing here." >&2
"""

_SUDO: Final = """\
#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in
    -[ughpCDRTUrt]) shift; [ $# = 0 ] || shift ;;
    --) shift; break ;;
    -*) shift ;;
    *) break ;;
  esac
done
[ $# = 0 ] || exec /usr/bin/env "$@"
"""

_BEGIN: Final = 'while read -r -d ""; do export "$REPLY"; done <"$1"; exec "$0" "$2"'
"""
Takes the variables from a file, where no list of processes shows them, and becomes the script. What
they hold is never text of a shell.
"""


def run(work: Work, step: Script) -> None:
    """
    Run a script, and see to what it has left.

    @raise Failed: when it does not end with 0 in time, or leaves nothing.
    @raise OSError: when it can't be started.
    """
    if not work.task.programs.areIsolated:
        raise Failed(because("script_not_isolated"))
    shell = programs.find(work, step.shell)
    work.begin(because("step_script"))
    told = _Told(work)
    with _directories(work.place.scripts) as home:
        variables = environment(work, step, f"{scriptHome}/.stubs")
        _prepare(home, step.script, variables)
        most = allowed(resource.RLIMIT_NPROC, mostProcesses)
        limits = ["/usr/bin/prlimit", f"--nproc={most}", "--"]
        files = (f"{scriptHome}/.environment", f"{scriptHome}/.script")
        command = [*limits, shell, "-c", _BEGIN, shell, *files]
        order = Order(command, step.patience, isScript=True)
        ended = work.task.programs.run(order, programs.repeated(told.heard))
    if ended.isLate:
        raise Failed(because("program_slow", program="script", seconds=step.patience))
    if ended.code:
        code = ended.code
        how = because("exit_signal", signal=-code) if code < 0 else because("exit_code", code=code)
        raise Failed(because("script_failed", exit=how, line=told.last or None))
    if not _tidy(work.place.staging, work.say) and not work.hasSettled:
        # An update would take away all that is installed.
        raise Failed(because("script_left_nothing"))


class _Told:
    """
    What a script prints, told as progress.

    @ivar last: the last line that is not empty.
    """

    def __init__(self, work: Work) -> None:
        self.last = ""
        self._work = work
        self._next = 0.0

    def heard(self, line: str) -> None:
        """It has printed a line."""
        if not line:
            return
        self.last = line[-maxLine:]
        if (now := time.monotonic()) >= self._next:
            self._next = now + tellSeconds
            self._work.progress(Progress.doing(because("step_script", line=self.last)))


@contextmanager
def _directories(seen: Mapping[str, str]) -> Iterator[str]:
    """
    Those that a script has for itself, until it has ended.

    @param seen: see L{gamepanel.worker.steps.task.Place.scripts}.

    @return: the absolute path of its home.
    """
    own = [path for inside, path in seen.items() if inside != scriptDirectory]
    try:
        for path in own:
            confined.discard(path)
            os.mkdir(path, 0o700)
        yield seen[scriptHome]
    finally:
        for path in own:
            with suppress(OSError):
                confined.own(path)
                confined.discard(path)


def environment(work: Work, step: Script, stubs: str) -> dict[str, str]:
    """
    The variables of a script: options and variables by their names in capitals, and what the step
    names.

    @param stubs: absolute path of the directory that is first in PATH.
    """
    options = {name: asText(value) for name, value in work.task.options.items()}
    given = {**options, **work.variables}
    capitals = {name.upper(): text for name, text in given.items() if not isReserved(name.upper())}
    values = {**work.values(), "directory": scriptDirectory}
    named = {name: work.template(text).expand(values) for name, text in step.environment.items()}
    java = work.variables.get(javaVariable)
    places = [stubs, *([os.path.dirname(java)] if java else []), work.task.path]
    return {**capitals, **named, "PATH": ":".join(places)}


def _prepare(home: str, text: str, variables: Mapping[str, str]) -> None:
    """Put the text, its variables and the stubs into its home."""
    bin = os.path.join(home, ".stubs")
    os.mkdir(bin, 0o700)
    pairs = "".join(f"{name}={value}\0" for name, value in variables.items())
    for path, content, mode in (
        (os.path.join(home, ".environment"), pairs, 0o600),
        # As files of Windows have it; bash takes the CR for a part of the line.
        (os.path.join(home, ".script"), text.replace("\r\n", "\n"), 0o600),
        *((os.path.join(bin, name), _STUB, 0o700) for name in stubs),
        (os.path.join(bin, "sudo"), _SUDO, 0o700),
    ):
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with open(os.open(path, flags, mode), "w", encoding="utf-8", newline="") as file:
            file.write(content)


def _tidy(root: str, say: Callable[[str], None]) -> bool:
    """
    Leave out what an installation can't have: pipes, sockets, devices, links that lead out, rights
    that go beyond the user's; and see to it that all else can be read and changed.

    @param say: tells people a line.

    @return: whether a file is there.

    @raise Failed: when there are too many files, or they are mostly holes.
    """
    confined.own(root)
    count, size, taken, isThere, out = 0, 0, 0, False, list[str]()
    for found in walking.walk(root):
        base = "".join(f"{step}/" for step in found.steps)
        count += len(found.directories) + len(found.others)
        if count > maxFiles:
            raise Failed(because("script_too_many_files", most=maxFiles))
        for name in found.directories:
            mode = os.stat(name, dir_fd=found.descriptor, follow_symlinks=False).st_mode
            os.chmod(name, mode & 0o750 | 0o700, dir_fd=found.descriptor)
        for name in found.others:
            path = f"{base}{name}"
            about = os.stat(name, dir_fd=found.descriptor, follow_symlinks=False)
            mode, size, taken = about.st_mode, size + about.st_size, taken + about.st_blocks * 512
            what = _leftOut(found.descriptor, name, mode, path)
            isThere = isThere or what is None
            if what is not None:
                os.unlink(name, dir_fd=found.descriptor)
                out.append(f"{path} ({what})")
            elif stat.S_ISREG(mode):
                os.chmod(name, mode & 0o750 | 0o600, dir_fd=found.descriptor)
                if mode & (stat.S_ISUID | stat.S_ISGID):
                    out.append(f"{path} (only its setuid bit)")
    if size > max(holesAllowed, mostlyHoles * taken):
        raise Failed(because("script_left_holes", size=size >> 30, taken=taken >> 30))
    for text in out[:maxNamed]:
        say(f"The script left what can't be installed, and it was left out: {text}")
    if len(out) > maxNamed:
        say(f"{len(out) - maxNamed} more were left out.")
    return isThere


_NO_FILES: Final = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISCHR, "a device"),
)


def _leftOut(directory: int, name: str, mode: int, path: str) -> str | None:
    """
    What something is that can't be installed; None for what can.

    @param path: relative to the staging directory.
    """
    if stat.S_ISLNK(mode):
        target = os.readlink(name, dir_fd=directory)
        return None if leadsInside(path, target) else "a link that leads elsewhere"
    if not stat.S_ISREG(mode):
        return next((what for isKind, what in _NO_FILES if isKind(mode)), "no file")
    return None
