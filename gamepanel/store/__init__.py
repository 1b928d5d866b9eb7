"""
What must survive the daemon, apart from consoles and lives: users, tokens, servers.

SQLite, through C{twisted.enterprise.adbapi} once the daemon runs. Each change is
one transaction, so a crash leaves it done or not done.
"""

import os
import sqlite3

from twisted.internet.defer import Deferred

from gamepanel.base.errors import unwritable
from gamepanel.store.audit import AuditTables
from gamepanel.store.backups import BackupTables
from gamepanel.store.events import EventTables
from gamepanel.store.jobs import JobTables
from gamepanel.store.players import PlayerTables
from gamepanel.store.samples import SampleTables
from gamepanel.store.schedules import ScheduleTables
from gamepanel.store.servers import ServerTables
from gamepanel.store.serverusers import ServerUserTables
from gamepanel.store.transactions import Tables, Transactions
from gamepanel.store.users import UserTables


class Store:
    """
    Everything stored, a group of tables each. Whoever knows an answer keeps it in memory: here it
    is read once, when the daemon starts, and written at each change.

    Each method's Deferred fires when the change is durable, and fails with
    L{gamepanel.base.errors.NoSpace} when the disk is full.
    """

    def __init__(self, transactions: Transactions) -> None:
        self._tables = Tables(transactions)
        self.users = UserTables(transactions)
        self.servers = ServerTables(transactions)
        self.serverUsers = ServerUserTables(transactions)
        self.audit = AuditTables(transactions)
        self.events = EventTables(transactions)
        self.jobs = JobTables(transactions)
        self.samples = SampleTables(transactions)
        self.players = PlayerTables(transactions)
        self.backups = BackupTables(transactions)
        self.schedules = ScheduleTables(transactions)

    def tryOut(self) -> Deferred[None]:
        """
        Write something that changes nothing, to see whether that can be done.

        The Deferred fails with L{NoSpace} when it can't, or the database is not there any more.
        """
        return self._tables.do(_rewrite)


def _rewrite(cursor: sqlite3.Cursor) -> None:
    _, _, path = cursor.execute("PRAGMA database_list").fetchone()
    # SQLite goes on with a file that has no name any more. One in memory has none.
    if path and not os.path.exists(path):
        raise unwritable("its database is gone")
    [version] = cursor.execute("PRAGMA user_version").fetchone()
    cursor.execute(f"PRAGMA user_version = {version}")
