"""
The daemon put together: its parts, and the order in which they start and stop.
"""

import os
import pwd
import resource
import sqlite3
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from attrs import frozen
from twisted.application.internet import TimerService
from twisted.application.service import IService, MultiService, Service
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python import usage

import gamepanel
from gamepanel.accounts.passwords import Passwords
from gamepanel.backups.making import BackupJobs
from gamepanel.backups.quiescing import Quiescer
from gamepanel.backups.service import Backups, StorePlace
from gamepanel.base.threads import Pools, Threads, VitalPool
from gamepanel.console import idle
from gamepanel.console.guard import StandbyGuard
from gamepanel.disk import beneath
from gamepanel.disk.places import Places
from gamepanel.events.journal import Journal
from gamepanel.games.catalogue import Catalogue, shippedTypes
from gamepanel.host.history import History
from gamepanel.host.system import Host
from gamepanel.jobs.installs import Installs
from gamepanel.jobs.process import JobHost
from gamepanel.jobs.queue import Jobs
from gamepanel.jobs.versions import Versions
from gamepanel.operations.actor import Audit
from gamepanel.operations.beginning import Beginning
from gamepanel.operations.files import Workplaces
from gamepanel.operations.schedules import rightsOf
from gamepanel.operations.versions import newestVersions
from gamepanel.options import Options
from gamepanel.parts import IPanelReactor, accountsOf, askGames, keepHistory, ownPath
from gamepanel.players.queries.service import Queries
from gamepanel.players.service import Players
from gamepanel.process import landlock
from gamepanel.process.containment import Containment
from gamepanel.process.grouping import Groups
from gamepanel.process.grouping import obtain as obtainGroups
from gamepanel.process.isolation import canHoldProcesses, isolation
from gamepanel.process.launch import childPath
from gamepanel.process.proc import uptime
from gamepanel.process.seen import Visible
from gamepanel.process.twistedprocess import spawnLightly
from gamepanel.process.users import ServerUsers
from gamepanel.schedules.running import Runs
from gamepanel.schedules.service import Schedules, clocksNow
from gamepanel.servers.configs.worker import WorkerConfigs
from gamepanel.servers.directory import Directory
from gamepanel.servers.host import HostContext, HostSetup
from gamepanel.service.application import TopService, tellFailure
from gamepanel.service.listening import DAY, Listener, tellExpiries
from gamepanel.service.logs import Log, LogLines
from gamepanel.service.notify import AddressTelling, Announcement, notifier
from gamepanel.service.shutdown import Systemd
from gamepanel.service.signals import Signals
from gamepanel.service.watchdog import Watchdog, watchdogSeconds
from gamepanel.state import StateDirectory
from gamepanel.store import Store
from gamepanel.store.backups import loadBackups
from gamepanel.store.database import openFile
from gamepanel.store.events import loadNewestEvent, wasStopped
from gamepanel.store.jobs import loadJobs, storedJobs
from gamepanel.store.players import loadPlayers
from gamepanel.store.schedules import loadRuns, loadSchedules
from gamepanel.store.servers import loadServers
from gamepanel.store.serverusers import loadServerUsers
from gamepanel.store.transactions import Pool
from gamepanel.web.api.auth import About
from gamepanel.web.api.endpoint import Access
from gamepanel.web.http.addresses import ClientAddresses
from gamepanel.web.http.transport import PanelSite
from gamepanel.web.root import api
from gamepanel.worker.files.processes import WorkerPool

log = Logger()


@frozen
class Parts:
    """What a daemon is made of."""

    state: StateDirectory
    access: Access
    directory: Directory
    journal: Journal
    jobs: Jobs
    installs: Installs
    backups: Backups
    backupJobs: BackupJobs
    schedules: Schedules
    versions: Versions
    workers: WorkerPool
    history: History
    players: Players
    queries: Queries
    guard: StandbyGuard
    pool: Pool
    pools: Pools
    systemd: Systemd


class Daemon(Service):
    """
    Opens what is stored before anything is served, and closes it after everything.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def startService(self) -> None:
        super().startService()
        raiseOpenFiles()
        spawnLightly()
        connection = openFile(self._parts.state.database)
        try:
            self._load(connection)
        finally:
            connection.close()

    def _load(self, connection: sqlite3.Connection) -> None:
        self._parts.access.accounts.load(connection)
        self._parts.pools.start()
        # Before the reactor does: what came first would wait for a thread, where there can be none.
        self._parts.pool.start()
        self._parts.pool.openAhead()
        if not wasStopped(connection):
            log.warn("the last daemon has not recorded its end: killed, or the host lost its power")
        self._parts.journal.load(*loadNewestEvent(connection))
        queued = loadJobs(connection)
        asides = {
            row.server: row.task["path"]
            for row in queued
            if row.server is not None and row.kind == "delete"
        }
        servers = loadServers(connection)
        self._parts.directory.loadUsers(loadServerUsers(connection), servers)
        self._parts.players.load(loadPlayers(connection))
        # As late as can be: until all is adopted, output waits in the pipes.
        self._parts.guard.takeOver()
        self._parts.directory.load(servers, asides)
        self._parts.backups.load(loadBackups(connection))
        self._parts.jobs.load(queued, storedJobs(connection))
        self._parts.schedules.load(loadSchedules(connection), loadRuns(connection))
        self._parts.installs.load()
        self._parts.backupJobs.begin()
        self._parts.jobs.begin()
        self._parts.schedules.begin()
        self._parts.workers.begin(self._parts.directory.all())
        self._parts.guard.start()
        self._parts.history.begin()
        self._parts.queries.begin()
        self._parts.journal.tell("daemon_started", self._about(len(servers)))

    def _about(self, servers: int) -> dict[str, Any]:
        return {"version": gamepanel.__version__, "servers": servers}

    async def _stop(self) -> None:
        seconds = None
        if await self._parts.systemd.isHostGoingDown():
            seconds = await self._parts.systemd.stopSeconds()
            log.info("the host goes down: servers are stopped")
            self._parts.directory.takeAlong()
        self._parts.journal.tell("daemon_stopping", self._about(len(self._parts.directory.all())))
        self._parts.schedules.end()
        self._parts.workers.close()
        self._parts.queries.end()
        self._parts.history.end()
        self._parts.guard.leave()
        self._parts.backupJobs.leave()
        self._parts.jobs.leave()
        await self._parts.directory.leave(seconds, self._parts.jobs.workers.areRunning)
        self._parts.players.end()
        await self._parts.journal.end()
        await self._parts.access.accounts.end()
        await self._parts.access.audit.end()
        hasEnded = self._parts.pools.stop()
        self._parts.pool.close()
        if not hasEnded:
            # The kernel keeps this process for as long as they hang, but it does nothing any more.
            self._parts.state.release()

    def stopService(self) -> Deferred[None]:
        super().stopService()
        return Deferred.fromCoroutine(self._stop())


def raiseOpenFiles() -> None:
    """
    Let the daemon have as many open files as it may: each running server takes three.
    Its children get what it was given, see L{gamepanel.process.launch}.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def gamesOf(options: Options) -> Callable[[int], bool] | None:
    """Tells user ids of games from others; None where games have none of their own."""
    ids, name = options.serverUsers, options["server-user"]
    if ids is not None:
        return lambda user: ids.first <= user <= ids.last
    game = None if name is None else pwd.getpwnam(name).pw_uid
    return None if game is None else lambda user: user == game


def siteOf(options: Options, reactor: IPanelReactor, parts: Parts) -> PanelSite:
    """
    What answers requests.
    """
    root = api(
        reactor,
        parts.directory,
        parts.access,
        parts.journal,
        parts.jobs,
        parts.versions,
        parts.history,
        parts.players,
        Host(parts.state.path),
        About(
            options["auth-url"],
            tuple(options.lists["url"]),
            parts.state.instance,
            parts.directory.context.features(),
            options["max-upload"],
        ),
        parts.workers,
        parts.backups,
        parts.schedules,
        frozenset(options.lists["allow-host"]),
        frozenset(options.lists["allow-origin"]),
        options["max-streams"],
    )
    return PanelSite(root, reactor, resource.getrlimit(resource.RLIMIT_NOFILE)[1], options["hsts"])


def checkBackups(options: Options) -> None:
    """
    Check that isolated games don't see where backups lie.

    @raise usage.UsageError: when they do.
    """
    place = options["backups"]
    if options["isolate"] != "off" and Visible(options["state"]).shows(place):
        raise usage.UsageError(f"--backups {place}: isolated games can read what is there")


def directoryOf(
    options: Options,
    state: StateDirectory,
    reactor: IPanelReactor,
    threads: Threads,
    store: Store,
    journal: Journal,
    groups: Groups | None,
    hasUsers: bool,
) -> Directory:
    """
    The directory of all servers.

    @param journal: told what happens to them.
    @param groups: the control groups of this host, if there are any for us.
    @param hasUsers: whether games run as others than the daemon.
    """
    catalogue = Catalogue(
        (shippedTypes(), os.path.join(state.path, "types")), bool(options["allow-generic"])
    )
    isolated = isolation(options["isolate"], state.path, os.geteuid() == 0, hasUsers)
    if isolated.lack is not None:
        log.warn("games are not isolated, since {lack}", lack=isolated.lack)
    if not hasUsers and not isolated.isOffered:
        log.warn(
            "games can read and erase backups: they run as the daemon's user, and are not isolated"
        )
    if options.servesGames and (hasUsers or isolated.isOffered):
        log.warn("noauth on TCP: any game can connect and do all, isolated or not")
    if landlock.lack() is not None:
        log.warn(
            "what installs games, and what touches their files for people, is not confined, "
            "since {lack}",
            lack=landlock.lack(),
        )
    if beneath.lack() is not None:
        log.warn("paths of files are resolved step by step, since {lack}", lack=beneath.lack())
    isUnheld = groups is None and options.serverUsers is None
    containment = Containment(groups, isUnheld and canHoldProcesses(hasUsers))
    users = None
    if options.serverUsers is not None:
        removed = Places(state.path).removed
        users = ServerUsers(
            options.serverUsers, store.serverUsers, threads.disk, time.time, removed
        )
    setup = HostSetup(
        state.path,
        childPath(ownPath()),
        options["server-user"],
        os.geteuid() == 0,
        isolation=isolated,
        users=users,
        containment=containment,
        sources=options.sources,
        adoptFrom=tuple(options.lists["adopt-from"]),
    )
    context = HostContext(reactor, threads, catalogue, journal, WorkerConfigs(reactor), setup)
    return Directory(context, store, options["on-exit"] == "stop")


def daemon(
    options: Options, state: StateDirectory, written: Log, reactor: IPanelReactor
) -> IService:
    """
    All services of the daemon. Nothing has started yet.

    @param written: where it logs.
    """
    pool = Pool(state.database)
    # In place of its own: what has to be stored is, also where the host allows no thread for it.
    pool.threadpool = VitalPool(1, 1)
    store = Store(pool)
    pools = Pools(reactor, reactor)
    threads = Threads(*map(pools.of, ("killing", "host", "disk", "games", "files", "deleting")))

    journal = Journal(reactor, store, time.time)
    hasUsers = options["server-user"] is not None or options.serverUsers is not None
    groups = obtainGroups(state.path, state.instance)
    directory = directoryOf(options, state, reactor, threads, store, journal, groups, hasUsers)
    boot = directory.context.boot
    root = os.path.join(state.path, "jobs")
    host = JobHost(reactor, threads, root, childPath(ownPath()), boot, time.time, groups)
    jobs = Jobs(host, store.jobs, journal.stored, options["jobs"])
    installs = Installs(directory, jobs, threads.disk, time.time)
    place = StorePlace(options["backups"], state.instance)
    backups = Backups(directory, jobs, store.backups, place)
    quiescer = Quiescer(reactor, time.time)
    backupJobs = BackupJobs(directory, jobs, backups, quiescer, time.time)
    jobs.prepare, installs.others = backupJobs.prepare, backupJobs.conclude
    versions = newestVersions(reactor, directory, journal, state.path, hasUsers)
    history = keepHistory(reactor, store, directory, journal, state.path)
    players = Players(reactor, directory, store.players, journal, time.time)
    queries = askGames(reactor, directory, players)

    def isAnythingOpen() -> bool:
        # Where servers are stopped nothing is meant to run on without us.
        return not directory.takesAlong and (jobs.workers.areRunning or directory.areRunning)

    guard = StandbyGuard(reactor, state.path, boot, isAnythingOpen)
    accounts = accountsOf(
        options, state, reactor, store, Passwords(pools.of("hashing")), directory.exists
    )
    workers = WorkerPool(reactor, Workplaces(directory).of)
    runs = Runs(reactor, time.time, jobs, store.schedules, journal.stored)
    clocks = partial(clocksNow, time.time, uptime)
    schedules = Schedules(reactor, clocks, directory, journal, store.schedules, runs)
    jobs.check = Beginning(directory, jobs, rightsOf(accounts, schedules), workers).check
    if accounts.needsToken:
        accounts.users.whenChanged(lambda _: schedules.disableOrphans())
    addresses = ClientAddresses(frozenset(options.lists["trusted-proxy"]), gamesOf(options))
    lines, audit = LogLines(), Audit(store.audit, time.time)
    journal.listen(lines.events)
    audit.listen(lines.entry)
    access = Access(accounts, audit, addresses)
    parts = Parts(
        state,
        access,
        directory,
        journal,
        jobs,
        installs,
        backups,
        backupJobs,
        schedules,
        versions,
        workers,
        history,
        players,
        queries,
        guard,
        pool,
        pools,
        Systemd(reactor),
    )
    resting = TimerService(idle.lookSeconds, idle.IdleLogs(directory.rings).look)
    resting.clock = reactor
    top = inOrder(options, written, reactor, parts)
    resting.setServiceParent(top)
    return top


def inOrder(options: Options, written: Log, reactor: IPanelReactor, parts: Parts) -> MultiService:
    """
    The services of the daemon, which start in the order in which they are added here, and stop in
    the reverse of it: its parts are there before anybody can ask, and until nobody can any more.
    """
    site = siteOf(options, reactor, parts)
    notify = notifier(os.environ)
    top = TopService(written.observer, partial(tellFailure, notify))
    announcement = Announcement(notify, reactor, parts.state.path)
    listeners = [Listener(description, reactor, site) for description in options.listen]
    readers = [listener.readCertificate for listener in listeners]
    readAnew = (announcement.reloading, written.reopen, *readers, announcement.reloaded)
    Signals(reactor, readAnew).setServiceParent(top)
    Daemon(parts).setServiceParent(top)
    for listener in listeners:
        listening = listener.service()
        listening.endpoint = AddressTelling(listening.endpoint, announcement.heard)
        listening.setServiceParent(top)
    if any(description.startswith("ssl:") for description in options.listen):
        watch = TimerService(DAY, tellExpiries, listeners)
        watch.clock = reactor
        watch.setServiceParent(top)
    announcement.setServiceParent(top)
    seconds = watchdogSeconds(os.environ, os.getpid())
    Watchdog(notify, reactor, seconds).setServiceParent(top)
    return top
