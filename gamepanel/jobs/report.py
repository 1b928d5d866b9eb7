"""
What a worker says of how far it is, and of what it does.
"""

from collections.abc import Callable

from attrs import Factory, define
from msgspec.structs import replace

from gamepanel.jobs.progress import Progress, plain
from gamepanel.wire.causes import Caused


class Failed(Caused):
    """The job can't be done."""


@define
class Report:
    """
    Tells of the progress of a job.

    @ivar progress: called with each record.
    @ivar note: called with each line for the console of the server.
    @ivar last: what was told last.
    @ivar where: what is being done, as an error names it; empty: as C{step} of the progress does.
    """

    _tell: Callable[[Progress], None]
    _note: Callable[[str], None] = lambda line: None
    last: Progress = Factory(Progress)
    where: str = ""

    def progress(self, progress: Progress) -> None:
        """Tell how far it is."""
        self.last = replace(progress, where=self.where)
        self._tell(self.last)

    def say(self, text: object) -> None:
        """Tell people a line, in the console of the server and in the job's log."""
        self._note(plain(str(text)))
