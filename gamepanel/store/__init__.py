"""
What must survive the daemon, apart from consoles and lives: users, tokens, servers.

SQLite, through L{twisted.enterprise.adbapi} once the daemon runs. Each change is
one transaction, so a crash leaves it done or not done.
"""

from gamepanel.store.audit import AuditKind, AuditRow, AuditTables, Share
from gamepanel.store.database import connect, openFile
from gamepanel.store.events import EventTables
from gamepanel.store.jobs import JobTables
from gamepanel.store.migrating import BadStore, UnreachableStore, migrate
from gamepanel.store.players import PlayerTables
from gamepanel.store.samples import SampleTables
from gamepanel.store.servers import ServerRow, ServerTables, loadRetired, loadServers
from gamepanel.store.serverusers import ServerUserRow, ServerUserTables, loadServerUsers
from gamepanel.store.transactions import Pool, Transactions
from gamepanel.store.users import (
    TokenRow,
    UserRow,
    UserTables,
    addUser,
    loadTokens,
    loadUsers,
    resetUser,
)

__all__ = [
    "AuditKind",
    "AuditRow",
    "BadStore",
    "Pool",
    "ServerRow",
    "ServerUserRow",
    "Share",
    "Store",
    "TokenRow",
    "Transactions",
    "UnreachableStore",
    "UserRow",
    "addUser",
    "connect",
    "loadRetired",
    "loadServerUsers",
    "loadServers",
    "loadTokens",
    "loadUsers",
    "migrate",
    "openFile",
    "resetUser",
]


class Store(
    UserTables,
    ServerTables,
    ServerUserTables,
    AuditTables,
    EventTables,
    JobTables,
    SampleTables,
    PlayerTables,
):
    """
    Everything stored. Whoever knows an answer keeps it in memory: here it is read
    once, when the daemon starts, and written at each change.

    Each method's Deferred fires when the change is durable, and fails with
    L{gamepanel.base.errors.NoSpace} when the disk is full.
    """
