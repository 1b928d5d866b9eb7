"""
All operations as one object, for all who let people act: HTTP, and what comes beside it.
"""

from msgspec import Struct

from gamepanel.accounts.accounts import Accounts
from gamepanel.backups.service import Backups
from gamepanel.jobs.queue import Jobs
from gamepanel.operations.actor import Audit
from gamepanel.operations.backups import BackupOperations
from gamepanel.operations.creation import Creation
from gamepanel.operations.files import Files
from gamepanel.operations.installing import Installing
from gamepanel.operations.jobs import JobOperations
from gamepanel.operations.people import People
from gamepanel.operations.power import Console, PlayerOperations, Power
from gamepanel.operations.schedules import ScheduleOperations
from gamepanel.operations.sessions import Sessions
from gamepanel.operations.settings import ServerSettings
from gamepanel.schedules.service import Schedules
from gamepanel.servers.directory import Directory
from gamepanel.worker.files.asking import FileWorkers


class Operations(Struct, frozen=True):
    """
    What a person may do, by subject.
    """

    power: Power
    console: Console
    players: PlayerOperations
    settings: ServerSettings
    creation: Creation
    installing: Installing
    jobs: JobOperations
    files: Files
    backups: BackupOperations
    schedules: ScheduleOperations
    people: People
    sessions: Sessions


def operationsOn(
    directory: Directory,
    jobs: Jobs,
    accounts: Accounts,
    audit: Audit,
    workers: FileWorkers,
    backups: Backups,
    schedules: Schedules,
) -> Operations:
    """Everything that can be done with these."""
    ofBackups = BackupOperations(directory, jobs, backups)
    return Operations(
        Power(directory, jobs),
        Console(directory),
        PlayerOperations(directory),
        ServerSettings(directory),
        Creation(directory, jobs, accounts, ofBackups),
        Installing(directory, jobs),
        JobOperations(directory, jobs),
        Files(directory, jobs, workers),
        ofBackups,
        ScheduleOperations(directory, accounts, schedules),
        People(accounts, audit),
        Sessions(accounts, audit),
    )
