"""
Performs install steps.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from gamepanel.games import documents, installing, installvalues
from gamepanel.jobs.report import Failed, Report
from gamepanel.wire.causes import because
from gamepanel.worker.steps import (
    downloading,
    filtering,
    mrpack,
    packages,
    programs,
    scripts,
    steamcmd,
    tree,
)
from gamepanel.worker.steps.requesting import Requests, decoded
from gamepanel.worker.steps.task import Outcome, Place, Task
from gamepanel.worker.steps.work import Work
from gamepanel.worker.unpack import archives
from gamepanel.worker.unpack.unpacked import Wanted

Perform = Callable[[Work, Any], None]


def perform(
    steps: Sequence[installing.Step],
    task: Task,
    place: Place,
    report: Report,
    requests: Requests,
) -> Outcome:
    """
    Perform the install steps of a type. What is staged at the end is not moved: that is done by
    whoever calls this, unless it fails.

    @param requests: asks the sources.

    @raise Failed: when one can't be done; the text names it.
    @raise OSError: the same, when the system refuses something.
    """
    work = Work(tuple(steps), task, place, report, requests)
    for index, step in enumerate(steps):
        if work.isWanted(step):
            where = {"step": index + 1, "steps": len(steps), "name": nameOf(step)}
            _perform(work, step, where)
    work.at("")
    return Outcome(dict(work.variables), _version(work))


def _version(work: Work) -> str | None:
    """What was installed, for people."""
    if any("version" in step.sets for step in work.steps):
        # Of an option where it was not looked for.
        return work.values().get("version") or None
    return work.version


def _perform(work: Work, step: installing.Step, where: Mapping[str, Any]) -> None:
    work.at(str(because("install_step", **where)))
    try:
        if step.isInPlace:
            work.settle()
        performers[type(step)](work, step)
    except Failed as error:
        raise Failed(because("step_failed", **where, why=error.cause)) from error
    except installvalues.Unfit as error:
        raise Failed(because("step_impossible", **where, why=error.cause)) from error
    except OSError as error:
        raise Failed(because("step_failed", **where, why=error.strerror or str(error))) from error


def nameOf(step: installing.Step) -> str:
    """What a step does, as the type says it."""
    if isinstance(step, installing.Script):
        return step.works
    value = getattr(step, step.works, "")
    if isinstance(value, str):
        # What stands behind ? may be secret.
        return f"{step.works} {value.partition('?')[0]}"
    if isinstance(value, tuple):
        return f"{step.works} {value[0]}"
    return f"{step.works} {value}" if isinstance(value, int) else step.works


def _fetch(work: Work, step: installing.Fetch) -> None:
    url = work.url(step.fetch)
    work.begin(because("step_reading", host=urlsplit(url).hostname))
    let(work, step, work.requests.document(url)[0])


def let(work: Work, step: installing.Fetch, data: bytes) -> None:
    """
    Set the variables of a document that was read.

    @raise Failed: when it does not hold one.
    """
    if step.form == "text":
        text = data.decode(errors="replace")
        find = {name: documents.regex(pattern, work.values()) for name, pattern in step.let.items()}
        found = {name: _found(name, documents.fromText, each, text) for name, each in find.items()}
    elif step.form == "jq":
        filtered = partial(filtering.find, values=work.values())
        found = {name: _found(name, filtered, each, data) for name, each in step.let.items()}
    else:
        tree = decoded(data)
        expressions = {
            name: installvalues.expressionOf(work.template(text), work.values())
            for name, text in step.let.items()
        }
        found = {
            name: _found(name, documents.fromJson, each, tree) for name, each in expressions.items()
        }
    work.variables.update(found)


def _found(name: str, find: Callable[[str, Any], str], expression: str, document: object) -> str:
    try:
        found = find(expression, document)
    except documents.NothingFound as error:
        raise Failed(because("of_variable", name=name, why=error.cause)) from error
    if len(found) > maxVariable:
        raise Failed(because("variable_too_long", name=name, most=maxVariable))
    return found


maxVariable: Final = 4_096
"""Characters of a variable."""


def match(work: Work, step: installing.Match) -> None:
    """
    Take parts of what is known.

    @raise Failed: when they are not there.
    """
    found = {
        name: _found(
            name, documents.fromText, documents.regex(pattern, work.values()), work.text(text)
        )
        for name, (text, pattern) in step.match.items()
    }
    work.variables.update(found)


def _download(work: Work, step: installing.Download) -> None:
    path = work.path(step.to)
    if work.isKept(path, step.keep):
        work.begin(because("step_keeping", path=path))
        return
    url, sums = work.url(step.download), work.sums(step.sums)
    work.begin(because("step_downloading", path=path, host=urlsplit(url).hostname))
    stage(work, url, path, sums, executable=step.executable)


def stage(
    work: Work,
    url: str,
    path: str,
    sums: Mapping[str, str],
    size: int | None = None,
    executable: bool = False,
) -> None:
    """
    Download a file into the staging directory; where it fails nothing of it is left.

    @raise Failed: when it can't be had, or is another.
    @raise OSError: when it can't be written.
    """
    staging = work.place.staging
    mode = tree.executableMode if executable else tree.usualMode
    with open(tree.create(staging, path, mode), "wb") as file:
        try:
            downloading.download(work.requests, url, file.fileno(), sums, work.tell, size)
        except BaseException:
            tree.remove(staging, path)
            raise


def _unpack(work: Work, step: installing.Unpack) -> None:
    path, to = work.existing(step.unpack), work.path(step.to, isDirectory=True)
    work.begin(because("step_unpacking", path=path))
    root = work.rootOf(path)

    def skip(inside: str) -> bool:
        return work.isKept(inside if to == "." else f"{to}/{inside}", step.keep)

    tree.makeDirectory(work.place.staging, to)
    wanted = Wanted(step.strip, step.only, step.executable, skip)
    archive = f"{root}/{path}"
    target = work.place.staging if to == "." else f"{work.place.staging}/{to}"
    archives.unpack(archive, target, wanted, work.tell)
    tree.remove(root, path)


def _write(work: Work, step: installing.Write) -> None:
    path = work.path(step.write)
    if work.isKept(path, step.keep):
        work.begin(because("step_keeping", path=path))
        return
    work.begin(because("step_writing", path=path))
    tree.write(work.place.staging, path, work.text(step.text).encode())


def _move(work: Work, step: installing.Move) -> None:
    path, to = work.existing(step.move), work.path(step.to)
    work.begin(because("step_moving", path=path))
    root = work.rootOf(path)
    tree.move(root, path, root, to)


def _remove(work: Work, step: installing.Remove) -> None:
    glob = installvalues.globOf(work.template(step.remove), work.values())
    work.begin(because("step_removing", path=str(glob)))
    for root in (work.place.staging, *([work.place.directory] if work.hasSettled else [])):
        for path in tree.matching(root, glob):
            tree.remove(root, path)


def _directory(work: Work, step: installing.MakeDirectory) -> None:
    path = work.path(step.directory)
    work.begin(because("step_making", path=path))
    tree.makeDirectory(work.place.staging, path)


def _java(work: Work, step: installing.Java) -> None:
    version = work.text(step.java)
    if not re.fullmatch("[1-9][0-9]?", version):
        raise installvalues.Unfit(because("no_java_version"))
    work.begin(because("step_java", major=version))
    work.variables[installing.javaVariable] = programs.hostJava(int(version), work.task.path) or (
        work.place.shared.java(int(version), work.tell)
    )


def _mrpack(work: Work, step: installing.ModrinthPack) -> None:
    mrpack.install(work, step, stage)


performers: Final[Mapping[type[installing.Step], Perform]] = {
    installing.Fetch: _fetch,
    installing.Match: match,
    installing.Download: _download,
    installing.Unpack: _unpack,
    installing.Write: _write,
    installing.Move: _move,
    installing.Remove: _remove,
    installing.MakeDirectory: _directory,
    installing.Java: _java,
    installing.SteamCmd: steamcmd.install,
    installing.Pip: packages.pip,
    installing.Npm: packages.npm,
    installing.RunProgram: programs.run,
    installing.Script: scripts.run,
    installing.ModrinthPack: _mrpack,
}
"""What does each kind of step."""
