"""
What all steps of one installation share: values, sources, places, and what they tell.
"""

from collections.abc import Mapping

from gamepanel.games import installvalues
from gamepanel.games.arguments import asText, isSet
from gamepanel.games.documents import versionKey
from gamepanel.games.globs import covered
from gamepanel.games.installing import Step
from gamepanel.games.machine import machineValues
from gamepanel.games.template import Template
from gamepanel.jobs.progress import Progress
from gamepanel.jobs.report import Failed, Report
from gamepanel.wire.causes import Cause, because
from gamepanel.worker.steps import tree
from gamepanel.worker.steps.requesting import Requests
from gamepanel.worker.steps.task import Place, Task


class Work:
    """
    One installation.

    @ivar variables: those that steps have set.
    @ivar version: what pip, npm or SteamCMD say was installed, of the first step that says so.
    @ivar hasSettled: whether something was done in the server's directory itself.
    """

    def __init__(
        self, steps: tuple[Step, ...], task: Task, place: Place, report: Report, requests: Requests
    ) -> None:
        self.steps = steps
        self.task = task
        self.place = place
        self.requests = requests
        self.variables: dict[str, str] = {}
        self.version: str | None = None
        self.hasSettled = False
        self._report = report
        self._step = because("step_starting")
        names = {name for step in steps for name in step.sets}
        self._mayName = names | set(self._values())

    def _values(self) -> dict[str, str]:
        return {
            **machineValues(self.task.machine),
            **{name: asText(value) for name, value in self.task.options.items()},
            **self.variables,
            "server": self.task.server,
            "directory": self.place.directory,
        }

    def values(self) -> Mapping[str, str]:
        """What placeholders stand for now."""
        return self._values()

    def template(self, text: str) -> Template:
        """
        A text of a step.

        @raise Unfit: when it names a variable that no step has set.
        """
        template = Template.parse(text, self._mayName)
        values = self._values()
        for name in template.names:
            if name not in values:
                raise installvalues.Unfit(because("variable_unset", name=name))
        return template

    def text(self, text: str) -> str:
        """A text with values in it."""
        return self.template(text).expand(self._values())

    def url(self, text: str) -> str:
        """An address."""
        return installvalues.urlOf(self.template(text), self._values())

    def path(self, text: str, isDirectory: bool = False) -> str:
        """A path relative to the server's directory."""
        return installvalues.pathOf(self.template(text), self._values(), isDirectory)

    def existing(self, text: str) -> str:
        """The path of a file that is there: where it is a glob, of the newest that fits."""
        path = self.path(text)
        glob = installvalues.globOf(self.template(text), self._values())
        if glob.isLiteral or any(tree.mode(root, path) for root in self._roots()):
            return path
        found = [one for root in self._roots() for one in tree.matching(root, glob)]
        return max(found, key=versionKey, default=path)

    def _roots(self) -> list[str]:
        """Where files of steps are."""
        return [self.place.staging, *([self.place.directory] if self.hasSettled else [])]

    def sums(self, sums: Mapping[str, str]) -> dict[str, str]:
        """Sums, by their algorithms."""
        return {name: installvalues.sumOf(name, self.text(text)) for name, text in sums.items()}

    def isWanted(self, step: Step) -> bool:
        """Whether a step is to be done."""
        options = self.task.options
        return (
            step.machine in (None, self.task.machine)
            and (step.when is None or isSet(options.get(step.when)))
            and (step.unless is None or not isSet(options.get(step.unless)))
        )

    def at(self, where: str) -> None:
        """Tell which step is done now, for an error."""
        self._report.where = where

    def begin(self, step: Cause) -> None:
        """Tell what is done now, for people; also on a line of the server's console."""
        self._step = step
        self._report.say(step)
        self._report.progress(Progress.doing(step))

    def say(self, line: str) -> None:
        """Tell people a line, in the console of the server and in the job's log."""
        self._report.say(line)

    def progress(self, progress: Progress) -> None:
        """Tell how far the step is, in words of its own."""
        self._report.progress(progress)

    def tell(self, done: int, total: int | None) -> None:
        """Tell how many bytes of it are done, and of how many."""
        self._report.progress(Progress.doing(self._step, done, total))

    def settle(self) -> None:
        """Move what is staged into the server's directory, since the next step works there."""
        self.place.settle()
        self.hasSettled = True

    def isKept(self, path: str, globs: tuple[str, ...]) -> bool:
        """Whether a file stays, as it is there and the type says so."""
        return covered(path, globs) and tree.mode(self.place.directory, path) is not None

    def rootOf(self, path: str) -> str:
        """
        Where a file is: in the staging directory, or in the server's own if what was staged has
        been moved there.

        @raise Failed: when it is in neither.
        """
        for root in self._roots():
            if tree.mode(root, path) is not None:
                return root
        raise Failed(because("no_such_path", path=path))
