"""The whole API in memory, without a daemon."""

import os
import tempfile
import time
from functools import cache, partial
from typing import Any, Final

from attrs import Factory, define
from treq.testing import StubTreq
from twisted.internet import reactor as installed
from twisted.internet.defer import execute
from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure

from gamepanel.accounts.logins import Logins
from gamepanel.accounts.passwords import Passwords, hashNow
from gamepanel.accounts.users import Users
from gamepanel.backups.making import BackupJobs
from gamepanel.backups.quiescing import Quiescer
from gamepanel.backups.service import Backups, StorePlace
from gamepanel.base.threads import alike
from gamepanel.events.journal import Journal
from gamepanel.games.catalogue import Catalogue, shippedTypes
from gamepanel.host.history import History
from gamepanel.host.system import Host
from gamepanel.jobs.process import JobHost
from gamepanel.jobs.queue import Jobs
from gamepanel.operations.actor import Audit
from gamepanel.operations.files import Workplaces
from gamepanel.operations.versions import newestVersions
from gamepanel.players.service import Players
from gamepanel.process.launch import childPath
from gamepanel.process.proc import uptime
from gamepanel.schedules.running import Runs
from gamepanel.schedules.service import Schedules, clocksNow
from gamepanel.servers.directory import Directory
from gamepanel.servers.host import HostContext, HostSetup
from gamepanel.store.users import UserRow, addUser
from gamepanel.web.api.auth import About
from gamepanel.web.api.endpoint import Access
from gamepanel.web.http.transport import PanelSite
from gamepanel.web.root import api
from gamepanel.worker.files.processes import WorkerPool
from tests.support import ConfigsHere, atOnce, endServers, memoryStore, writeTypes

hashed: Final = cache(hashNow)
"""A hash is slow to make, as it must be: once for all tests."""


@define
class InMemoryPanel:
    """
    The whole API in memory, with a user C{admin} and servers that are real.

    @ivar tokens: all access tokens.
    """

    state: str = Factory(lambda: tempfile.mkdtemp(prefix="gamepanel-test-"))
    password: str = "a password of the admin's"
    directory: Any = None
    journal: Any = None
    jobs: Any = None
    players: Any = None
    users: Any = None
    logins: Any = None
    audit: Any = None
    workers: Any = None
    backups: Any = None
    backupJobs: Any = None
    schedules: Any = None
    root: Any = None
    stub: Any = None
    connection: Any = None

    def __attrs_post_init__(self) -> None:
        reactor: Any = installed
        writeTypes(self.state)
        store, self.connection = memoryStore()
        addUser(self.connection, UserRow("admin", hashed(self.password), admin=True))
        catalogue = Catalogue((shippedTypes(), os.path.join(self.state, "types")))
        path = childPath(os.environ["PATH"])
        self.journal = Journal(reactor, store, time.time)
        setup = HostSetup(self.state, path)
        context = HostContext(reactor, alike(atOnce), catalogue, self.journal, ConfigsHere(), setup)
        self.directory = Directory(context, store)
        self.players = Players(reactor, self.directory, store.players, self.journal, time.time)
        self.directory.load([])
        root, boot = os.path.join(self.state, "jobs"), self.directory.context.boot
        host = JobHost(reactor, alike(atOnce), root, path, boot, time.time)
        self.jobs = Jobs(host, store.jobs, self.journal.stored)
        hashing = Passwords(atOnce)
        self.users = Users(store.users, hashing, self.state, False, self.directory.exists)
        self.logins = Logins(reactor, store.users, self.users, hashing, uptime, lambda: 1e9)
        self.logins.load(self.connection)
        self.audit = Audit(store.audit, lambda: 1e9)
        access = Access(self.logins, self.audit)
        machine = Host(self.state)
        history = History(
            *(reactor, store.samples, time.time, lambda: execute(lambda: None), lambda: ()),
            machine.look,
        )
        self.workers = WorkerPool(reactor, Workplaces(self.directory).of)
        backupPlace = StorePlace(os.path.join(self.state, "backups"), "instance")
        self.backups = Backups(self.directory, self.jobs, store.backups, backupPlace)
        quiescer = Quiescer(reactor, time.time)
        self.backupJobs = BackupJobs(self.directory, self.jobs, self.backups, quiescer, time.time)
        self.jobs.prepare = self.backupJobs.prepare
        runs = Runs(reactor, time.time, self.jobs, store.schedules, self.journal.stored)
        clocks = partial(clocksNow, time.time, uptime)
        self.schedules = Schedules(
            reactor, clocks, self.directory, self.journal, store.schedules, runs
        )
        self.root = api(
            reactor,
            self.directory,
            access,
            self.journal,
            self.jobs,
            newestVersions(reactor, self.directory, self.journal, "/nowhere", False),
            history,
            self.players,
            machine,
            About(),
            self.workers,
            self.backups,
            self.schedules,
        )
        self.users.whenChanged(lambda _: self.schedules.disableOrphans())
        self.schedules.begin()

    def http(self) -> Any:
        """What asks it, as treq would ask a daemon; C{flush} moves what both have written."""
        self.stub = StubTreq(self.root)
        self.stub._agent._serverFactory = PanelSite(self.root, installed)
        return self.stub

    def token(self, user: str = "admin") -> str:
        """A new access token."""
        token: str = self.logins._accessTokens.issue(user)[0]
        return token

    async def end(self) -> None:
        """End all that runs."""
        self.schedules.end()
        self.workers.close()
        self.backupJobs.leave()
        self.jobs.leave()
        for pump in () if self.stub is None else self.stub._agent._pumps:
            if not pump.serverIO.disconnected:
                pump.server.connectionLost(Failure(ConnectionLost()))
        await self.directory.leave()
        self.players.end()
        await self.journal.end()
        await self.logins.flush()
        endServers(self.state)
