"""
What each of the three modes of L{gamepanel.accounts.accounts} has, and what it refuses.
"""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.accounts.accounts import Accounts, NoAccounts, accountOf
from gamepanel.accounts.introspection import Introspection
from gamepanel.accounts.logins import Logins
from gamepanel.accounts.passwords import Passwords, hashNow
from gamepanel.accounts.rights import Person, Session, anonymous, everything
from gamepanel.accounts.users import Users
from gamepanel.base.errors import (
    AuthMode,
    Forbidden,
    InvalidCredentials,
    LoginTokenInvalid,
    TokenInvalid,
)
from gamepanel.store.servers import ServerRow
from gamepanel.store.users import UserRow, addUser
from tests.support import atOnce, memoryStore


class ModeTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.store, self.connection = memoryStore()
        self.store.servers.addServer(ServerRow("a", "t", "", {}, {}), None, ())
        addUser(self.connection, UserRow("ann", hashNow("a meadow full of sheep"), admin=True))
        addUser(self.connection, UserRow("far", None, external=True))
        self.hashing = Passwords(atOnce)
        self.session = Session(b"digest", "ann", 1e9, 0.0)

    def accounts(self, mode: str) -> Accounts:
        """The accounts in a mode, with what is stored."""
        accounts: Accounts = NoAccounts()
        if mode != "noauth":
            users = Users(
                self.store.users, self.hashing, self.mktemp(), mode == "url", lambda id: id == "a"
            )
            now = self.clock.seconds
            accounts = (
                Introspection(self.clock, self.ask, users, now, now)
                if mode == "url"
                else Logins(self.clock, self.store.users, users, self.hashing, now, now)
            )
        self.assertEqual(accounts.mode, mode)
        accounts.load(self.connection)
        return accounts

    def ask(self, token: str) -> Deferred[bytes]:
        """The introspection endpoint: C{aa} belongs to somebody."""
        answer = {"active": True, "username": "far"} if token == "aa" else {"active": False}
        return succeed(json.dumps(answer).encode())

    def done(self, work: Any) -> Any:
        """What a coroutine returns or raises without waiting."""
        return self.successResultOf(Deferred.fromCoroutine(work))

    def outcome(self, act: Callable[[], Any]) -> Any:
        """The class of the error that something raises, now or in its coroutine; None for none."""
        try:
            result = act()
            if hasattr(result, "send"):
                result = Deferred.fromCoroutine(result)
        except Exception as error:
            return type(error)
        caught: list[Any] = []
        if isinstance(result, Deferred):
            result.addErrback(lambda failure: caught.append(failure.type))
        return caught[0] if caught else None

    def test_whatEachModeHas(self) -> None:
        """Each mode refuses with C{auth_mode} what it lacks, and does or judges what it has."""
        asking: dict[str, Callable[[Accounts], Any]] = {
            "session": lambda a: a.session("00" * 32, "192.0.2.1"),
            "logout": lambda a: a.logout(self.session),
            "ticket": lambda a: a.ticket("192.0.2.1"),
            "admit": lambda a: a.admit("192.0.2.1"),
            "login": lambda a: a.login("ann", "a meadow full of sheep", "00", [], "192.0.2.1"),
            "changePassword": lambda a: a.changePassword(
                self.session, "a wrong old password", "another long password", "192.0.2.1"
            ),
            "users": lambda a: a.users.all(),
        }
        expected: dict[str, tuple[Any, Any, Any]] = {
            "session": (AuthMode, TokenInvalid, TokenInvalid),
            "logout": (AuthMode, None, None),
            "ticket": (AuthMode, None, AuthMode),
            "admit": (AuthMode, None, AuthMode),
            "login": (AuthMode, LoginTokenInvalid, AuthMode),
            "changePassword": (AuthMode, InvalidCredentials, AuthMode),
            "users": (AuthMode, None, None),
        }
        modes = ("noauth", "password", "url")
        for name, act in asking.items():
            found = tuple(self.outcome(partial(act, self.accounts(mode))) for mode in modes)
            self.assertEqual(found, expected[name], name)

    def test_tokens(self) -> None:
        """Only without accounts a request needs no token, and everybody is an admin."""
        needs = [self.accounts(mode).needsToken for mode in ("noauth", "password", "url")]
        self.assertEqual(needs, [False, True, True])
        self.assertIs(self.accounts("noauth").person(self.session), anonymous)
        person = self.accounts("password").person(self.session)
        self.assertEqual(person, Person("ann", admin=True, account=1))
        far = self.accounts("url")
        session: Any = self.successResultOf(far.session("aa", "192.0.2.1"))  # type: ignore[arg-type]
        self.assertEqual(far.person(session), Person("far", account=2))
        self.assertEqual([self.session.isForeign, session.isForeign], [False, True])

    def test_byNumber(self) -> None:
        """An account that could not log in by the mode may do nothing; without accounts all may."""
        weak, ann, far = Person("ann", account=1), Person("ann", admin=True, account=1), "far"
        for mode, expected in (
            ("noauth", [anonymous] * 3),
            ("password", [ann, Person(far, account=2), None]),
            ("url", [weak, Person(far, account=2), None]),
        ):
            accounts = self.accounts(mode)
            self.assertEqual([accountOf(accounts, number) for number in (1, 2, 3)], expected)

    def test_knownNames(self) -> None:
        """Names are known where users are stored, whatever the mode."""
        for mode, known in (("noauth", False), ("password", True), ("url", True)):
            accounts = self.accounts(mode)
            self.assertEqual([accounts.isUser("ann"), accounts.isUser("nobody")], [known, False])

    def test_owners(self) -> None:
        """The creator of a server gets every right on it, and loses it with the server."""
        for mode, name in (("password", "ann"), ("url", "far")):
            accounts = self.accounts(mode)
            owner = self.done(accounts.owner(Person(name)))
            accounts.created(owner, "a")
            self.assertEqual(
                (owner, accounts.users.all()[name == "far"].rights["a"]), (name, everything)
            )
            accounts.destroyed("a")
            self.assertEqual(accounts.users.all()[name == "far"].rights, {})

    def test_noOwner(self) -> None:
        """Rights go to nobody without accounts, nor to an admin from elsewhere."""
        nobody = self.accounts("noauth")
        self.assertIsNone(self.done(nobody.owner(anonymous)))
        nobody.created(None, "a")
        nobody.destroyed("a")
        far = self.accounts("url")
        self.assertIsNone(self.done(far.owner(Person("root", admin=True))))
        far.created(None, "a")
        self.assertEqual([row.rights for row in far.users.all()], [{}, {}])

    def test_namesake(self) -> None:
        """Somebody from elsewhere gets no rights by the name of a user of this daemon."""
        self.failureResultOf(
            Deferred.fromCoroutine(self.accounts("url").owner(Person("ann"))), Forbidden
        )

    def test_ends(self) -> None:
        """At the end nothing is left to be done in any mode."""
        for mode in ("noauth", "password", "url"):
            accounts = self.accounts(mode)
            if mode == "password":
                token = accounts._accessTokens.issue("ann")[0]  # type: ignore[attr-defined]
                accounts.session(token, "192.0.2.1")
            elif mode == "url":
                accounts.session("aa", "192.0.2.1")
            self.done(accounts.end())
            self.assertEqual(self.clock.getDelayedCalls(), [])
