"""
Finds out what is newest, without downloading it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from gamepanel.games import installvalues
from gamepanel.games.installing import Fetch, Match, Npm, Pip, SteamCmd, Step
from gamepanel.jobs.report import Failed, Report
from gamepanel.wire.causes import because
from gamepanel.worker.steps import perform, programs, steamcmd
from gamepanel.worker.steps.requesting import Requests, decoded
from gamepanel.worker.steps.task import Place, Task
from gamepanel.worker.steps.work import Work

Documents = dict[str, tuple[str, bytes]]
"""ETags and documents, by their addresses: what has not changed is not sent again."""


def newest(
    steps: Sequence[Step],
    task: Task,
    place: Place,
    report: Report,
    known: Documents,
    requests: Requests,
) -> str | None:
    """
    The newest version.

    @param task: with options that are L{emptied}.
    @param place: of which only SteamCMD is used.
    @param known: what was read before; it gets what is read now.

    @return: None when the steps do not say.

    @raise Failed: when a source does not tell.
    """
    work = Work(tuple(steps), task, place, report, requests)
    try:
        # Up to the last that sets the version.
        last = max((i for i, step in enumerate(steps) if "version" in step.sets), default=-1)
        for step in steps[: last + 1]:
            if work.isWanted(step):
                _look(work, step, known)
        if "version" in work.variables:
            return work.variables["version"]
        for step in steps:
            if type(step) in _registries and work.isWanted(step):
                return _registries[type(step)](work, step)
    except installvalues.Unfit as error:
        raise Failed(because("newest_unasked", why=error.cause)) from error
    return None


def _look(work: Work, step: Step, known: Documents) -> None:
    if isinstance(step, Match):
        perform.match(work, step)
    elif isinstance(step, Fetch):
        url = work.url(step.fetch)
        work.begin(because("step_reading", host=urlsplit(url).hostname))
        perform.let(work, step, document(work.requests, url, known))


def document(requests: Requests, url: str, known: Documents) -> bytes:
    """
    A document, sent only if it has changed.

    @raise Failed: when it can't be had.
    """
    tag, before = known.get(url, ("", b""))
    data, newTag = requests.document(url, {"If-None-Match": tag} if tag else None)
    if tag and not data:
        return before
    known[url] = (newTag, data)
    return data


def _ofPip(work: Work, step: Pip) -> str:
    _, name = installvalues.requirementOf(work.template(step.pip[0]), work.values())
    return _text(work.requests, f"https://pypi.org/pypi/{name}/json", "info", "version")


def _ofNpm(work: Work, step: Npm) -> str:
    _, name = installvalues.nodePackageOf(work.template(step.npm[0]), work.values())
    path = quote(name, safe="@")
    url = f"https://registry.npmjs.org/-/package/{path}/dist-tags"
    return _text(work.requests, url, "latest")


def _text(requests: Requests, url: str, *keys: str) -> str:
    found = decoded(requests.document(url)[0])
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    if not isinstance(found, str) or not found:
        raise Failed(because("newest_untold", host=urlsplit(url).hostname))
    return found


def _ofSteam(work: Work, step: SteamCmd) -> str:
    """The build id of the branch, as SteamCMD says."""
    branch = (work.text(step.beta) if step.beta else "") or "public"
    program = steamcmd.programOf(work)
    command = [program, "+login", "anonymous", "+app_info_update", "1"]
    command += ["+app_info_print", str(step.steamcmd), "+quit"]
    text = programs.output(work, command, 300.0, isJudged=False)
    found = re.search(
        rf'"branches"\s*\{{.*?"{re.escape(branch)}"\s*\{{\s*"buildid"\s+"(\d+)"', text, re.DOTALL
    )
    if found is None:
        raise Failed(because("newest_build_untold", app=step.steamcmd))
    return found[1]


_registries: Mapping[type[Step], Callable[[Work, Any], str]] = {
    Pip: _ofPip,
    Npm: _ofNpm,
    SteamCmd: _ofSteam,
}
"""What knows the newest version, where no document says so."""
