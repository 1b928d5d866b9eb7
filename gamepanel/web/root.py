"""
The whole API as one resource.
"""

import time

from msgspec.structs import replace
from twisted.internet.interfaces import IReactorTime

from gamepanel.backups.service import Backups
from gamepanel.base.threads import slices
from gamepanel.events.journal import Journal
from gamepanel.host.history import History
from gamepanel.host.system import Host
from gamepanel.jobs.queue import Jobs
from gamepanel.jobs.versions import Versions
from gamepanel.operations.filejobs import FileJobs
from gamepanel.operations.operations import operationsOn
from gamepanel.operations.readiness import Readiness
from gamepanel.operations.schedules import ScheduleHands
from gamepanel.operations.transfers import transfersOn
from gamepanel.operations.versions import VersionOperations
from gamepanel.players.service import Players
from gamepanel.schedules.service import Schedules
from gamepanel.servers.directory import Directory
from gamepanel.web.api.auth import About, AuthEndpoints
from gamepanel.web.api.backups import BackupEndpoints
from gamepanel.web.api.endpoint import Access, Root
from gamepanel.web.api.events import EventEndpoints
from gamepanel.web.api.files import FileEndpoints
from gamepanel.web.api.history import HistoryEndpoints
from gamepanel.web.api.jobs import JobEndpoints
from gamepanel.web.api.management import ManagementEndpoints
from gamepanel.web.api.overview import Overview, statuses, summaries
from gamepanel.web.api.people import PeopleEndpoints
from gamepanel.web.api.players import PlayerEndpoints
from gamepanel.web.api.schedules import ScheduleEndpoints
from gamepanel.web.api.server import ServerEndpoints
from gamepanel.web.api.sse import OpenStreams, maxStreams
from gamepanel.web.api.stream import Streams
from gamepanel.web.api.system import SystemEndpoints
from gamepanel.web.api.transfers import TransferEndpoints
from gamepanel.web.panel import PanelFiles
from gamepanel.wire.endpoints import endpoints
from gamepanel.worker.files.asking import FileWorkers


def api(
    clock: IReactorTime,
    directory: Directory,
    access: Access,
    journal: Journal,
    jobs: Jobs,
    versions: Versions,
    history: History,
    players: Players,
    machine: Host,
    about: About,
    workers: FileWorkers,
    backups: Backups,
    schedules: Schedules,
    names: frozenset[str] = frozenset(),
    origins: frozenset[str] = frozenset(),
    streams: int = maxStreams,
) -> Root:
    """
    The resource that serves the whole API.

    @param access: decides who is let in.
    @param journal: has what happened.
    @param jobs: have what takes long.
    @param versions: know what is newest.
    @param history: has what was used.
    @param players: know who plays.
    @param machine: has what is used now.
    @param about: what is told of this daemon.
    @param workers: touch the files of games.
    @param backups: are made, and known.
    @param schedules: do things at certain times.
    @param names: host names that are ours.
    @param origins: of pages that may use the API although they are not ours.
    @param streams: how many may be open at once.
    """
    operations = operationsOn(
        directory, jobs, access.accounts, access.audit, workers, backups, schedules
    )
    ofVersions = VersionOperations(directory, versions)
    schedules.runs.hands = ScheduleHands(
        directory,
        access.accounts,
        access.audit,
        operations.power,
        operations.console,
        operations.installing,
        operations.backups,
        backups,
        ofVersions,
    )
    common = (directory, operations.files, workers)
    transfers = transfersOn(*common, access.accounts, about.maxUpload)
    fileJobs = FileJobs(*common, jobs, time.time, about.maxUpload)
    jobs.changed.listen(fileJobs.changed)
    following, ofStatus = OpenStreams(clock, streams), statuses()
    overview = Overview(directory, slices(clock), ofStatus)
    listing = Overview(directory, slices(clock), summaries())
    groups = (
        AuthEndpoints(access, operations.sessions, about),
        ManagementEndpoints(directory, listing),
        ServerEndpoints(
            directory,
            clock,
            ofStatus,
            overview,
            Streams(following),
            operations.settings,
        ),
        PlayerEndpoints(directory, players),
        FileEndpoints(operations.files),
        fileJobs,
        BackupEndpoints(operations.backups),
        ScheduleEndpoints(operations.schedules),
        TransferEndpoints(
            clock,
            directory.context.threads.files,
            access.tickets,
            transfers,
            fileJobs,
            operations.backups,
        ),
        JobEndpoints(directory, jobs, operations.jobs, clock),
        EventEndpoints(directory, journal, clock, following),
        HistoryEndpoints(directory, history, machine, backups.place.path),
        PeopleEndpoints(operations.people, operations.sessions),
        # What these do is answered as it is.
        operations.power,
        operations.console,
        operations.players,
        operations.creation,
        operations.installing,
        ofVersions,
        operations.files,
        operations.schedules,
        operations.jobs,
        operations.people,
    )
    upload = endpoints["file_upload"]
    readiness = Readiness(clock, directory.store.tryOut, directory.context.checkRoom)
    root = Root(
        access,
        (*groups, SystemEndpoints(access, readiness)),
        names,
        origins,
        PanelFiles(),
        {**endpoints, upload.name: replace(upload, maxBody=about.maxUpload)},
    )
    directory.ending.listen(root.leave)
    return root
