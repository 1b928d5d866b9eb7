"""
Where a worker installs: a staging directory, from which files are moved into the server's.

Beside the directory of the server's game there is C{install}, which belongs to the same user::

    staged/     files that have been made, by the paths that they will have
    half        there while the server's directory may be half updated
    ...         see L{gamepanel.worker.moving}
"""

import os
import signal
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress

from gamepanel.base.errors import PanelError
from gamepanel.disk import confined
from gamepanel.jobs.report import Failed
from gamepanel.process.home import homeIn, prepare
from gamepanel.process.launch import Account
from gamepanel.process.sandbox import scriptDirectory, scriptHome, scriptTemporary
from gamepanel.wire.causes import because
from gamepanel.worker.moving import Move, loadManifest
from gamepanel.worker.planning import Journal, Rules, plan
from gamepanel.worker.quota import Quota
from gamepanel.worker.steps.task import Bringer
from gamepanel.worker.unpack.within import createAnew


class InstallPlace:
    """
    Where one installation works.

    @ivar staging: absolute path of the directory that files are made in.
    @ivar directory: absolute path of the server's directory.
    @ivar scratch: absolute paths of directories for what scripts do not leave.
    @ivar scripts: see L{gamepanel.worker.steps.task.Place}.
    @ivar shared: brings what all servers share.
    @ivar isHalf: whether something was done in the server's directory that is not undone.
    @ivar committed: called before that is done which can't be undone any more.
    @ivar quota: how much of the disk it may take.
    """

    def __init__(
        self,
        install: str,
        directory: str,
        owned: Collection[str],
        kept: Collection[str],
        say: Callable[[str], None],
        shared: Bringer,
    ) -> None:
        """
        @param install: the directory for this beside it.
        @param owned: see L{Rules}, as C{kept}.
        @param say: tells people a line.
        """
        self.staging = os.path.join(install, "staged")
        self.directory = directory
        self.scratch = tuple(os.path.join(install, name) for name in ("script", "temporary"))
        home, temporary = self.scratch
        self.scripts: Mapping[str, str] = {
            scriptDirectory: self.staging,
            scriptHome: home,
            scriptTemporary: temporary,
        }
        self.shared = shared
        self.isHalf = False
        self._install = install
        self._owned = owned
        self._kept = kept
        self._say = say
        self.committed: Callable[[], None] = lambda: None
        self.quota = Quota(0, directory, self.staging)
        self._covered: set[str] = set()
        self._half = os.path.join(install, "half")
        self._wasHalf = False
        self._move = Move(install, directory, self.staging)

    def make(self, account: Account | None) -> None:
        """
        Make the directory for this, and see to it that it and the server's belong to the right
        user. To be called as the daemon's user.

        @param account: whom the server's game runs as.

        @raise Failed: when the server's can't be used.
        @raise OSError: when that can't be done.
        """
        directory = os.path.dirname(self._install)
        # The game may have removed its own.
        for path in (self._install, homeIn(directory)):
            with suppress(FileExistsError):
                os.mkdir(path, 0o700)
        try:
            prepare(directory, account)
        except PanelError as error:
            raise Failed(error.cause or because(error.code)) from error
        if account is not None and os.lstat(self._install).st_uid != account.uid:
            confined.handOver(self._install, account)

    def begin(self) -> None:
        """
        Finish or undo what an earlier worker was in the middle of, and begin with nothing.

        @raise Failed: when it can't be known what that was.
        @raise OSError: when that can't be done.
        """
        with suppress(FileExistsError):
            os.mkdir(self.staging, 0o700)
        self._wasHalf = os.path.lexists(self._half)
        if self._move.recover():
            self._say("What an earlier update was in the middle of has been finished.")
        self._clear()

    def settle(self) -> None:
        """
        Move what is staged into the server's directory, before something is done there that
        is not undone.

        @raise Failed: when that can't be done.
        """
        journal = self._plan(isLast=False)
        # What has been done here and what is known of it must not come apart.
        held = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGALRM))
        try:
            os.close(createAnew(self._half))
            self._move.perform(journal)
            self.isHalf = True
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)
        self._covered.update(o.path for o in journal.operations if o.kind in ("put", "replace"))
        self._tell(journal)
        self._clear()

    def finish(self) -> None:
        """
        Move what is staged into the server's directory, and remove what this version lacks.

        @raise Failed: when that can't be done.
        """
        journal = self._plan(isLast=True)
        if not (self.isHalf or self._wasHalf):
            # Else a directory would stay half updated: it is for the start to refuse then.
            self.quota.check(journal)
        self._move.perform(journal, lambda: self.committed())
        confined.discard(self._half)
        self._tell(journal)
        self._clear()

    def _plan(self, isLast: bool) -> Journal:
        rules = Rules(self._owned, self._kept, self._covered, isLast)
        return plan(self.directory, self.staging, loadManifest(self._install), rules)

    def _tell(self, journal: Journal) -> None:
        for note in journal.notes:
            self._say(note)

    def undo(self) -> None:
        """Let the server's directory be as it was, as far as it can be."""
        self._move.undo()
        if not (self.isHalf or self._wasHalf):
            confined.discard(self._half)
        self._clear()

    def _clear(self) -> None:
        # Also a link in its place, which would be followed later.
        for path in (self.staging, *self.scratch):
            with suppress(OSError):
                # A script may have denied it even to itself.
                with suppress(OSError):
                    confined.own(path)
                confined.discard(path)
        with suppress(FileExistsError):
            os.mkdir(self.staging, 0o700)
