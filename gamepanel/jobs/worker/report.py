"""
What a worker says of how far it is.
"""

from collections.abc import Callable

from attrs import Factory, define

from gamepanel.jobs.progress import Progress


class Failed(Exception):
    """The job can't be done; the text says why, for people."""


@define
class Report:
    """
    Tells of the progress of a job.

    @ivar progress: called with each record.
    @ivar last: what was told last.
    """

    _tell: Callable[[Progress], None]
    last: Progress = Factory(Progress)

    def progress(self, progress: Progress) -> None:
        """Tell how far it is."""
        self.last = progress
        self._tell(progress)
