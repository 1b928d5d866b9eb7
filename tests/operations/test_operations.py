"""
What a person may do: for each operation who may, what is done then, and what is written down.
"""

from collections.abc import Callable, Collection
from types import SimpleNamespace
from typing import Any

from attrs import Factory, define
from msgspec.structs import replace
from twisted.internet.defer import Deferred, execute, fail, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.accounts.accounts import NoAccounts
from gamepanel.accounts.rights import Person, anonymous, everything
from gamepanel.base.errors import (
    AuthMode,
    BadRequest,
    Forbidden,
    InvalidCredentials,
    JobRunning,
    NoSpace,
    NoSuchJob,
    NoSuchServer,
    NoSuchUser,
    NotRunning,
    NotStopped,
    PanelError,
    StdinFull,
    TokenInvalid,
)
from gamepanel.operations.actor import Actor, Audit
from gamepanel.operations.beginning import Beginning
from gamepanel.operations.events import eventsFor
from gamepanel.operations.operations import Operations, operationsOn
from gamepanel.operations.readiness import Readiness, patienceSeconds
from gamepanel.store.jobs import JobRow
from gamepanel.store.users import UserRow
from gamepanel.wire.authentication import Login
from gamepanel.wire.jobs import OfJob, ReadJobs
from gamepanel.wire.management import CreateServer, Destroy
from gamepanel.wire.message import Done
from gamepanel.wire.people import CreateUser, OfUser, UpdateUser
from gamepanel.wire.server import Command, NewStatus, OfServer
from gamepanel.worker.files.messages import Answer
from tests.support import memoryStore


class Server:
    """A game server that notes what is done with it."""

    def __init__(self, id: str, done: list[Any]) -> None:
        self.id = id
        self.type = "t"
        self.creation = 7
        self.installed = None
        self.unusable: str | None = None
        self.status = SimpleNamespace(state="running")
        self.done = done
        self.error: Exception | None = None
        self.handedOver: Deferred[None] | None = None

    def _do(self, what: str, *about: object) -> None:
        if self.error is not None:
            raise self.error
        self.done.append((what, self.id, *about))

    def start(self, by: str) -> Deferred[None]:
        """See L{GameServer.start}."""
        self._do("start", by)
        return succeed(None)

    def stop(self, by: str) -> None:
        """See L{GameServer.stop}."""
        self._do("stop", by)
        self.status.state = "stopping"

    def restart(self, by: str) -> None:
        """See L{GameServer.restart}."""
        self._do("restart", by)

    def terminate(self, by: str) -> None:
        """See L{GameServer.terminate}."""
        self._do("terminate", by)
        self.status.state = "stopped"

    async def killEverything(self, by: str) -> None:
        """See L{GameServer.killEverything}."""
        self._do("kill", by)
        self.status.state = "stopped"

    def command(self, line: str) -> Deferred[None]:
        """See L{GameServer.command}."""
        return execute(self._do, "command", line).addCallback(lambda _: self.handedOver)


class Directory:
    """A directory of one server."""

    def __init__(self, done: list[Any]) -> None:
        self.done = done
        self.server = Server("a", done)
        options = {
            "eula": SimpleNamespace(name="eula", accept="https://example.org/eula"),
            "port": SimpleNamespace(name="port", accept=None),
        }
        definition = SimpleNamespace(options=tuple(options.values()), optionsByName=options)
        self.catalogue = SimpleNamespace(find=lambda type: definition)
        self.removed = False
        self.creation = self

    def find(self, id: str) -> Any:
        """See L{gamepanel.servers.directory.Directory.find}."""
        if id != "a":
            raise NoSuchServer()
        return self.server

    def all(self) -> list[Any]:
        """See L{gamepanel.servers.directory.Directory.all}."""
        return [self.server]

    def ofCreation(self, creation: int | None) -> Any:
        """See L{gamepanel.servers.registry.Registry.ofCreation}."""
        return self.server if creation == self.server.creation else None

    async def lookAgain(self, server: Any) -> None:
        """See L{gamepanel.servers.directory.Directory.lookAgain}."""
        self.done.append(("look", server.id))

    async def change(self, server: Any, changes: Any, maySee: Any, *by: Any) -> None:
        """See L{gamepanel.servers.creation.Creation.change}."""
        self.done.append(("change", server.id, dict(changes), maySee("a")))

    async def create(self, *given: Any) -> Any:
        """See L{gamepanel.servers.creation.Creation.create}."""
        if self.removed:
            raise NoSuchUser()
        self.done.append(("create", *given[:-2]))
        return self.server, None

    async def destroy(self, server: Any, deleteFiles: bool, by: str, forgotten: Any) -> Any:
        """See L{gamepanel.servers.creation.Creation.destroy}."""
        forgotten(server.id)
        self.done.append(("destroy", server.id, by))
        return "job" if deleteFiles else None

    def creations(self, isMeant: Callable[[str], bool]) -> list[int]:
        """See L{gamepanel.servers.directory.Directory.creations}."""
        return [7] if isMeant("a") else []


class Jobs:
    """Jobs, of which one is an installation of the server, and one its owner's deletion."""

    def __init__(self, done: list[Any]) -> None:
        self.done = done
        self.running: Any = None
        self.rows = {
            1: SimpleNamespace(job=1, server="a", creation=7, kind="install", by="root"),
            2: SimpleNamespace(job=2, server="gone", creation=5, kind="delete", by="ann"),
        }

    def jobOf(self, creation: int) -> Any:
        """See L{gamepanel.jobs.queue.Jobs.jobOf}."""
        return self.running

    def all(self) -> list[Any]:
        """See L{gamepanel.jobs.queue.Jobs.all}."""
        return []

    def added(self, row: Any) -> None:
        """See L{gamepanel.jobs.queue.Jobs.added}."""
        self.done.append(("added", row))

    async def find(self, job: int) -> Any:
        """See L{gamepanel.jobs.queue.Jobs.find}."""
        if job not in self.rows:
            raise NoSuchJob()
        return self.rows[job]

    async def read(self, creations: Any, *about: object) -> list[Any]:
        """See L{gamepanel.jobs.queue.Jobs.read}."""
        self.done.append(("read", creations, *about))
        return []

    async def cancel(self, job: int) -> None:
        """See L{gamepanel.jobs.queue.Jobs.cancel}."""
        self.done.append(("cancel", job))


class Accounts(NoAccounts):
    """Accounts with one user, and a password that is wrong."""

    def __init__(self, done: list[Any]) -> None:
        super().__init__()
        self.done = done

    def isUser(self, name: str) -> bool:
        """See L{gamepanel.accounts.accounts.Accounts}."""
        return name == "ann"

    def admit(self, address: str) -> None:
        """See L{gamepanel.accounts.accounts.Accounts}."""
        self.done.append(("admit", address))

    async def login(self, username: str, password: str, *about: object) -> tuple[str, float]:
        """See L{gamepanel.accounts.accounts.Accounts}."""
        if password != "right":
            raise InvalidCredentials()
        return "token", 1.0

    async def owner(self, person: Person) -> str | None:
        """See L{gamepanel.accounts.accounts.Accounts}."""
        return person.username

    def created(self, owner: str | None, server: str) -> None:
        """See L{gamepanel.accounts.accounts.Accounts}."""
        self.done.append(("created", owner, server))

    def destroyed(self, server: str) -> None:
        """See L{gamepanel.accounts.accounts.Accounts}."""
        self.done.append(("destroyed", server))


class Users:
    """Users that note what is done with them."""

    def __init__(self, done: list[Any]) -> None:
        self.done = done

    def find(self, name: str) -> UserRow:
        """See L{gamepanel.accounts.users.Users.find}."""
        return UserRow(name, None, external=name == "far")

    def all(self) -> list[UserRow]:
        """See L{gamepanel.accounts.users.Users.all}."""
        return [self.find("ann")]

    async def create(self, row: UserRow, password: str | None) -> UserRow:
        """See L{gamepanel.accounts.users.Users.create}."""
        self.done.append(("create", row.name, dict(row.rights), password))
        return row

    async def update(self, name: str, **given: Any) -> UserRow:
        """See L{gamepanel.accounts.users.Users.update}."""
        self.done.append(("update", name, {k: v for k, v in given.items() if v is not None}))
        return self.find(name)

    async def delete(self, name: str) -> None:
        """See L{gamepanel.accounts.users.Users.delete}."""
        self.done.append(("delete", name))


class UserAccounts(Accounts):
    """Accounts of some users."""

    @property
    def users(self) -> Any:
        """See L{gamepanel.accounts.accounts.Accounts}."""
        return Users(self.done)


@define
class Workers:
    """
    File workers that note what they are asked, and of whom.

    @ivar answers: what they answer, or what makes that of the request, by its class.
    """

    done: list[Any]
    answers: dict[type, Any] = Factory(dict)

    def ask(self, server: Any, request: Any) -> Deferred[Any]:
        """See L{FileWorkers}."""
        self.done.append(request)
        answer = self.answers.get(type(request), Answer())
        if callable(answer):
            answer = answer(request)
        return fail(answer) if isinstance(answer, Exception) else succeed(answer)

    def end(self, creation: int) -> None:
        """See L{FileWorkers}."""
        self.done.append(("end", creation))

    def tidy(self, server: Any) -> None:
        """See L{FileWorkers}."""
        self.done.append(("tidy", server.id))

    def onEnd(self, creation: int, close: Callable[[PanelError], object]) -> Callable[[], None]:
        """See L{FileWorkers}."""
        raise NotImplementedError


@define
class Backups:
    """Backups that note what is done with them."""

    done: list[Any]


def meant(server: str = "a") -> OfServer:
    """A request about a server."""
    return OfServer(server=server)


def saying(command: str, server: str = "a") -> Command:
    """A request to send a line."""
    return Command(server=server, command=command)


class OperationTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.done: list[Any] = []
        self.directory, self.jobs = Directory(self.done), Jobs(self.done)
        store, _ = memoryStore()
        self.audit = Audit(store.audit, lambda: 1.0)
        self.read = 0
        self.workers = Workers(self.done)
        self.operations = self.with_(Accounts(self.done))

    def with_(self, accounts: Any) -> Operations:
        """All operations, with these accounts."""
        directory: Any = self.directory
        jobs: Any = self.jobs
        backups: Any = Backups(self.done)
        schedules: Any = None
        return operationsOn(directory, jobs, accounts, self.audit, self.workers, backups, schedules)

    def actor(self, *rights: str, admin: bool = False, create: bool = False) -> Actor:
        """Somebody with these rights on the server."""
        servers = {"a": frozenset(rights)} if rights else {}
        return Actor(Person("ann", admin, create, servers), "192.0.2.1", self.audit)

    def outcome(self, act: Callable[..., Any], *given: Any) -> Any:
        """What an operation returns, or the class of what it raises, now or in its coroutine."""
        try:
            result = act(*given)
        except Exception as error:
            return type(error)
        if not hasattr(result, "send"):
            return result
        found: list[Any] = []
        work = Deferred.fromCoroutine(result)
        work.addCallbacks(found.append, lambda failure: found.append(failure.type))
        return found[0]

    def written(self) -> list[tuple[Any, ...]]:
        """What has been written down since the last time: action, server, target, result."""
        rows: Collection[Any] = self.successResultOf(
            Deferred.fromCoroutine(self.audit.read(None, 500))
        )
        new = sorted((row for row in rows if row.id > self.read), key=lambda row: row.id)
        self.read = max((row.id for row in rows), default=0)
        for row in new:
            self.assertEqual((row.address, row.at), ("192.0.2.1", 1.0))
        return [(row.action, row.server, row.target, row.result) for row in new]

    def taken(self) -> list[Any]:
        """What has been done since the last time."""
        done = self.done[:]
        self.done.clear()
        return done

    def test_rightsOnServers(self) -> None:
        """
        What is done with a server wants its own right; without it nothing is done, and whoever
        may not even see the server learns nothing. Each try is written down.
        """
        of = self.operations
        table: dict[str, tuple[str, Callable[[Actor, str], Any]]] = {
            "server_start": ("power", lambda actor, id: of.power.start(actor, meant(id))),
            "server_stop": ("power", lambda actor, id: of.power.stop(actor, meant(id))),
            "server_restart": ("power", lambda actor, id: of.power.restart(actor, meant(id))),
            "server_kill": ("power", lambda actor, id: of.power.terminate(actor, meant(id))),
            "server_force_kill": ("power", lambda actor, id: of.power.kill(actor, meant(id))),
            "server_cmd": (
                "command",
                lambda actor, id: of.console.send(actor, saying("say hi", id)),
            ),
            "server_settings": (
                "settings",
                lambda actor, id: of.settings.change(actor, id, {"port": 1}),
            ),
            "server_destroy": (
                "destroy",
                lambda actor, id: of.creation.destroy(actor, Destroy(server=id)),
            ),
        }
        for action, (right, act) in table.items():
            others = everything - {right}
            # What was typed is written down, too.
            typed = "say hi" if action == "server_cmd" else None
            for actor, error in (
                (self.actor(), NoSuchServer),
                (self.actor(*others), Forbidden),
            ):
                self.assertIs(self.outcome(act, actor, "a"), error)
                self.assertEqual(self.taken(), [], action)
                self.assertEqual(self.written(), [(action, "a", typed, error.code)])
            self.assertIs(self.outcome(act, self.actor(admin=True), "b"), NoSuchServer)
            self.assertEqual(self.written(), [(action, "b", typed, "no_such_server")])
            self.outcome(act, self.actor("view", right), "a")
            self.assertTrue(self.taken(), action)
            self.assertEqual(self.written(), [(action, "a", typed, "ok")])

    def test_update(self) -> None:
        """To install a server anew wants the right to change its settings."""
        act = self.operations.installing.update
        for actor, error in (
            (self.actor(), NoSuchServer),
            (self.actor("view", "power"), Forbidden),
        ):
            self.assertIs(self.outcome(act, actor, meant()), error)
            self.assertEqual(self.written(), [("server_update", "a", None, error.code)])
        self.assertEqual(self.taken(), [])

    def test_power(self) -> None:
        """A server is told to do it and by whom; its state is answered."""
        power, actor, server = self.operations.power, self.actor("power"), self.directory.server
        for act, name, before, after in (
            (power.start, "start", "stopped", "starting"),
            (power.stop, "stop", "running", "stopping"),
            (power.restart, "restart", "running", "running"),
            (power.terminate, "terminate", "waiting", "stopped"),
            (power.kill, "kill", "running", "stopping"),
            (power.kill, "kill", "waiting", "stopped"),
        ):
            server.status.state = before
            self.assertEqual(self.outcome(act, actor, meant()), NewStatus(status=after))
            self.assertEqual(self.taken(), [(name, "a", "ann")])

    def test_lookAgain(self) -> None:
        """A server whose files could not be used is looked at again before it is told."""
        self.directory.server.unusable = "why"
        self.outcome(self.operations.power.start, self.actor("power"), meant())
        self.assertEqual(self.taken(), [("look", "a"), ("start", "a", "ann")])

    def test_jobsWantRest(self) -> None:
        """While a job needs a server at rest, it is not started; other jobs do not keep it."""
        power, actor = self.operations.power, self.actor("power")
        for kind, expected in (("install", JobRunning), ("backup", NewStatus(status="starting"))):
            self.jobs.running = SimpleNamespace(job=1, kind=kind)
            self.assertEqual(self.outcome(power.start, actor, meant()), expected)
        self.assertEqual([row[3] for row in self.written()], ["job_running", "ok"])

    def test_bugs(self) -> None:
        """What ends in a bug is written down as that, what the server refuses by its code."""
        for error, code in ((NotRunning(), "not_running"), (ZeroDivisionError(), "internal_error")):
            self.directory.server.error = error
            found = self.outcome(self.operations.power.stop, self.actor("power"), meant())
            self.assertIs(found, type(error))
            self.assertEqual(self.written(), [("server_stop", "a", None, code)])

    def test_longLines(self) -> None:
        """A line is as long as the game's stdin takes at once, in bytes."""
        send, actor = self.operations.console.send, self.actor("command")
        self.assertEqual(self.outcome(send, actor, saying("é" * 2047 + "x")), Done())
        self.assertIs(self.outcome(send, actor, saying("é" * 2048)), BadRequest)
        self.assertEqual([what for what, *_ in self.taken()], ["command"])
        self.assertEqual([row[3] for row in self.written()], ["ok", "bad_request"])

    def test_commandTakesTime(self) -> None:
        """A command has been carried out, or refused, when the game has it, or will not get it."""
        for error, result in ((None, "ok"), (StdinFull(), "stdin_full")):
            handed: Deferred[None] = Deferred()
            self.directory.server.handedOver = handed
            sent = Deferred.fromCoroutine(
                self.operations.console.send(self.actor("command"), saying("say hi"))
            )
            self.assertNoResult(sent)
            self.assertEqual(self.written(), [])
            if error is None:
                handed.callback(None)
                self.successResultOf(sent)
            else:
                handed.errback(error)
                self.failureResultOf(sent, StdinFull)
            self.assertEqual(self.written(), [("server_cmd", "a", "say hi", result)])

    def test_givenUp(self) -> None:
        """A command that nobody waits for any more has been neither carried out nor refused."""
        self.directory.server.handedOver = Deferred()
        sent: Any = self.operations.console.send(self.actor("command"), saying("say hi"))
        sent.send(None)
        sent.close()
        self.assertEqual(self.written(), [])

    def test_settings(self) -> None:
        """Settings are changed by one who may; terms accepted so are written down first."""
        settings = self.operations.settings
        server = self.outcome(settings.change, self.actor("settings"), "a", {"eula": True})
        self.assertIs(server, self.directory.server)
        self.assertEqual(self.taken(), [("change", "a", {"eula": True}, True)])
        self.assertEqual(
            self.written(),
            [
                ("terms_accept", "a", "https://example.org/eula", "ok"),
                ("server_settings", "a", None, "ok"),
            ],
        )
        self.assertIs(self.outcome(settings.find, self.actor("view").person, "a"), Forbidden)
        self.assertEqual(self.written(), [])

    def test_creation(self) -> None:
        """Whoever may create becomes the owner; the terms of the type are accepted with it."""
        create = self.operations.creation.create
        given = CreateServer(server="a", type="t", description="about", options={"port": 1})
        self.assertIs(self.outcome(create, self.actor(), given), Forbidden)
        self.assertEqual(self.taken(), [])
        self.assertEqual(self.written(), [("server_create", "a", None, "forbidden")])
        self.outcome(create, self.actor(create=True), given)
        made = ("create", "t", "a", "about", {"port": 1}, "ann", everything, "ann")
        self.assertEqual(self.taken(), [made, ("created", "ann", "a")])
        self.assertEqual([row[0] for row in self.written()], ["terms_accept", "server_create"])

    def test_creatorIsGone(self) -> None:
        """The token of somebody who was removed meanwhile is good no more."""
        self.directory.removed = True
        create, actor = self.operations.creation.create, self.actor(create=True)
        given = CreateServer(server="a", type="t")
        self.assertIs(self.outcome(create, actor, given), TokenInvalid)
        self.assertEqual(self.taken(), [])
        self.assertEqual(self.written(), [("server_create", "a", None, "token_invalid")])

    def test_destroy(self) -> None:
        """With a server all rights on it go; a job deletes its files, where that is wanted."""
        destroy, actor = self.operations.creation.destroy, self.actor("destroy")
        for deleteFiles, added in ((False, []), (True, [("added", "job")])):
            self.outcome(destroy, actor, Destroy(server="a", deleteFiles=deleteFiles))
            self.assertEqual(self.taken(), [("destroyed", "a"), ("destroy", "a", "ann"), *added])

    def test_seeingJobs(self) -> None:
        """
        Jobs of servers that a person sees are theirs to see, and deletions that they asked for;
        an admin sees all.
        """
        find = self.operations.jobs.find
        for actor, seen in (
            (self.actor(), [NoSuchJob, 2, NoSuchJob]),
            (self.actor("view"), [1, 2, NoSuchJob]),
            (self.actor(admin=True), [1, 2, NoSuchJob]),
        ):
            found = [self.outcome(find, actor.person, job) for job in (1, 2, 3)]
            self.assertEqual([getattr(row, "job", row) for row in found], seen)
        self.jobs.rows[2].by = "bob"
        self.assertIs(self.outcome(find, self.actor("view").person, 2), NoSuchJob)
        for actor, creations in ((self.actor("view"), [7]), (self.actor(admin=True), None)):
            wanted = ReadJobs(server="a", limit=5)
            self.outcome(self.operations.jobs.read, actor.person, wanted)
            self.assertEqual(self.taken(), [("read", creations, "ann", "a", None, 5)])
        self.assertEqual(self.written(), [])

    def test_seeingEvents(self) -> None:
        """Events of servers that a person sees are theirs to see; an admin sees all."""
        directory: Any = self.directory
        for actor, of, expected in (
            (self.actor(), None, []),
            (self.actor("power"), None, [7]),
            (self.actor(admin=True), None, None),
            (self.actor(), "a", NoSuchServer),
            (self.actor("power"), "a", [7]),
            (self.actor(admin=True), "b", NoSuchServer),
        ):
            found = self.outcome(eventsFor, actor.person, directory, of, ["started"])
            self.assertEqual(getattr(found, "creations", found), expected)
            self.assertEqual(getattr(found, "kinds", ["started"]), ["started"])

    def test_beginning(self) -> None:
        """A job that has waited does nothing with another server that has got an id by then."""
        directory: Any = self.directory
        jobs: Any = self.jobs
        begin = Beginning(*(directory, jobs, Accounts([]).rightsOf, self.workers)).check
        self.directory.server.status.state = "stopped"
        row = JobRow(3, "a", 7, "install", "queued", "bytes", "ann", 0.0, {"source": 7})
        self.assertEqual(begin(row).task["source"], 7)
        # What touches its files for people would go on with the directory that there was.
        self.assertIn(("end", 7), self.taken())
        for changes in ({"creation": 6}, {"task": {"source": 6}}):
            error = self.assertRaises(NoSuchServer, begin, replace(row, **changes))
            self.assertIn("is gone", error.detail)
        self.directory.server.status.state = "running"
        self.assertRaises(NotStopped, begin, row)

    def test_cancelling(self) -> None:
        """
        Who may start a job may cancel it; a deletion is cancelled by whoever may see it. It is
        written down whose job it was.
        """
        cancel = self.operations.jobs.cancel
        self.jobs.rows[3] = SimpleNamespace(job=3, server="a", creation=7, kind="retype", by="root")
        self.jobs.rows[4] = SimpleNamespace(job=4, server="a", creation=7, kind="pack", by="root")
        for actor, job, server, expected, code in (
            (self.actor(), 1, None, NoSuchJob, "no_such_job"),
            (self.actor("view", "power"), 1, "a", Forbidden, "forbidden"),
            (self.actor("settings"), 1, "a", None, "ok"),
            (self.actor(), 2, "gone", None, "ok"),
            (self.actor("settings"), 3, "a", Forbidden, "forbidden"),
            (self.actor("settings", create=True), 3, "a", None, "ok"),
            (self.actor("settings"), 4, "a", Forbidden, "forbidden"),
            (self.actor("files"), 4, "a", None, "ok"),
        ):
            found = self.outcome(cancel, actor, OfJob(job=job))
            self.assertEqual(found, expected or Done())
            self.assertEqual(self.taken(), [("cancel", job)] * (code == "ok"))
            self.assertEqual(self.written(), [("job_cancel", server, str(job), code)])

    def test_people(self) -> None:
        """Users are an admin's business; each try is written down with the user's name."""
        people = self.with_(UserAccounts(self.done)).people
        rights: Any = {"a": ["power"], "b": []}
        made = CreateUser(username="new", password="password", servers=rights)
        changed = UpdateUser(username="new", servers=rights)
        table: dict[str, Callable[[Actor], Any]] = {
            "user_create": lambda actor: people.create(actor, made),
            "user_update": lambda actor: people.update(actor, changed),
            "user_delete": lambda actor: people.delete(actor, OfUser(username="new")),
        }
        kept = {"a": frozenset({"view", "power"}), "b": frozenset()}
        expected: dict[str, Any] = {
            "user_create": ("create", "new", kept, "password"),
            "user_update": ("update", "new", {"rights": kept}),
            "user_delete": ("delete", "new"),
        }
        for action, act in table.items():
            self.assertIs(self.outcome(act, self.actor(*everything)), Forbidden)
            self.assertEqual(self.taken(), [])
            self.outcome(act, self.actor(admin=True))
            self.assertEqual(self.taken(), [expected[action]])
            codes = [(action, None, "new", code) for code in ("forbidden", "ok")]
            self.assertEqual(self.written(), codes)
        for look in (people.all, lambda person: people.audit(person, None, 5)):
            self.assertIs(self.outcome(look, self.actor().person), Forbidden)
            self.assertIsInstance(self.outcome(look, anonymous), list)

    def test_passwordsOfOthers(self) -> None:
        """A user of this daemon has a password, one from elsewhere has none."""
        people, admin = self.with_(UserAccounts(self.done)).people, self.actor(admin=True)
        both = CreateUser(username="new", password="password", external=True)
        for act in (
            lambda: people.create(admin, CreateUser(username="new")),
            lambda: people.create(admin, both),
            lambda: people.update(admin, UpdateUser(username="far", password="password")),
        ):
            self.assertIs(self.outcome(act), BadRequest)
        self.assertEqual(self.taken(), [])
        self.assertEqual([row[3] for row in self.written()], ["bad_request"] * 3)

    def test_noUsers(self) -> None:
        """Where there are no accounts, there are no users, no passwords and no sessions."""
        of, actor = self.operations, self.actor(admin=True)
        for act in (
            lambda: of.people.delete(actor, OfUser(username="new")),
            lambda: of.sessions.logout(actor, None),
            lambda: of.sessions.changePassword(actor, None, "old", "new", "192.0.2.1"),
        ):
            self.assertIs(self.outcome(act), AuthMode)
        self.assertEqual(
            self.written(),
            [
                ("user_delete", None, "new", "auth_mode"),
                ("logout", None, None, "auth_mode"),
                ("password_change", None, None, "auth_mode"),
            ],
        )

    def test_logins(self) -> None:
        """
        Logins are written down, the failed ones apart; a name that nobody has is not, since it
        may be a password.
        """
        login = self.operations.sessions.login
        for name, password, expected in (
            ("ann", "right", ("token", 1.0)),
            ("ann", "wrong", InvalidCredentials),
            ("hunter2", "wrong", InvalidCredentials),
        ):
            given = Login(username=name, password=password, token="", proofOfWork=[])
            found = self.outcome(login, given, "192.0.2.1", "192.0.2.0")
            self.assertEqual(found, expected)
            self.assertEqual(self.taken(), [("admit", "192.0.2.0")])
        rows = self.successResultOf(Deferred.fromCoroutine(self.audit.read(None, 500)))
        self.assertEqual(
            [(row.username, row.action, row.result) for row in reversed(rows)],
            [
                ("ann", "login", "ok"),
                ("ann", "login", "invalid_credentials"),
                (None, "login", "invalid_credentials"),
            ],
        )


class ReadinessTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.looks: list[Deferred[None]] = []
        self.readiness = Readiness(self.clock, self.look, lambda: None)

    def look(self) -> Deferred[None]:
        """Write the database."""
        self.looks.append(Deferred())
        return self.looks[-1]

    def ask(self) -> Deferred[str | None]:
        """Whether it can do its work."""
        return Deferred.fromCoroutine(self.readiness.failure())

    def test_singleFlight(self) -> None:
        """All who ask at once share one look."""
        asked = [self.ask() for _ in range(3)]
        self.assertEqual(len(self.looks), 1)
        self.looks[0].callback(None)
        self.assertEqual([self.successResultOf(each) for each in asked], [None] * 3)

    def test_cached(self) -> None:
        """A good result is told again for 5 s, a bad one for 1 s."""
        for seconds, failure in ((5.0, None), (1.0, NoSpace())):
            asked = self.ask()
            look = self.looks.pop()
            look.callback(None) if failure is None else look.errback(failure)
            told = None if failure is None else failure.detail
            for _ in range(2):
                self.assertEqual(self.successResultOf(asked), told)
                self.clock.advance(seconds / 2 - 0.1)
                asked = self.ask()
            self.assertEqual((self.successResultOf(asked), self.looks), (told, []))
            self.clock.advance(0.2)
        # It is looked at again.
        asked = self.ask()
        self.looks.pop().callback(None)
        self.assertIsNone(self.successResultOf(asked))

    def test_stuck(self) -> None:
        """A database that does not answer is told of."""
        asked = self.ask()
        self.clock.advance(patienceSeconds)
        self.assertEqual(self.successResultOf(asked), "The database does not answer.")
