"""
What C{twistd gamepanel} runs: options that are right become the services of a daemon.
"""

import os
import shlex
import shutil
import sys
import time
from contextlib import suppress
from typing import Any, Final, cast

from twisted.application.service import IService
from twisted.logger import Logger
from twisted.python import usage

from gamepanel.daemon import checkBackups, daemon
from gamepanel.host.userids import Range, claim
from gamepanel.options import Options
from gamepanel.parts import IPanelReactor
from gamepanel.service.exitstatus import StartRefused, again, checkProc, fail, wrongUsage
from gamepanel.service.listencheck import checkListen
from gamepanel.service.logs import Log, openLog
from gamepanel.service.memory import begin, settle
from gamepanel.service.unit import oldUnit
from gamepanel.state import StateDirectory, openState

log = Logger()

settleSeconds: Final = 1.0
"""After so long the daemon settles: it serves before, and those who have waited for that do not
wait for this, too."""


def makeService(options: Options) -> IService:
    """
    Open what the daemon needs, and put it together. Ends the process with one line where
    that can't be.
    """
    from twisted.internet import reactor as installed

    reactor = cast(IPanelReactor, installed)
    keepTime(reactor)
    libraries = begin()
    try:
        state = prepare(options)
    except usage.UsageError as error:
        fail(error, getattr(error, "exitStatus", wrongUsage))
    written = logOf(options)
    warn(options, state)
    # Counted from there: what is done before takes its time when hundreds of servers are taken up.
    reactor.callWhenRunning(reactor.callLater, settleSeconds, settle, libraries)
    return daemon(options, state, written, reactor)


def prepare(options: Options) -> StateDirectory:
    """
    Take all that a daemon has for itself: addresses to listen at, and its state directory.

    @raise usage.UsageError: when it can't have that, see L{gamepanel.service.exitstatus}.
    """
    checkProc()
    checkListen(options.listen)
    checkBackups(options)
    if options.serverUsers is not None:
        claimUsers(options.serverUsers)
    state = openState(options["state"], options["auth"] == "password")
    announcePassword(state.firstUser)
    return state


def claimUsers(ids: Range) -> None:
    """
    Take the user ids of servers, for as long as this process lives.

    @raise StartRefused: when another daemon has some of them.
    """
    try:
        claim(ids)
    except ValueError as error:
        raise StartRefused(f"--server-users {error}") from error
    except OSError as error:
        log.warn(
            "{path}: {reason}: another gamepanel on this host could take the same ids",
            path=error.filename,
            reason=error.strerror,
        )


def announcePassword(made: tuple[str, str] | None) -> None:
    """
    Tell the person who starts the daemon the password of the first user, if it
    has just been made: on the terminal, if there is one, since it must not stay in
    a log. It stands in a file, too.
    """
    if made is not None:
        name, password = made
        with suppress(OSError), open("/dev/tty", "w") as terminal:
            print(f"User {name!r} has been made; its password is {password}", file=terminal)


def logOf(options: Options) -> Log:
    """
    Open the log. Ends the process when it can't be written.
    """
    try:
        return openLog(options.twistd or {"logger": True}, sys.stdout, os.environ)
    except OSError as error:
        fail(f"--logfile {error.filename}: {error.strerror}", again)


def keepTime(reactor: Any) -> None:
    """
    Let the reactor's timers run by a clock that nobody sets: by the usual one,
    a change of the host's time by a day would fire them all, or none for a day.
    """
    reactor.seconds = time.monotonic


def warn(options: Options, state: StateDirectory) -> None:
    """Say what is dangerous, at every start."""
    if options.exposed and options["auth"] == "noauth":
        log.warn("--insecure with noauth: whoever can reach this address may do all")
    elif options.exposed:
        log.warn("--insecure: whoever can reach this address can read what is sent to it")
    if options.exposesTokens:
        log.warn("--insecure: whoever is between can read the tokens sent to --introspect-url")
    if os.geteuid() == 0 and options["server-user"] is None and options.serverUsers is None:
        log.warn(
            "running as root without --server-user: game servers run as root, and whatever "
            "takes one over has this host"
        )
    old = oldUnit()
    if old is not None:
        log.warn("{old}", old=old)
    if state.lostAdmin is not None:
        log.warn(
            "no administrator can log in; end the daemon and run: "
            "gamepanel reset-password {user} --state {state}",
            user=state.lostAdmin,
            state=shlex.quote(state.path),
        )
    if not shutil.which("setpriv"):
        log.warn("setpriv (util-linux) was not found: no game server can be started")
