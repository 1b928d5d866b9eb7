"""
Parts of the daemon that take some work to make, by its options.
"""

import os
import random
import sys
import time
from collections.abc import Callable, Iterator

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorCore, IReactorThreads
from twisted.logger import Logger, LogLevel

from gamepanel.accounts.accounts import Accounts, NoAccounts
from gamepanel.accounts.logins import Logins
from gamepanel.accounts.passwords import Passwords
from gamepanel.accounts.users import Users
from gamepanel.console.gameprocess import IGameReactor
from gamepanel.events.journal import Journal
from gamepanel.host.history import History, Reading
from gamepanel.host.system import DiskWatch, Host, HostUsage, isOverloaded
from gamepanel.options import Options
from gamepanel.players.queries.process import ChildAsker, spawning
from gamepanel.players.queries.service import Queries
from gamepanel.players.service import Players
from gamepanel.process.proc import uptime
from gamepanel.servers.directory import Directory
from gamepanel.servers.host import watermarkBytes
from gamepanel.state import StateDirectory
from gamepanel.store import Store

log = Logger()


class IPanelReactor(IGameReactor, IReactorCore, IReactorThreads):
    """What the daemon needs of its reactor."""


def ownPath() -> str:
    """
    Our PATH, with the directory of the interpreter in front: what has been
    installed beside gamepanel is found as if its virtualenv were activated.
    """
    own = os.path.dirname(sys.executable)
    path = os.environ.get("PATH", os.defpath)
    return path if own in path.split(":") else f"{own}:{path}"


def keepHistory(
    reactor: IPanelReactor, store: Store, directory: Directory, journal: Journal, state: str
) -> History:
    """
    What looks again and again at what servers and the host use, and tells when the disk is low.

    @param state: path of the state directory.
    """
    # Each has a look of its own, since that begins where its last one has ended.
    host, disk = Host(state), DiskWatch(watermarkBytes)

    def look() -> HostUsage:
        usage = host.look()
        happened = disk.seen(usage.diskFree)
        if happened is not None:
            how = happened.removeprefix("disk_")
            level = LogLevel.warn if how == "low" else LogLevel.info
            told = "the disk of {state} is {how}: {free} bytes are free"
            log.emit(level, told, state=state, how=how, free=usage.diskFree)
            journal.tell(happened, {"free": usage.diskFree})
        return usage

    def readings() -> Iterator[Reading]:
        return (Reading(*found) for found in directory.readings())

    def count() -> Deferred[None]:
        return Deferred.fromCoroutine(directory.count())

    return History(reactor, store.samples, time.time, count, readings, look)


def askGames(reactor: IPanelReactor, directory: Directory, players: Players) -> Queries:
    """
    What asks games whether they are well.

    @param players: told of the answers.
    """
    asker = ChildAsker(reactor, uptime, spawning(reactor))
    queries = Queries(reactor, directory.all, asker, uptime, time.time, random.random, isOverloaded)
    queries.answered.listen(lambda found: players.answered(*found))
    return queries


def accountsOf(
    options: Options,
    state: StateDirectory,
    reactor: IPanelReactor,
    store: Store,
    hashing: Passwords,
    exists: Callable[[str], bool],
) -> Accounts:
    """
    The accounts in the mode that C{--auth} says.

    @param exists: whether there is a server of this id.
    """
    mode = options["auth"]
    if mode == "noauth":
        return NoAccounts()
    users = Users(store.users, hashing, state.path, mode == "url", exists)
    if mode == "password":
        return Logins(reactor, store.users, users, hashing, uptime, time.time)
    # They bring an HTTP client, which other daemons go without.
    from gamepanel.accounts.introspection import Introspection
    from gamepanel.accounts.introspectionclient import introspectionClient

    ask = introspectionClient(reactor, options["introspect-url"], options.authorization)
    return Introspection(reactor, ask, users, uptime, time.time)
