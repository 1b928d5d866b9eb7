"""
C{twistd gamepanel}: its options, and the house put together.
"""

import ipaddress
import os
import pwd
import re
import resource
import shlex
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any, Final, cast
from urllib.parse import urlsplit

from twisted.application.service import IService, Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorCore, IReactorThreads
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.python import usage
from twisted.python.threadpool import ThreadPool

import gamepanel
from gamepanel.accounts.accounts import Accounts, NoAccounts
from gamepanel.accounts.audit import Audit
from gamepanel.accounts.inquiry import inquire
from gamepanel.accounts.introspection import Introspection, authorization
from gamepanel.accounts.logins import Logins
from gamepanel.accounts.passwords import Passwords
from gamepanel.accounts.users import Users, makeFirstUser, userToReset
from gamepanel.application import TopService, tellFailure
from gamepanel.durable import makeDirectories
from gamepanel.events.journal import Journal
from gamepanel.failing import DataRefused, OneLineOptions, StartRefused, again, checkPidFile, fail
from gamepanel.games.catalogue import Catalogue, shippedTypes
from gamepanel.instance import instanceOf
from gamepanel.jobs.queue import Jobs
from gamepanel.listening import Listener, shown
from gamepanel.logs import Log, openLog
from gamepanel.notify import AddressTelling, Announcement, notifier
from gamepanel.rehearsal import Rehearsal, rehearse
from gamepanel.servers.directory import Directory
from gamepanel.servers.launch import childPath
from gamepanel.servers.process import IGameReactor
from gamepanel.servers.tree import uptime
from gamepanel.signals import Signals
from gamepanel.state import StateTaken, databaseIn, defaultState, take
from gamepanel.store import BadStore, Pool, Store, loadServers, loadUsers, openFile
from gamepanel.store.events import loadNewestEvent
from gamepanel.store.jobs import loadJobs, storedJobs
from gamepanel.web.auth import AuthEndpoints
from gamepanel.web.endpoint import Access
from gamepanel.web.root import api
from gamepanel.web.senders import Senders
from gamepanel.web.transport import PanelSite

log = Logger()

defaultListen: Final = "tcp:8080:interface=127.0.0.1"


class IPanelReactor(IGameReactor, IReactorCore, IReactorThreads):
    """What the daemon needs of its reactor."""


def _isLoopback(address: str) -> bool:
    """Whether nobody but this host reaches an address; of names only C{localhost} is sure."""
    if address == "localhost":
        return True
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_loopback)


def _choice(*words: str) -> Callable[[str], str]:
    def coerce(value: str) -> str:
        if value not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return value

    coerce.coerceDoc = f"One of: {', '.join(words)}."  # type: ignore[attr-defined]
    return coerce


def _count(value: str) -> int:
    if not (value.isdigit() and 1 <= int(value) <= 64):
        raise ValueError("must be a number from 1 to 64")
    return int(value)


_count.coerceDoc = "A number from 1 to 64."  # type: ignore[attr-defined]


def _url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("must be a URL that begins with http:// or https://")
    return value


def _secret(path: str) -> str:
    """What stands in the file that C{--introspect-secret} names."""
    try:
        with open(path) as file:
            secret = file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise usage.UsageError(f"--introspect-secret {path}: {reason}") from error
    if not re.fullmatch(r"[\x21-\x7e]+", secret):
        raise usage.UsageError(f"--introspect-secret {path}: must hold a token, or id:secret")
    return secret


class Options(OneLineOptions):
    """
    The command line of C{twistd gamepanel}, see section 7 of the contract.
    """

    synopsis = "[options]"
    longdesc = (
        "Runs game servers and serves a JSON API to look after them. Without options it "
        "listens on http://127.0.0.1:8080/ and makes a user 'admin' at its first start, "
        "whose password it prints once and writes to STATE/admin-password."
    )

    optParameters = [
        [
            "state",
            "s",
            None,
            "Directory of all that is kept: servers, their files and consoles, users. "
            "[default: gamepanel in the user's state directory, mostly ~/.local/state]",
        ],
        [
            "auth",
            None,
            "password",
            "How people authenticate. password: users of this daemon log in; noauth: nobody "
            "has to; url: tokens come from elsewhere, see --introspect-url.",
            _choice("password", "noauth", "url"),
        ],
        ["auth-url", None, None, "With --auth url: where a person gets a token.", _url],
        [
            "introspect-url",
            None,
            None,
            "With --auth url: the endpoint that is asked about each token (RFC 7662).",
            _url,
        ],
        [
            "introspect-secret",
            None,
            None,
            "With --auth url: file with what we authenticate with there, a bearer token "
            "or id:secret.",
        ],
        [
            "on-exit",
            None,
            "keep",
            "What happens to the game servers when the daemon is told to end. keep: they run on; "
            "stop: they are stopped as their types say.",
            _choice("keep", "stop"),
        ],
        [
            "jobs",
            None,
            2,
            "How many jobs (installations, backups and the like) may run at once.",
            _count,
        ],
        [
            "server-user",
            None,
            None,
            "When the daemon is root: the user that game servers run as.",
        ],
    ]

    optFlags = [
        [
            "allow-generic",
            None,
            "Offer the type 'generic', whose command is an option: whoever may create servers "
            "may then run any program.",
        ],
        [
            "insecure",
            None,
            "Allow what is dangerous: noauth, or passwords over plain TCP, on addresses that "
            "others can reach.",
        ],
    ]

    def __init__(self) -> None:
        super().__init__()
        self.lists: dict[str, list[str]] = {
            name: [] for name in ("listen", "url", "allow-host", "allow-origin", "trusted-proxy")
        }

    def opt_listen(self, endpoint: str) -> None:
        """
        Where to listen, as a Twisted endpoint string; may be given several times.
        [default: tcp:8080:interface=127.0.0.1]
        """
        self.lists["listen"].append(endpoint)

    opt_l = opt_listen

    def opt_url(self, url: str) -> None:
        """
        Another base URL of this same service, told to clients; may be given several
        times, best first.
        """
        try:
            self.lists["url"].append(_url(url).rstrip("/") + "/")
        except ValueError as error:
            raise usage.UsageError(f"--url {url}: {error}") from error

    def opt_allow_host(self, name: str) -> None:
        """
        A host name under which we are reached, besides loopback and the addresses we
        listen on; may be given several times.
        """
        if not re.fullmatch(r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]", name):
            raise usage.UsageError(f"--allow-host {name}: must be a host name, without a port")
        self.lists["allow-host"].append(name.lower().removesuffix("."))

    def opt_allow_origin(self, origin: str) -> None:
        """
        An origin (such as https://dash.example.org) whose pages may use the API; may
        be given several times.
        """
        try:
            parts = urlsplit(origin)
        except ValueError as error:
            raise usage.UsageError(f"--allow-origin {origin}: {error}") from error
        if parts.scheme not in ("http", "https") or origin != f"{parts.scheme}://{parts.netloc}":
            raise usage.UsageError(
                f"--allow-origin {origin}: must be like https://name or https://name:port"
            )
        self.lists["allow-origin"].append(origin)

    def opt_trusted_proxy(self, address: str) -> None:
        """
        Address of a reverse proxy whose X-Forwarded-For and X-Forwarded-Proto count, or
        'unix' for one that comes over a UNIX socket; may be given several times.
        """
        if address == "unix":
            self.lists["trusted-proxy"].append("")
            return
        try:
            self.lists["trusted-proxy"].append(str(ipaddress.ip_address(address)))
        except ValueError as error:
            raise usage.UsageError(f"--trusted-proxy {address}: must be an address") from error

    @property
    def listen(self) -> list[str]:
        """The endpoint strings."""
        return self.lists["listen"] or [defaultListen]

    def postOptions(self) -> None:
        """
        Check all that can be checked before anything starts.
        """
        self._checkAuth()
        self._checkUser()
        if self["state"] == "":
            raise usage.UsageError("--state: must be a directory")
        self["state"] = os.path.abspath(self["state"] or defaultState())
        if shown(self["state"]) != self["state"]:
            raise usage.UsageError(f"--state {shown(self['state'])}: its path must be UTF-8")
        self._checkListen()
        self._openState()

    def _checkAuth(self) -> None:
        isUrl = self["auth"] == "url"
        endpoint = urlsplit(self["introspect-url"] or "")
        isOpen = endpoint.scheme == "http" and not _isLoopback(endpoint.hostname or "")
        self.exposesTokens = isOpen
        if isOpen and not self["insecure"]:
            raise usage.UsageError(
                "--introspect-url: tokens over plain HTTP to another host need --insecure"
            )
        if isUrl and self["introspect-url"] is None:
            raise usage.UsageError("--auth url needs --introspect-url")
        for name in ("auth-url", "introspect-url", "introspect-secret"):
            if self[name] is not None and not isUrl:
                raise usage.UsageError(f"--{name} goes with --auth url only")
        self.authorization = None
        if self["introspect-secret"] is not None:
            self.authorization = authorization(_secret(self["introspect-secret"]))

    def _checkUser(self) -> None:
        name = self["server-user"]
        if name is None:
            return
        if os.geteuid() != 0:
            raise usage.UsageError("--server-user: only root can run servers as another user")
        try:
            pwd.getpwnam(name)
        except KeyError:
            raise usage.UsageError(f"--server-user: there is no user {name}") from None

    def _checkListen(self) -> None:
        rehearsal = Rehearsal()
        try:
            for description in self.listen:
                rehearse(description, rehearsal)
        finally:
            rehearsal.close()
        isOpen = self["auth"] == "noauth"
        addresses = rehearsal.plainAddresses + (rehearsal.secureAddresses if isOpen else [])
        exposed = [address for address in addresses if not _isLoopback(address)]
        if exposed and not self["insecure"]:
            where = exposed[0] or "all addresses"
            if isOpen:
                raise usage.UsageError(
                    f"--listen: noauth on {where} needs --insecure: whoever reaches it may do all"
                )
            raise usage.UsageError(
                f"--listen: passwords over plain TCP on {where} need --insecure; "
                "listen on loopback behind a proxy, or with TLS (ssl:...)"
            )
        self.exposed = bool(exposed)

    def _openState(self) -> None:
        """Take the state directory: it is ours alone until we end."""
        state = self["state"]
        try:
            makeDirectories(state, 0o700)
            lock = take(state)
        except OSError as error:
            raise StartRefused(f"--state {state}: {error.strerror}") from error
        except StateTaken:
            raise StartRefused(f"--state {state}: another gamepanel runs on it") from None
        try:
            path = databaseIn(state)
            if isLost(path) and hasEntries(os.path.join(state, "servers")):
                raise BadStore("it is missing or empty, but there are servers; restore it")
            connection = openFile(path)
        except BadStore as error:
            os.close(lock)
            raise DataRefused(f"--state {state}: gamepanel.sqlite: {error}") from error
        self.lock = lock
        try:
            self.instance = instanceOf(state)
        except OSError as error:
            connection.close()
            os.close(lock)
            raise StartRefused(f"--state {state}: instance: {error.strerror}") from error
        self.lostAdmin: str | None = None
        with closing(connection):
            if self["auth"] == "password":
                self._checkAdmin(connection)

    def _checkAdmin(self, connection: sqlite3.Connection) -> None:
        """See that there is somebody who can log in; know whom to help where no admin can."""
        try:
            announcePassword(makeFirstUser(connection, self["state"]))
        except (OSError, sqlite3.Error) as error:
            os.close(self.lock)
            reason = getattr(error, "strerror", None) or error
            raise StartRefused(
                f"--state {self['state']}: the first user can't be made: {reason}"
            ) from error
        self.lostAdmin = userToReset(loadUsers(connection))


def isLost(path: str) -> bool:
    """Whether there is no store, or nothing in it."""
    return not os.path.exists(path) or os.path.getsize(path) == 0


def hasEntries(path: str) -> bool:
    """Whether there is a directory with something in it."""
    return os.path.isdir(path) and bool(os.listdir(path))


class Daemon(Service):
    """
    Opens what is stored before anything is served, and closes it after everything.
    """

    def __init__(
        self,
        path: str,
        access: Access,
        directory: Directory,
        journal: Journal,
        jobs: Jobs,
        pool: Pool,
        threads: ThreadPool,
    ) -> None:
        self._path = path
        self._access = access
        self._directory = directory
        self._journal = journal
        self._jobs = jobs
        self._pool = pool
        self._threads = threads

    def startService(self) -> None:
        """See L{Service}."""
        super().startService()
        raiseOpenFiles()
        connection = openFile(self._path)
        try:
            self._load(connection)
        finally:
            connection.close()

    def _load(self, connection: sqlite3.Connection) -> None:
        self._access.accounts.load(connection)
        self._threads.start()
        self._pool.openAhead()
        self._journal.load(*loadNewestEvent(connection))
        queued = loadJobs(connection)
        asides = {row.server: row.task["path"] for row in queued if row.server is not None}
        servers = loadServers(connection)
        self._directory.load(servers, asides)
        self._jobs.load(queued, storedJobs(connection))
        self._journal.tell("daemon_started", self._about(len(servers)))

    def _about(self, servers: int) -> dict[str, Any]:
        return {"version": gamepanel.__version__, "servers": servers}

    async def _stop(self) -> None:
        self._journal.tell("daemon_stopping", self._about(len(self._directory.all())))
        self._jobs.leave()
        await self._directory.leave()
        await self._journal.end()
        await self._access.accounts.end()
        await self._access.audit.end()
        self._threads.stop()
        self._pool.close()

    def stopService(self) -> Deferred[None]:
        """See L{Service}."""
        super().stopService()
        return Deferred.fromCoroutine(self._stop())


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


def raiseOpenFiles() -> None:
    """
    Let the daemon have as many open files as it may: each running server takes three.
    Its children get what it was given, see L{gamepanel.servers.launch}.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def ownPath() -> str:
    """
    Our PATH, with the directory of the interpreter in front: what has been
    installed beside gamepanel is found as if its virtualenv were activated.
    """
    own = os.path.dirname(sys.executable)
    path = os.environ.get("PATH", os.defpath)
    return path if own in path.split(":") else f"{own}:{path}"


def makeService(options: Options) -> IService:
    """
    Put the house together.
    """
    from twisted.internet import reactor as installed

    reactor = cast(IPanelReactor, installed)
    keepTime(reactor)
    written = logOf(options)
    warn(options)
    state = options["state"]
    path = os.path.join(state, "gamepanel.sqlite")
    pool = Pool(path)
    store = Store(pool)
    threads = ThreadPool(0, os.cpu_count() or 1, name="passwords")

    def hashing(function: Callable[..., Any], *arguments: object) -> Deferred[Any]:
        return deferToThreadPool(reactor, threads, function, *arguments)

    def inThread(function: Callable[..., Any], *arguments: object) -> Deferred[Any]:
        return deferToThreadPool(reactor, reactor.getThreadPool(), function, *arguments)

    catalogue = Catalogue(
        (shippedTypes(), os.path.join(state, "types")), bool(options["allow-generic"])
    )
    journal = Journal(reactor, store, time.time)
    directory = Directory(
        reactor,
        inThread,
        store,
        catalogue,
        state,
        childPath(ownPath()),
        journal,
        options["server-user"],
        os.geteuid() == 0,
        options["on-exit"] == "stop",
    )
    jobs = Jobs(
        reactor,
        inThread,
        store,
        journal.stored,
        state,
        childPath(ownPath()),
        directory.boot,
        time.time,
        options["jobs"],
    )
    auth = authentication(options, reactor, store, Passwords(hashing), directory.exists)
    root = api(
        reactor,
        directory,
        auth,
        journal,
        jobs,
        frozenset(options.lists["allow-host"]),
        frozenset(options.lists["allow-origin"]),
    )
    site = PanelSite(root, reactor, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    # Services stop in the reverse of this order, and start in it.
    house = TopService(written.observer, tellFailure)
    announcement = Announcement(notifier(os.environ), reactor, state)
    listeners = [Listener(description, reactor, site) for description in options.listen]
    readers = [listener.readCertificate for listener in listeners]
    readAnew = (announcement.reloading, written.reopen, *readers, announcement.reloaded)
    Signals(reactor, readAnew).setServiceParent(house)
    Daemon(path, auth.access, directory, journal, jobs, pool, threads).setServiceParent(house)
    for listener in listeners:
        listening = listener.service()
        listening.endpoint = AddressTelling(listening.endpoint, announcement.heard)
        listening.setServiceParent(house)
    announcement.setServiceParent(house)
    return house


def logOf(options: Options) -> Log:
    """
    Open the log. Ends the process when that, or the file with its id, can't be written.
    """
    if options.parent is not None:
        checkPidFile(options.parent["pidfile"])
    try:
        return openLog(options.parent or {"logger": True}, sys.stdout, os.environ)
    except OSError as error:
        fail(f"--logfile {error.filename}: {error.strerror}", again)


def authentication(
    options: Options,
    reactor: IPanelReactor,
    store: Store,
    hashing: Passwords,
    exists: Callable[[str], bool],
) -> AuthEndpoints:
    """
    Who is let in, and how.

    @param exists: whether there is a server of this id.
    """
    senders = Senders(frozenset(options.lists["trusted-proxy"]))
    accounts = accountsOf(options, reactor, store, hashing, exists)
    access = Access(accounts, Audit(store, time.time), senders)
    urls = tuple(options.lists["url"])
    return AuthEndpoints(access, options["auth-url"], urls, options.instance)


def accountsOf(
    options: Options,
    reactor: IPanelReactor,
    store: Store,
    hashing: Passwords,
    exists: Callable[[str], bool],
) -> Accounts:
    """The accounts in the mode that C{--auth} says."""
    mode = options["auth"]
    if mode == "noauth":
        return NoAccounts()
    users = Users(store, hashing, options["state"], mode == "url", exists)
    if mode == "password":
        return Logins(reactor, store, users, hashing, uptime, time.time)
    ask = inquire(reactor, options["introspect-url"], options.authorization)
    return Introspection(reactor, ask, users, uptime, time.time)


def keepTime(reactor: Any) -> None:
    """
    Let the reactor's timers run by a clock that nobody sets: by the usual one,
    a change of the host's time by a day would fire them all, or none for a day.
    """
    reactor.seconds = time.monotonic


def warn(options: Options) -> None:
    """Say what is dangerous, at every start."""
    if options.exposed and options["auth"] == "noauth":
        log.warn("--insecure with noauth: whoever can reach this address may do all")
    elif options.exposed:
        log.warn("--insecure: whoever can reach this address can read what is sent to it")
    if options.exposesTokens:
        log.warn("--insecure: whoever is between can read the tokens sent to --introspect-url")
    if os.geteuid() == 0 and options["server-user"] is None:
        log.warn(
            "running as root without --server-user: game servers run as root, and whatever "
            "takes one over has this host"
        )
    if options.lostAdmin is not None:
        log.warn(
            "no administrator can log in; end the daemon and run: "
            "gamepanel reset-password {user} --state {state}",
            user=options.lostAdmin,
            state=shlex.quote(options["state"]),
        )
    if not shutil.which("setpriv"):
        log.warn("setpriv (util-linux) was not found: no game server can be started")
