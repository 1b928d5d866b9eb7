"""
Users, what each of them may do, and what they did.
"""

from typing import Annotated

from msgspec import Meta

from gamepanel.wire.codes import codes
from gamepanel.wire.message import Answer, Index, Message, Seconds, ServerId, Username
from gamepanel.wire.values import Right, extensible

NewPassword = Annotated[str, Meta(max_length=1024)]
"""Whether it is to the policy is said by L{gamepanel.accounts.policy}."""

Rights = dict[ServerId, list[Right]]
"""What somebody may do, for each server; any right includes C{view}."""


class User(Answer, frozen=True):
    """
    Somebody, and what they may do.

    @ivar admin: may do all.
    @ivar create: may create servers, and has every right on those.
    @ivar external: comes with a token from elsewhere.
    @ivar disabled: can do nothing, and not log in.
    @ivar servers: rights on each server.
    """

    username: Username
    admin: bool
    create: bool
    disabled: bool
    external: bool
    servers: dict[str, list[Annotated[str, extensible(Right)]]]


class UserList(Answer, frozen=True):
    """
    All users by name.

    @ivar users: sorted by name.
    """

    users: tuple[User, ...]


class ChangePassword(Message, frozen=True):
    """
    @ivar password: the new one, to the C{passwordPolicy} of C{login_info}.
    @ivar oldPassword: the one that is good now.
    """

    oldPassword: Annotated[str, Meta(min_length=1, max_length=1024)]
    password: NewPassword


class CreateUser(Message, frozen=True):
    """
    @ivar password: for a user who is not external, to the C{passwordPolicy} of C{login_info}.
    @ivar admin: may do all.
    @ivar create: may create servers, and has every right on those.
    @ivar external: comes with a token from elsewhere, and has no password.
    @ivar servers: rights on each server.
    """

    username: Username
    password: NewPassword | None = None
    admin: bool = False
    create: bool = False
    external: bool = False
    servers: Rights | None = None


class UpdateUser(Message, frozen=True):
    """
    @ivar servers: takes the place of the whole map.
    @ivar password: a new one, to the C{passwordPolicy} of C{login_info}; it ends all their
        sessions.
    @ivar admin: may do all.
    @ivar create: may create servers.
    @ivar disabled: ends all their sessions.
    """

    username: Username
    password: NewPassword | None = None
    admin: bool | None = None
    create: bool | None = None
    disabled: bool | None = None
    servers: Rights | None = None


class OfUser(Message, frozen=True):
    """A request about one user."""

    username: Username


class ReadAudit(Message, frozen=True):
    """
    @ivar before: only entries with smaller ids.
    @ivar limit: entries at the most.
    """

    before: Index | None = None
    limit: Annotated[int, Meta(ge=1, le=500)] = 100


class AuditEntry(Answer, frozen=True):
    """
    Something that was done, or refused.

    @ivar username: null when it is nobody that the daemon knows.
    @ivar action: name of the endpoint; C{terms_accept} where terms were accepted by what it did.
    @ivar result: C{ok}, or the code of an error.
    @ivar id: grows with each entry.
    @ivar at: point in time, in seconds since the Unix epoch.
    @ivar address: from where the request came; C{local} for C{gamepanel reset-password}, whose
        action is C{reset_password}.
    @ivar server: on which it was; null when it was on none.
    @ivar target: the user that it was about, the address of the terms, or the beginning of what
        was typed into a console; null when it was about none of these.
    """

    id: Index
    at: Seconds
    username: str | None
    address: str
    action: str
    server: ServerId | None
    target: str | None
    result: Annotated[str, extensible(None, *codes, "ok")]


class AuditEntries(Answer, frozen=True):
    """
    What was done, newest first.

    @ivar entries: go on with the C{id} of the last one as C{before}.
    """

    entries: tuple[AuditEntry, ...]
