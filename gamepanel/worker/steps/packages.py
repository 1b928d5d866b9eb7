"""
Installs packages of PyPI and of npm's registry into the server's directory.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

import msgspec

from gamepanel.games import installvalues
from gamepanel.games.installing import Npm, Pip
from gamepanel.games.template import Template
from gamepanel.jobs.report import Failed
from gamepanel.wire.causes import because
from gamepanel.wire.decoding import undecodable
from gamepanel.worker.steps import programs, tree
from gamepanel.worker.steps.requesting import mirrored
from gamepanel.worker.steps.work import Work

pypi: Final = "https://pypi.org/simple/"
registry: Final = "https://registry.npmjs.org/"

packagePatience: Final = 3600.0
"""Seconds for all packages of a step."""

_VERSION: Final = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"


def _named(
    work: Work,
    texts: tuple[str, ...],
    make: Callable[[Template, Mapping[str, str]], tuple[str, str]],
) -> list[tuple[str, str]]:
    return [make(work.template(text), work.values()) for text in texts]


def pip(work: Work, step: Pip) -> None:
    """
    Install packages of PyPI into the virtualenv C{.venv}, which is made if it is not there.

    @raise Failed: when they can't be installed.
    """
    found = _named(work, step.pip, installvalues.requirementOf)
    python = programs.find(work, f"python{step.python or 3}")
    work.begin(because("step_pip", packages=[name for _, name in found]))
    environment = os.path.join(work.place.directory, ".venv")
    own = os.path.join(environment, "bin", "python")
    if not _fits(work, own, python):
        _need(work, [python, "-m", "venv", "--clear", environment], "virtualenv_failed")
    index, mirror = mirrored(pypi, work.requests.sources.mirrors)
    command = [own, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    command += ["--no-cache-dir", "--progress-bar", "off", "--upgrade"]
    command += ["--index-url", index] if mirror else []
    _need(work, [*command, *(text for text, _ in found)], "pip_failed")
    version = programs.output(work, [own, "-c", _VERSION, found[0][1]])
    _remember(work, version)


def _fits(work: Work, own: str, python: str) -> bool:
    """Whether there is a virtualenv that works, of the version of Python that is wanted."""
    say = ["-c", "import pip, sys; print(sys.version_info[:2])"]
    if not os.access(own, os.X_OK):
        return False
    wanted = programs.output(work, [python, "-c", "import sys; print(sys.version_info[:2])"])
    return bool(wanted) and programs.output(work, [own, *say]) == wanted


def npm(work: Work, step: Npm) -> None:
    """
    Install packages of npm's registry into C{node_modules}.

    @raise Failed: when they can't be installed.
    """
    found = _named(work, step.npm, installvalues.nodePackageOf)
    program = programs.find(work, "npm")
    work.begin(because("step_npm", packages=[name for _, name in found]))
    address, mirror = mirrored(registry, work.requests.sources.mirrors)
    cache = tempfile.mkdtemp(prefix=".npm-", dir=work.place.staging)
    command = [program, "install", "--prefix", work.place.directory, "--cache", cache]
    command += ["--no-audit", "--no-fund", "--no-update-notifier"]
    command += ["--registry", address] if mirror else []
    try:
        _need(work, [*command, *(text for text, _ in found)], "npm_failed")
    finally:
        shutil.rmtree(cache, ignore_errors=True)
    _remember(work, _nodeVersion(work.place.directory, found[0][1]))


def _nodeVersion(directory: str, name: str) -> str:
    path = f"node_modules/{name}/package.json"
    with suppress(OSError, *undecodable), tree.reading(directory, path) as file:
        found = msgspec.json.decode(file.read(1024 * 1024), type=dict[str, object])
        return str(found.get("version", ""))
    return ""


def _remember(work: Work, version: str) -> None:
    if work.version is None and re.fullmatch(r"[A-Za-z0-9._+!-]{1,64}", version):
        work.version = version


_REASON: Final = re.compile(
    # Of npm neither its code, nor where its log was.
    r"^npm (?:error|ERR!) (?:[0-9]{3} )?(?!A complete log)(\w.{15,})|^(?:ERROR|Error): ?(.+)"
)


def _need(work: Work, command: list[str], otherwise: str) -> None:
    reasons: list[str] = []

    def heard(line: str) -> None:
        found = _REASON.search(line)
        if found is not None and not reasons:
            reasons.append((found[1] or found[2])[:500])

    if programs.execute(work, command, packagePatience, heard):
        raise Failed(because(otherwise, error=": ".join(reasons) or None))
