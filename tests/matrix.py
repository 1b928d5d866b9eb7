"""
Tries what depends on the inner workings of Twisted with the oldest and the newest Twisted that
C{pyproject.toml} allows, each with the oldest Python and the newest ones: C{make matrix} runs this.

It needs nothing but Python. Each pair has a virtualenv of its own, which stays for the next time.
A Python that this machine lacks is told of in one line, and left out.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

root: Final = Path(__file__).parent.parent

newestPythons: Final = ("3.13", "3.14")
"""That are tried; the oldest is in C{pyproject.toml}."""

needed: Final = ("hypothesis", "psutil", "trustme")
"""What the modules need of C{gamepanel[dev]}."""

modules: Final = (
    *(
        "tests.daemon.test_tap",
        "tests.service.test_logs",
        "tests.service.test_signals",
        "tests.service.test_notify",
    ),
    *(
        "tests.web.test_transport",
        "tests.web.test_stream",
        "tests.service.test_tls",
        "tests.web.test_twistedweb",
    ),
)


@dataclass(frozen=True)
class Pair:
    """
    A Python and a Twisted.

    @ivar program: path of the Python.
    @ivar version: of the Python, such as C{3.11}.
    @ivar twisted: which Twisted, C{oldest} or C{newest}.
    @ivar requirements: all that is installed, as pip takes it.
    """

    program: str
    version: str
    twisted: str
    requirements: tuple[str, ...]

    @property
    def place(self) -> Path:
        """Where its virtualenv is."""
        return root / ".venv" / "matrix" / f"{self.version}-{self.twisted}"


def pythonsOf(project: Mapping[str, Any]) -> list[str]:
    """The oldest Python that a project allows, and the newest ones."""
    [oldest] = re.findall(r">=\s*(\d+\.\d+)", project["requires-python"])
    return [oldest, *newestPythons]


def requirements(project: Mapping[str, Any], twisted: str) -> tuple[str, ...]:
    """
    What the modules need, from the project's table in C{pyproject.toml}.

    @param twisted: C{oldest} or C{newest} that is allowed.
    """
    found = [*project["dependencies"], *project["optional-dependencies"].get("tls", ())]
    development = project["optional-dependencies"]["dev"]
    found += [each for each in development if re.split(r"\W", each)[0] in needed]
    if twisted == "oldest":
        # The minimum itself; a limit above it says nothing then.
        found = [re.sub(r"^(twisted(?:\[.*\])?)>=([^,]*).*", r"\1==\2", each) for each in found]
    return tuple(found)


def find(version: str, candidates: Sequence[str | None]) -> str | None:
    """
    A Python of a version that can make virtualenvs.

    @param candidates: paths of Pythons; None for what was not found.
    """
    code = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])"
    for candidate in candidates:
        if candidate is None or not os.path.exists(candidate):
            continue
        done = subprocess.run([candidate, "-c", code], capture_output=True, text=True, check=False)
        if done.returncode == 0 and done.stdout.strip() == version:
            return candidate
    return None


def candidates(version: str) -> list[str | None]:
    """Where a Python may be."""
    name = f"python{version}"
    return [sys.executable, shutil.which(name), f"/usr/bin/{name}"]


def pairs(
    project: Mapping[str, Any],
    finds: Callable[[str], str | None],
    tell: Callable[[str], None],
) -> Iterator[Pair]:
    """
    All that is to be tried.

    @param finds: gives the path of a Python by its version, if there is one.
    @param tell: is given a line for each Python that there is not.
    """
    for version in pythonsOf(project):
        program = finds(version)
        if program is None:
            tell(f"Python {version}: not on this machine (with its venv), so not tried")
            continue
        for twisted in ("oldest", "newest"):
            yield Pair(program, version, twisted, requirements(project, twisted))


def install(pair: Pair) -> None:
    """
    Make or renew a virtualenv.

    @raise subprocess.CalledProcessError: when that fails; its output says why.
    """

    def run(*command: object) -> None:
        subprocess.run(
            [str(each) for each in command],
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    if not (pair.place / "made").exists():
        run(pair.program, "-m", "venv", "--clear", pair.place)
        # Not an editable install, since all of them would write into the checkout at once.
        [packages] = pair.place.glob("lib/python*/site-packages")
        (packages / "gamepanel.pth").write_text(f"{root}\n")
        (pair.place / "made").touch()
    pip = (pair.place / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "install")
    run(*pip, "--quiet", "--upgrade", *pair.requirements)


def tryOut(pair: Pair) -> bool:
    """Run the tests of a pair, and say how they went."""
    python = pair.place / "bin" / "python"
    code = "import twisted; print(twisted.__version__)"
    version = subprocess.run(
        [python, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()
    done = subprocess.run(
        [python, "-m", "tests", "--limit", "240", *modules],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout)
    [*_, last] = done.stdout.splitlines() or [""]
    print(f"Python {pair.version}, Twisted {version}: {last}", flush=True)
    return done.returncode == 0


def main() -> int:
    """@return: the exit status."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    found = list(pairs(project, lambda version: find(version, candidates(version)), print))
    with ThreadPoolExecutor(2) as pool:
        try:
            list(pool.map(install, found))
        except subprocess.CalledProcessError as error:
            print(error.stdout, file=sys.stderr)
            return 1
    # One after the other: the tests of a pair run beside each other already.
    results = [tryOut(pair) for pair in found]
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
