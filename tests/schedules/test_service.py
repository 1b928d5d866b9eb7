"""Tests of when schedules begin, on a clock of the test's, with a server that does nothing."""

from collections.abc import Callable
from typing import Any

from attrs import Factory, define
from msgspec.structs import replace
from twisted.internet.defer import Deferred, fail
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.base.errors import Forbidden, JobRunning, NoSpace, SourceUnavailable, TooMany
from gamepanel.base.hub import Hub
from gamepanel.schedules.due import Clocks
from gamepanel.schedules.running import Runs, Schedule
from gamepanel.schedules.runs import Run
from gamepanel.schedules.service import Schedules
from gamepanel.schedules.values import Plan
from gamepanel.servers.events import StatusChanged
from gamepanel.servers.state import Running, Starting, Stopped, Waiting
from gamepanel.store.events import EventRow
from gamepanel.store.schedules import loadRuns, loadSchedules
from gamepanel.wire.schedules import Step, When
from tests.support import memoryStore

midnight = 1_800_057_600.0
"""Midnight of a day, UTC."""


@define
class GameRun:
    """What is known of a run of the game."""

    startedAt: float
    silentSince: float | None = None
    ready: str | None = None
    readyWithin: float = 3.0
    startedUptime: float = 0.0


@define(eq=False)
class Server:
    """What schedules know of a server."""

    id: str = "a"
    creation: int = 1
    status: Any = Factory(Running)
    shim: int | None = 5
    run: Any = None
    players: Any = None
    endedAt: float | None = None
    happens: Hub[Any] = Factory(Hub)
    patterns: Any = None
    found: Any = None

    @property
    def basics(self) -> "Server":
        """Have a kernel."""
        return self

    @property
    def kernel(self) -> "Server":
        """Knows the time."""
        return self

    def uptime(self) -> float:
        """Seconds since the host started."""
        return 5.0

    @property
    def search(self) -> "Server":
        """Takes patterns."""
        return self

    def watch(self, patterns: Any, found: Callable[[int, str], None]) -> None:
        """Lines are not searched."""
        self.patterns, self.found = patterns, found


@define(eq=False)
class Hands:
    """Writes down what is done."""

    done: list[Any] = Factory(list)
    refuses: Exception | None = None
    lack: str = ""
    gone: bool = False
    outdated: bool | Exception = False
    backedUp: float = 0.0
    late: Deferred[None] | None = None
    asked: list[Deferred[bool]] | None = None

    async def do(self, run: Run, schedule: Schedule, step: Step) -> int | None:
        """Done at once, or refused."""
        if self.refuses is not None:
            raise self.refuses
        if self.late is not None:
            await self.late
        self.done.append((schedule.number, step.command or step.power))
        return None

    def lacks(self, schedule: Schedule) -> str:
        """What is said of lost rights."""
        return self.lack

    def isGone(self, account: int) -> bool:
        """Whether accounts are gone."""
        return self.gone

    async def isOutdated(self, server: Any) -> bool:
        """Whether it is, or an error."""
        if self.asked is not None:
            self.asked.append(Deferred())
            return await self.asked[-1]
        if isinstance(self.outdated, Exception):
            raise self.outdated
        return self.outdated

    def backedUpAt(self, server: Any) -> float:
        """When that was."""
        return self.backedUp


class Journal:
    """Tells events."""

    def __init__(self) -> None:
        self.hub: Hub[Any] = Hub()
        self.listen = self.hub.listen
        self.told: list[Any] = []

    def stored(self, rows: Any) -> None:
        """Events of runs."""
        self.told += [(row.kind, row.data["schedule"], row.data["error"]) for row in rows]


class Directory:
    """Some servers."""

    def __init__(self, *servers: Server) -> None:
        self.servers = {server.creation: server for server in servers}
        self.ofCreation = self.servers.get
        self.removed: Hub[Any] = Hub()


class Jobs:
    """There are none."""

    def __init__(self) -> None:
        self.changed: Hub[Any] = Hub()


class ServiceTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.store, self.connection = memoryStore()
        self.clock, self.ahead = Clock(), midnight
        self.server, self.hands, self.journal = Server(), Hands(), Journal()
        self.directory: Any = Directory(self.server)
        self.service = self.begun()
        self.addCleanup(lambda: self.assertEqual(list(self.left()), []))

    def left(self) -> Any:
        """Timers that are left when all has ended."""
        self.service.end()
        return self.clock.getDelayedCalls()

    def begun(self) -> Schedules:
        """A service that goes on with what is stored."""
        clock, jobs, tables = self.clock, Jobs(), self.store.schedules
        now = lambda: self.ahead + clock.seconds()  # noqa: E731
        made: Any = jobs
        runs = Runs(clock, now, made, tables, self.journal.stored)
        runs.hands = self.hands
        journal: Any = self.journal
        clocks = lambda: Clocks(now(), clock.seconds())  # noqa: E731
        service = Schedules(clock, clocks, self.directory, journal, tables, runs)
        service.load(loadSchedules(self.connection), loadRuns(self.connection))
        service.begin()
        return service

    def add(self, *steps: Step, **when: Any) -> Schedule:
        """A schedule, each minute if nothing else is said."""
        only = when.pop("only", "always")
        given = When(**(when or {"cron": "* * * * *", "timezone": "UTC"}))
        plan = Plan("x", given, steps or (Step(command="save"),), only)
        server: Any = self.server
        schedule: Schedule = self.now(self.service.add(server, plan, "ann", 1))
        return schedule

    def now(self, work: Any) -> Any:
        """What comes at once."""
        return self.successResultOf(Deferred.fromCoroutine(work))

    def results(self, schedule: Schedule) -> list[Any]:
        """What came of the runs, oldest first."""
        rows = self.now(self.service.read(schedule, None, 100))
        return [(row.result, row.detail) for row in reversed(rows)]

    def happens(self, kind: str, **data: Any) -> None:
        """Something has happened on the server."""
        self.journal.hub.tell([EventRow(1, self.ahead, "a", 1, kind, data)])

    def pump(self, seconds: int) -> None:
        """Let time go by, second by second."""
        for _ in range(seconds):
            self.clock.advance(1)

    def test_time(self) -> None:
        """It runs at each of its moments, and tells so."""
        schedule = self.add()
        self.assertEqual(schedule.row.nextAt, midnight + 60)
        self.pump(59)
        self.assertEqual(self.hands.done, [])
        self.pump(121)
        self.assertEqual(self.hands.done, [(1, "save")] * 3)
        self.assertEqual(self.journal.told, [("schedule_ran", 1, None)] * 3)
        self.assertEqual(schedule.row.last, {"at": midnight + 180, "result": "ok", "detail": ""})

    def test_manyAtOnce(self) -> None:
        """Fifty that are due at one moment all run, each once."""
        for _ in range(50):
            self.add()
        self.pump(60)
        self.assertEqual(self.hands.done, [(number, "save") for number in range(1, 51)])

    def test_clockSet(self) -> None:
        """What the clock is set past is skipped and says so; set back, nothing runs twice."""
        schedule = self.add(cron="0 * * * *", timezone="UTC")
        self.ahead += 2 * 3600
        self.pump(31)
        self.assertEqual(self.results(schedule)[0][0], "skipped")
        self.assertIn("set past", self.results(schedule)[0][1])
        self.assertEqual(self.hands.done, [])
        self.pump(3600)
        self.assertEqual(self.hands.done, [(1, "save")])
        self.ahead -= 3600
        self.pump(3500)
        self.assertEqual(self.hands.done, [(1, "save")])

    def test_away(self) -> None:
        """What was due while the daemon was away is done once within its limit, else skipped."""
        within = self.add(cron="0 1 * * *", timezone="UTC", within=7200)
        late = self.add(cron="0 1 * * *", timezone="UTC")
        self.service.end()
        self.clock.advance(2 * 3600)
        self.service = self.begun()
        self.assertEqual(self.hands.done, [(within.number, "save")])
        self.assertEqual(self.results(within), [("ok", "")])
        self.assertIn("the daemon was away", self.results(late)[0][1])

    def test_oneAtATime(self) -> None:
        """What is due while the last run goes on is skipped."""
        schedule = self.add(Step(wait=90))
        self.pump(160)
        found = [result for result, _ in self.results(schedule)]
        self.assertEqual(found, ["ok", "skipped"])

    def test_conditions(self) -> None:
        """What must hold, and does not or is not known, lets a run be skipped."""
        self.hands.outdated = SourceUnavailable()
        self.hands.backedUp = midnight
        self.server.status, self.server.shim = Stopped(), None
        for only in ("running", "empty", "outdated", "used"):
            schedule = self.add(only=only)
            self.pump(60)
            result, detail = self.results(schedule)[0]
            self.assertEqual(result, "skipped", only)
            self.assertTrue(detail)
            self.now(self.service.remove(schedule))
        self.assertEqual(self.hands.done, [])
        self.hands.outdated = True
        self.add(only=["stopped", "outdated"])
        self.pump(60)
        self.assertEqual(len(self.hands.done), 1)

    def test_rights(self) -> None:
        """Who has lost a right has it skipped; a step whose right is lost meanwhile fails."""
        self.hands.lack = "ann may not."
        schedule = self.add()
        self.pump(60)
        self.hands.lack, self.hands.refuses = "", Forbidden()
        self.pump(60)
        first, second = self.results(schedule)
        self.assertEqual(first, ("skipped", "ann may not."))
        self.assertEqual(second[0], "failed")
        self.assertEqual(self.journal.told[0][0], "schedule_failed")

    def test_accountGone(self) -> None:
        """The schedules of an account that is deleted are disabled."""
        schedule = self.add()
        self.hands.gone = True
        self.service.disableOrphans()
        self.pump(120)
        self.assertEqual((schedule.plan.enabled, self.hands.done), (False, []))
        assert schedule.row.last is not None
        self.assertIn("ann was deleted", schedule.row.last["detail"])

    def test_rates(self) -> None:
        """By events at most six times in a minute; what is beyond is told once."""
        schedule = self.add(event="ready")
        for _ in range(20):
            self.happens("ready", by="eve")
        self.assertEqual(len(self.hands.done), 6)
        self.assertEqual([result for result, _ in self.results(schedule)], ["ok"] * 6)
        assert schedule.row.last is not None
        self.assertEqual(schedule.row.last["result"], "skipped")
        self.pump(60)
        self.happens("ready")
        self.assertEqual(len(self.hands.done), 7)
        for _ in range(80):
            self.pump(20)
            self.happens("ready")
        self.assertLessEqual(sum(1 for _ in self.hands.done), 60 + 7)

    def test_ratesAfter(self) -> None:
        """The rates hold for what waits behind its event, too."""
        self.add(event="stopped", after=1)
        self.server.status = Stopped()
        for _ in range(30):
            self.happens("stopped")
            self.pump(1)
        self.assertEqual(len(self.hands.done), 6)

    def test_events(self) -> None:
        """Events of schedules set off none, nor do those of another kind, or without the word."""
        self.add(event="chat", pattern="(?i)^!backup$")
        for kind, data in (
            ("chat", {"text": "what is !backup", "name": "eve"}),
            ("chat", {"text": "!backup", "by": "schedule:4"}),
            ("player_joined", {"name": "!backup"}),
        ):
            self.happens(kind, **data)
        self.assertEqual(self.hands.done, [])
        self.happens("chat", text="!BACKUP", name="eve")
        self.assertEqual(len(self.hands.done), 1)

    def test_after(self) -> None:
        """One that waits behind its event runs only if that still holds, also by a next daemon."""
        schedule = self.add(event="stopped", after=300)
        self.server.status = Stopped()
        self.happens("stopped")
        self.pump(100)
        self.service.end()
        self.service = self.begun()
        self.pump(200)
        self.assertEqual(self.hands.done, [(1, "save")])
        self.happens("stopped")
        self.server.status = Running()
        self.pump(300)
        self.assertEqual(len(self.hands.done), 1)
        self.assertIn("not hold", self.results(schedule)[-1][1])

    def test_jobInTheWay(self) -> None:
        """A step that finds a job in its way is tried again for an hour, then it fails."""
        schedule = self.add(Step(backup=""), cron="1 0 * * *", timezone="UTC")
        self.hands.refuses = JobRunning()
        self.pump(3000)
        self.assertEqual(self.results(schedule), [(None, "")])
        self.pump(700)
        self.assertIn("in its way", self.results(schedule)[0][1])

    def test_ends(self) -> None:
        """A run ends where it is when its schedule is disabled or deleted, or its server goes."""
        steps = (Step(wait=600), Step(command="never", always=True))
        disabled, deleted, gone = (self.add(*steps, event="ready") for _ in range(3))
        self.happens("ready")
        plan = Plan("x", disabled.plan.when, steps, enabled=False)
        self.now(self.service.change(disabled, plan, "ann", 1))
        self.assertEqual(self.results(disabled), [("cancelled", "The schedule was disabled.")])
        self.now(self.service.remove(deleted))
        self.directory.removed.tell(self.server)
        self.pump(1000)
        self.assertEqual((self.hands.done, self.service.all()), ([], []))
        self.assertEqual((deleted.run, gone.run), (None, None))
        self.assertEqual(loadSchedules(self.connection), [])

    def test_startedAnew(self) -> None:
        """A start that an earlier daemon has left half done goes on; it has not failed."""
        self.server.status = Starting()
        schedule = self.add(Step(power="restart"), event="ready")
        self.server.run, self.server.shim = None, None
        self.happens("ready")
        self.service.end()
        self.server.status = Waiting(restartAt=5.0)
        self.service = self.begun()
        self.pump(3)
        self.server.run, self.server.shim = GameRun(7.0), 7
        self.server.status = Running()
        self.server.happens.tell(StatusChanged(Running()))
        self.assertEqual(self.results(schedule), [("ok", "")])

    def test_leftWhileActing(self) -> None:
        """A step that acts when the daemon ends is not broken off; the next daemon goes on."""
        self.hands.late = late = Deferred[None]()
        schedule = self.add(Step(command="late"), Step(command="then"), event="ready")
        self.happens("ready")
        self.service.end()
        late.callback(None)
        self.assertEqual(self.hands.done, [(1, "late")])
        self.hands.late = None
        self.service = self.begun()
        self.assertEqual(self.hands.done, [(1, "late"), (1, "then")])
        self.assertEqual(self.results(schedule), [("ok", "")])

    def test_patternRefused(self) -> None:
        """One whose pattern RE2 takes no more waits for nothing; all others go on."""
        for event in ("line", "chat"):
            self.add(event=event, pattern="(?=x)")
        other = self.add(event="chat")
        self.service.end()
        self.service = self.begun()
        self.happens("chat", name="ann", text="x")
        self.assertEqual(self.hands.done, [(other.number, "save")])

    def test_disabledMeanwhile(self) -> None:
        """One that is disabled or removed while its conditions are looked at does not run."""
        asked: list[Deferred[bool]] = []
        self.hands.asked = asked
        disabled, removed = (self.add(event="ready", only="outdated") for _ in range(2))
        self.happens("ready")
        plan = Plan("x", disabled.plan.when, disabled.plan.steps, enabled=False)
        self.now(self.service.change(disabled, plan, "ann", 1))
        self.now(self.service.remove(removed))
        for answer in asked:
            answer.callback(True)
        self.assertEqual((len(asked), self.hands.done), (2, []))

    def test_zoneGone(self) -> None:
        """One whose time zone the host has lost says so, once, and all others go on."""
        lost, other = self.add(), self.add()
        lost.plan = replace(lost.plan, when=When(cron="* * * * *", timezone="Mars/Base"))
        self.pump(180)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
        self.assertEqual(self.hands.done, [(other.number, "save")] * 3)
        assert lost.row.last is not None
        said = (lost.row.last["result"], lost.row.last["detail"])
        self.assertEqual(said, ("skipped", "There is no time zone of this name."))

    def test_fullDisk(self) -> None:
        """What can't be stored is told nevertheless, and nothing piles up that waits for room."""
        schedule = self.add()
        keep, tables, asked = self.store.schedules.keep, self.store.schedules, list[int]()

        def full(*_: Any) -> Any:
            asked.append(1)
            return fail(NoSpace())

        self.patch(tables, "keep", full)
        self.pump(600)
        self.assertLess(len(asked), 25)
        assert schedule.row.last is not None
        said = (schedule.row.last["result"], schedule.row.last["detail"])
        self.assertEqual(said, ("skipped", NoSpace().detail))
        self.patch(tables, "keep", keep)
        self.pump(60)
        self.assertEqual(self.hands.done, [(1, "save")])

    def test_tooMany(self) -> None:
        """Many that are made at once are no more than a server may have."""
        add, waiting = self.store.schedules.addSchedule, list[Deferred[None]]()

        async def later(row: Any) -> Any:
            waiting.append(Deferred())
            await waiting[-1]
            return await add(row)

        self.patch(self.store.schedules, "addSchedule", later)
        server: Any = self.server
        plan = Plan("x", When(event="ready"), [Step(command="save")])
        made = [Deferred.fromCoroutine(self.service.add(server, plan, "ann", 1)) for _ in range(53)]
        for each in waiting:
            each.callback(None)
        for one in made[50:]:
            self.failureResultOf(one, TooMany)
        self.assertEqual(len(self.service.all()), 50)

    def test_renamed(self) -> None:
        """Another name ends no run of one that is disabled, and what is waited for stays."""
        schedule = self.add(event="ready", after=100)
        self.server.run = GameRun(7.0)
        self.happens("ready")
        for enabled in (True, False):
            plan = replace(schedule.plan, name="other", enabled=enabled)
            self.now(self.service.change(schedule, plan, "ann", 1))
            if enabled:
                self.service.end()
                self.service = self.begun()
                schedule = self.service.find(1)
                self.pump(100)
                self.assertEqual(self.hands.done, [(1, "save")])
        waits = replace(schedule.plan, steps=[Step(wait=50)])
        self.now(self.service.change(schedule, waits, "ann", 1))
        self.now(self.service.run(schedule, "ann", 1))
        self.now(self.service.change(schedule, replace(waits, name="again"), "ann", 1))
        self.pump(50)
        self.assertEqual(self.results(schedule)[-1], ("ok", ""))

    def test_overdue(self) -> None:
        """A start has failed when the game should have been ready long ago."""
        self.server.status, self.server.run = Starting(), GameRun(7.0, ready="Done")
        schedule = self.add(Step(power="start"), event="hung")
        self.happens("hung")
        self.assertEqual(
            self.results(schedule), [("failed", "Step 1: The server was not running in time.")]
        )

    def test_restartWhileWaiting(self) -> None:
        """A wait goes on to the end that it had, by the next daemon; changes wake it."""
        schedule = self.add(Step(wait=50), Step(command="then"), event="ready")
        self.happens("ready")
        self.pump(20)
        self.service.end()
        self.clock.advance(10)
        self.service = self.begun()
        self.server.happens.tell(StatusChanged(Running()))
        self.pump(19)
        self.assertEqual(self.hands.done, [])
        self.pump(1)
        self.assertEqual(self.hands.done, [(1, "then")])
        self.assertEqual(self.results(schedule), [("ok", "")])
