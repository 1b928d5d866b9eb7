"""
What whoever performs install steps is given: the task, and a place to work in.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from attrs import Factory, field, frozen

from gamepanel.jobs.report import Failed
from gamepanel.wire.causes import because
from gamepanel.wire.values import OptionValue
from gamepanel.worker.steps.running import NoPrograms, Programs

Tell = Callable[[int, int | None], None]
"""Called with bytes done and of how many, again and again."""


@frozen
class Sources:
    """
    Where is downloaded from, as the operator of the daemon wants it.

    @ivar mirrors: pairs: what begins with the first is fetched from the second instead.
    @ivar allowed: networks that may be reached though they are not public.
    @ivar contact: what requests say of us beside our name and version.
    """

    mirrors: tuple[tuple[str, str], ...] = ()
    allowed: tuple[str, ...] = ()
    contact: str = ""


@frozen
class Secrets:
    """
    What no file of a job may hold.

    @ivar githubToken: for GitHub's API.
    @ivar steamAccount: content of the file that C{gamepanel steam-login} has made.
    """

    githubToken: str = ""
    steamAccount: bytes = b""


def givenSources(given: Mapping[str, Any]) -> tuple[Sources, Secrets]:
    """
    What the daemon has been told of sources. Files with secrets are read here: whoever calls
    this may not be a game's user yet.

    @param given: C{mirrors}, C{allowed} and C{contact} of L{Sources}; C{tokenFile} and
        C{steamFile}, absolute paths or None.

    @raise Failed: when one of the files can't be read.
    """
    sources = Sources(
        tuple((start, to) for start, to in given.get("mirrors", ())),
        tuple(given.get("allowed", ())),
        given.get("contact", ""),
    )
    token = _content(given.get("tokenFile"), "--github-token").decode("ascii", "ignore").strip()
    return sources, Secrets(token, _content(given.get("steamFile"), "--steam-account"))


def _content(path: str | None, option: str) -> bytes:
    if path is None:
        return b""
    try:
        with open(path, "rb") as file:
            return file.read(8 * 1024 * 1024)
    except OSError as error:
        # Not the path: it is one of the host.
        raise Failed(because("secret_unreadable", option=option, error=error.strerror)) from error


@frozen
class Task:
    """
    What is to be installed, beside the steps themselves.

    @ivar server: its id.
    @ivar machine: kind of this machine, as uname(2) has it.
    @ivar path: PATH of the programs that are run.
    @ivar options: values by the names of options; None where there is none.
    @ivar programs: runs programs.
    """

    server: str
    machine: str
    path: str
    options: Mapping[str, OptionValue | None] = Factory(dict)
    sources: Sources = Sources()
    secrets: Secrets = field(default=Secrets(), repr=False)
    programs: Programs = Factory(NoPrograms)


class Bringer(Protocol):
    """
    Brings what all servers share, if it is not there yet.
    """

    def java(self, major: int, tell: Tell) -> str:
        """
        Absolute path of the program of a Java runtime of this major version.

        @raise Failed: when there is none.
        """

    def steamcmd(self, tell: Tell) -> str:
        """
        Absolute path of the archive that SteamCMD is bootstrapped from.

        @raise Failed: when it can't be had.
        """


class Place(Protocol):
    """
    Where is worked.

    @ivar staging: absolute path of the directory that files are made in.
    @ivar directory: absolute path of the server's directory.
    @ivar scripts: the directories that a script may write to, by the paths at which it sees them:
        the staging directory, and those that are its own.
    @ivar shared: brings what all servers share.
    """

    @property
    def scripts(self) -> Mapping[str, str]:
        """Absolute paths of directories, by the absolute paths at which a script sees them."""

    @property
    def staging(self) -> str:
        """Absolute path of the directory that files are made in; there, and empty at first."""

    @property
    def directory(self) -> str:
        """Absolute path of the server's directory."""

    @property
    def shared(self) -> Bringer:
        """Brings what all servers share."""

    def settle(self) -> None:
        """
        Move what is staged into the server's directory, before something is done there that
        is not undone. The staging directory is empty afterwards, and may be used again.

        @raise Failed: when that can't be done.
        """


@frozen
class Outcome:
    """
    What came of it.

    @ivar variables: all that were set, by their names; some may stand in the type's command,
        environment and files.
    @ivar version: what was installed, for people, if that is known: where a step may set the
        variable C{version}, that or the option that takes its place; else what pip, npm or
        SteamCMD say.
    """

    variables: Mapping[str, str]
    version: str | None
