"""Users, passwords, tokens, proofs and rights."""

import os
import stat
from collections import Counter
from collections.abc import Coroutine
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from nacl import pwhash
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.accounts import passwords, policy, throttle
from gamepanel.accounts.accounts import accountOf
from gamepanel.accounts.logins import (
    AccessTokens,
    Logins,
    lifeSeconds,
    loginBurst,
    loginRate,
    maxTokens,
    proofDifficulty,
)
from gamepanel.accounts.passwords import (
    Passwords,
    hashNow,
    hashOfNobody,
    isOutdated,
    memoryBytes,
    operations,
)
from gamepanel.accounts.remembered import Remembered
from gamepanel.accounts.rights import Person, digestOf, everything, idleSeconds
from gamepanel.accounts.tokens import LoginTokens, loginTokenSeconds
from gamepanel.accounts.users import Users, makeFirstUser
from gamepanel.base.errors import (
    BadRequest,
    Busy,
    Forbidden,
    InvalidCredentials,
    LoginTokenExpired,
    LoginTokenInvalid,
    LoginTokenUsed,
    NoSpace,
    NoSuchServer,
    NoSuchUser,
    ProofInvalid,
    TokenInvalid,
    TooManyRequests,
)
from gamepanel.base.hub import Hub
from gamepanel.operations import actor as audit
from gamepanel.operations.actor import Audit
from gamepanel.store.audit import AuditRow, Share
from gamepanel.store.servers import ServerRow, loadServers
from gamepanel.store.users import TokenRow, UserRow, addUser, loadTokens, loadUsers
from gamepanel.wire import proof
from tests.support import atOnce, memoryStore

weak = pwhash.argon2id.str(
    b"old", pwhash.argon2id.OPSLIMIT_MIN, pwhash.argon2id.MEMLIMIT_MIN
).decode()
"""A hash that an older gamepanel could have made, of the password "old"."""


class ProofTests(SynchronousTestCase):
    def test_vectors(self) -> None:
        """The vectors of the contract."""
        ab, zero = "ab" * 43, "00" * 43
        for token, username, amount, difficulty, smallest in (
            (ab, "admin", 8, 12, [1725, 5106, 4760, 483, 5494, 6662, 1146, 2084]),
            (ab, "admin", 2, 16, [2314, 47154]),
            (zero, "jürgen", 4, 13, [5191, 23243, 6487, 1574]),
            (zero, "名前", 4, 13, [4066, 35692, 921, 13809]),
        ):
            self.assertEqual(proof.solve(token, username, amount, difficulty), smallest)
            self.assertTrue(proof.verify(token, username, smallest, amount, difficulty))
            for wrong in (
                smallest[:-1],
                [*smallest, 0],
                smallest[::-1],
                [*smallest[:-1], smallest[-1] + 1],
                [-1, *smallest[1:]],
                [2**53, *smallest[1:]],
            ):
                self.assertFalse(proof.verify(token, username, wrong, amount, difficulty))
            self.assertFalse(proof.verify(token, username + "x", smallest, amount, difficulty))


class PasswordsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.waiting: list[Deferred[object]] = []
        self.passwords = Passwords(atOnce)

    def test_verify(self) -> None:
        """A password is right for its hash, however its characters were composed."""
        hash = self.successResultOf(self.passwords.hash("Mu\u0308ller und Söhne"))
        for password, right in (("Müller und Söhne", True), ("Müller und Sohne", False)):
            self.assertEqual(self.successResultOf(self.passwords.verify(hash, password)), right)
        self.assertFalse(self.successResultOf(self.passwords.verify(None, "x")))

    def test_nobody(self) -> None:
        """What is verified for unknown users costs as much as any, and differs each time."""
        from nacl import pwhash

        self.assertEqual(operations, pwhash.argon2id.OPSLIMIT_INTERACTIVE)
        self.assertEqual(memoryBytes, pwhash.argon2id.MEMLIMIT_INTERACTIVE)
        self.assertFalse(isOutdated(hashOfNobody()))
        self.assertEqual(len(hashOfNobody()), len(hashNow("x")))
        self.assertNotEqual(hashOfNobody(), hashOfNobody())

    def test_parametersAreClamped(self) -> None:
        """A stored hash that asks for too much is never obeyed, and never right."""
        self.assertTrue(self.successResultOf(self.passwords.verify(weak, "old")))
        for part, more in (("m=8,", "m=9999999,"), ("t=1,", "t=99,"), ("p=1$", "p=8$")):
            hash = weak.replace(part, more)
            self.assertNotEqual(hash, weak)
            self.assertFalse(self.successResultOf(self.passwords.verify(hash, "old")))

    def test_outdated(self) -> None:
        """A hash of other parameters than today's is known."""
        self.assertEqual((isOutdated(weak), isOutdated(hashNow("x"))), (True, False))

    def test_boundedQueue(self) -> None:
        """When too many wait, the next is told so; each that is done makes room."""

        def late(*arguments: object) -> Deferred[object]:
            self.waiting.append(Deferred())
            return self.waiting[-1]

        hashing = Passwords(late)
        for _ in range(passwords.maxQueued):
            hashing.verify(None, "x")
        self.assertRaises(Busy, hashing.verify, None, "x")
        self.waiting[0].callback(False)
        hashing.verify(None, "x")
        self.assertRaises(Busy, hashing.hash, "x")


class LoginTokensTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.now = 1000.0
        self.tokens = LoginTokens(lambda: self.now)

    def test_says(self) -> None:
        """A token says what work it costs; it is 43 bytes of hex, and each is another."""
        token = self.tokens.issue(8, 14)
        ticket = self.tokens.read(token)
        self.assertEqual((ticket.amount, ticket.difficulty, len(token)), (8, 14, 86))
        self.assertNotEqual(token, self.tokens.issue(8, 14))

    @settings(deadline=None)
    @given(st.text(max_size=100))
    def test_forged(self, token: str) -> None:
        """What we have not made is not ours."""
        self.assertRaises(LoginTokenInvalid, LoginTokens(lambda: 1.0).read, token)

    def test_altered(self) -> None:
        """Nor is what was altered, in any byte or in the case of its letters."""
        token = self.tokens.issue(8, 14)
        for index in range(86):
            other = "0" if token[index] != "0" else "1"
            altered = token[:index] + other + token[index + 1 :]
            self.assertRaises(LoginTokenInvalid, self.tokens.read, altered)
        self.assertRaises(LoginTokenInvalid, self.tokens.read, token.upper())
        self.assertRaises(LoginTokenInvalid, self.tokens.read, token + "00")
        self.assertRaises(LoginTokenInvalid, LoginTokens(lambda: self.now).read, token)

    def test_expires(self) -> None:
        """It expires by a clock that nobody sets."""
        token = self.tokens.issue(8, 14)
        self.now += loginTokenSeconds - 0.01
        self.tokens.read(token)
        self.now += 0.02
        self.assertRaises(LoginTokenExpired, self.tokens.read, token)

    def test_once(self) -> None:
        """It is used once; what has expired is forgotten."""
        token = self.tokens.issue(8, 14)
        self.tokens.use(self.tokens.read(token))
        self.assertRaises(LoginTokenUsed, self.tokens.read, token)
        self.now += loginTokenSeconds + 1
        other = self.tokens.issue(8, 14)
        self.tokens.use(self.tokens.read(other))
        self.assertEqual(len(self.tokens._used), 1)

    def test_tooMany(self) -> None:
        """When more are in use than can be remembered, nobody logs in; none is forgotten."""
        self.tokens._used = Remembered(1)
        first, second = self.tokens.issue(8, 14), self.tokens.issue(8, 14)
        self.tokens.use(self.tokens.read(first))
        self.assertRaises(Busy, self.tokens.use, self.tokens.read(second))
        self.assertRaises(LoginTokenUsed, self.tokens.read, first)


class RememberedTests(SynchronousTestCase):
    def test_until(self) -> None:
        """A key is remembered until its time, and no longer; adding it again gives it another."""
        seen = Remembered(3)
        seen.add(b"a", 10.0, 0.0)
        self.assertEqual([seen.holds(b"a", now) for now in (0.0, 9.9, 10.0)], [True, True, False])
        self.assertFalse(seen.holds(b"b", 0.0))
        seen.add(b"a", 20.0, 5.0)
        self.assertTrue(seen.holds(b"a", 15.0))

    def test_bounded(self) -> None:
        """One key too many pushes out the one that was added first; adding again makes it last."""
        seen = Remembered(3)
        for key in (b"a", b"b", b"c", b"a", b"d"):
            seen.add(key, 10.0, 0.0)
        kept = [key for key in (b"a", b"b", b"c", b"d") if seen.holds(key, 1.0)]
        self.assertEqual((kept, len(seen)), ([b"a", b"c", b"d"], 3))

    def test_full(self) -> None:
        """It is full as long as none of its keys has had its time, and then forgets those."""
        seen = Remembered(2)
        seen.add(b"a", 10.0, 0.0)
        self.assertFalse(seen.isFull(1.0))
        seen.add(b"b", 20.0, 0.0)
        self.assertEqual([seen.isFull(now) for now in (9.9, 10.0)], [True, False])
        self.assertEqual(len(seen), 1)


class AccessTokensTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.now = 1000.0
        self.tokens = AccessTokens(lambda: self.now)

    def test_find(self) -> None:
        """A token is found as it was issued, and nothing like it."""
        token, session, _ = self.tokens.issue("u")
        self.assertIs(self.tokens.find(token), session)
        self.assertRegex(token, r"\A[0-9a-f]{64}\Z")
        for other in ("", token[:-1], token.upper() + "A", token + "\n", "0" * 64):
            self.assertRaises(TokenInvalid, self.tokens.find, other)

    def test_idle(self) -> None:
        """It expires when it is not used; each use puts that off."""
        token, _, _ = self.tokens.issue("u")
        for _ in range(3):
            self.now += idleSeconds - 1
            self.tokens.find(token)
        self.now += idleSeconds
        self.assertRaises(TokenInvalid, self.tokens.find, token)

    def test_life(self) -> None:
        """It expires at last, however much it is used."""
        token, _, _ = self.tokens.issue("u")
        end = self.now + lifeSeconds
        while self.now + 86400 < end:
            self.now += 86400
            self.tokens.find(token)
        self.now = end
        self.assertRaises(TokenInvalid, self.tokens.find, token)

    def test_twenty(self) -> None:
        """A user has twenty; the one used longest ago makes room, and is told."""
        first = [self.tokens.issue("u")[:2] for _ in range(maxTokens)]
        told: list[int] = []
        for number, (_, session) in enumerate(first):
            session.watch(lambda _, number=number: told.append(number))  # type: ignore[misc]
        self.now += 1
        self.tokens.find(first[0][0])
        _, _, ended = self.tokens.issue("u")
        self.assertEqual((ended, told), ([first[1][1]], [1]))
        self.tokens.find(first[0][0])
        self.assertRaises(TokenInvalid, self.tokens.find, first[1][0])
        self.assertEqual(len(self.tokens._sessions), maxTokens)

    def test_watchersApart(self) -> None:
        """A watcher that fails hurts no other; one that has left is not told any more."""
        _, session, _ = self.tokens.issue("u")
        told: list[str] = []

        def failing(event: str) -> None:
            leave()
            raise ZeroDivisionError

        session.watch(failing)
        leave = session.watch(lambda event: told.append("left"))
        session.watch(lambda event: told.append(event))
        self.tokens.end(session)
        self.assertEqual((told, len(self.flushLoggedErrors(ZeroDivisionError))), (["ended"], 1))

    def test_load(self) -> None:
        """Stored tokens go on by the wall clock; the expired ones are named."""
        rows = [
            TokenRow(digestOf("a" * 64), "u", 5000, 5000),
            TokenRow(digestOf("b" * 64), "u", 5000 - lifeSeconds, 5000),
            TokenRow(digestOf("c" * 64), "u", 5000 - idleSeconds, 5000 - idleSeconds),
        ]
        expired = self.tokens.load(rows, 5000)
        self.assertEqual(expired, [rows[1].digest, rows[2].digest])
        self.tokens.find("a" * 64)


class PolicyTests(SynchronousTestCase):
    def test_table(self) -> None:
        """What can be a password, and what can't."""
        for password, words in (
            ("short", "at least 15"),
            ("x" * 257, "at most 256"),
            ("aaaaaaaaaaaaaaaa", "repeats"),
            ("abcabcabcabcabcabc", "repeats"),
            ("hunter23hunter23", "repeats"),
            ("123456789012345", "tried first"),
            ("Password12345678", "tried first"),
            ("qwertyuiop123456", "tried first"),
            ("1q2w3e4r5t6y7u8i", "tried first"),
            ("correct horse battery staple", "tried first"),
            ("anna-the-administrator", "user name"),
            ("Anna-The-Administrator!!1", "user name"),
            ("gamepanelgamepanelX", "name of this program"),
        ):
            error = self.assertRaises(BadRequest, policy.check, password, "anna-the-administrator")
            [problem] = error.problems
            self.assertEqual(problem.field, ("password",))
            self.assertIn(words, problem.detail)
            self.assertNotIn(password, problem.detail)
        for password in (
            "a meadow full of sheep",
            "日本語のパスワードは長いほど良い",
            "x7!kQ9#mZ2$vB5&",
        ):
            policy.check(password, "anna")

    def test_composed(self) -> None:
        """A length is that of the characters as composed."""
        self.assertRaises(BadRequest, policy.check, "u\u0308bcdefghijklmn", "anna")
        policy.check("u\u0308bcdefghijklmnwp", "anna")


class ThrottleTests(SynchronousTestCase):
    def test_bucket(self) -> None:
        """A full bucket gives its burst at once, then its rate; it says when the next is due."""
        bucket = throttle.Buckets(rate=2.0, burst=3.0)
        for _ in range(3):
            bucket.take("a", 100.0)
        error = self.assertRaises(TooManyRequests, bucket.take, "a", 100.0)
        self.assertEqual(error.retryAfter, 0.5)
        bucket.take("b", 100.0)
        bucket.take("a", 100.5)
        self.assertRaises(TooManyRequests, bucket.take, "a", 100.5)
        for _ in range(3):
            bucket.take("a", 200.0)

    def test_bounded(self) -> None:
        """However many keys there are, so many are kept; the most recent among them."""
        bucket, failures, known = (
            throttle.Buckets(0.001, 1.0),
            throttle.Failures(),
            throttle.KnownAddresses(),
        )
        for number in range(throttle.maxKeys + 1000):
            bucket.take(str(number), 1.0)
            failures.add(str(number), 1.0)
            known.add(str(number), "x")
        for kept in (bucket._full, failures._entries, known._known):
            self.assertEqual(len(kept), throttle.maxKeys)
        self.assertRaises(TooManyRequests, bucket.take, str(throttle.maxKeys + 999), 1.0)
        self.assertEqual(failures.count(str(throttle.maxKeys + 999), 1.0), 1)

    def test_difficultyIsBounded(self) -> None:
        """Three bits by load, five by one's own failures, nineteen in all."""
        for load, failures, bits in (
            (0.0, 0, 14),
            (1.0, 0, 17),
            (0.0, 99, 19),
            (1.0, 99, 19),
            (0.5, 1, 17),
        ):
            self.assertEqual(throttle.difficulty(14, load, failures), bits)

    def test_delays(self) -> None:
        """Each failure too many doubles the delay, up to five minutes."""
        delays = [throttle.delayAfter(n) for n in (0, 4, 5, 6, 7, 13, 14, 10**6)]
        self.assertEqual(delays, [0, 0, 1, 2, 4, 256, 300, 300])


class RightsTests(SynchronousTestCase):
    def test_table(self) -> None:
        """Who may do what, and what those are told who may not."""
        some = Person("u", servers={"a": frozenset({"view"}), "b": frozenset({"command"})})
        admin, nobody = Person("r", admin=True), Person("n", create=True)
        for right in everything:
            admin.checkRight("anything", right)
            self.assertRaises(NoSuchServer, nobody.checkRight, "a", right)
            self.assertRaises(NoSuchServer, some.checkRight, "c", right)
            if right != "view":
                self.assertRaises(Forbidden, some.checkRight, "a", right)
        some.checkRight("a", "view")
        some.checkRight("b", "view")
        some.checkRight("b", "command")
        nobody.checkCreate()
        admin.checkCreate()
        self.assertRaises(Forbidden, some.checkCreate)
        self.assertEqual([some.maySee(s) for s in ("a", "b", "c")], [True, True, False])


class AuditTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.store, self.connection = memoryStore()
        self.audit = Audit(self.store.audit, lambda: 5.0)

    def record(self, name: str, result: str = "ok", stranger: bool = False) -> None:
        self.audit.record(name, "192.0.2.1", "login", None, result, unauthenticated=stranger)

    def read(self, limit: int = 500) -> list[str | None]:
        """The names in the trail, newest first."""
        rows = self.successResultOf(Deferred.fromCoroutine(self.audit.read(None, limit)))
        return [row.username for row in rows]

    def test_bounded(self) -> None:
        """So many are kept; refusals and strangers can't push out what people did."""
        few = {"done": Share(10, 10), "refused": Share(5, 5), "stranger": Share(3, 3)}
        self.patch(audit, "keep", few)
        self.patch(audit, "trimEach", 5)
        for number in range(20):
            self.record(f"person {number}")
        for number in range(50):
            self.record(f"refused {number}", "forbidden")
        for number in range(50):
            self.record(f"stranger {number}", "invalid_credentials", stranger=True)
        names = self.read()
        self.assertEqual(len([n for n in names if n and n.startswith("person")]), 10)
        self.assertEqual(len([n for n in names if n and n.startswith("refused")]), 5)
        self.assertLess(len(names), 10 + 5 + 3 + 5)
        self.assertEqual(names[0], "stranger 49")

    def test_shares(self) -> None:
        """20,000 commands, or anything else, of one user do not wash away what others did."""
        self.audit.record("admin", "::1", "user_update", None, "ok", target="ann")
        self.audit.record("bob", "::1", "server_cmd", "a", "ok")
        for action in ("server_cmd", "server_kill"):
            for _ in range(audit.keep["done"].each + audit.trimEach):
                self.audit.record("ann", "::1", action, "a", "ok")
        reading = Deferred.fromCoroutine(self.audit.read(None, 10**6))
        rows = self.successResultOf(reading)
        found = Counter((row.username, row.action) for row in rows)
        self.assertEqual((found["admin", "user_update"], found["bob", "server_cmd"]), (1, 1))
        for share, action in (
            (audit.keep["command"].each, "server_cmd"),
            (audit.keep["done"].each, "server_kill"),
        ):
            self.assertGreaterEqual(found["ann", action], share)
            self.assertLess(found["ann", action], share + audit.trimEach)

    def test_gathers(self) -> None:
        """While the store is busy entries gather, in their order; too many are counted."""
        writes: list[tuple[list[AuditRow], Deferred[None]]] = []

        def addAudit(rows: list[AuditRow], keep: object) -> Deferred[None]:
            writes.append((rows, Deferred()))
            return writes[-1][1]

        self.patch(self.store.audit, "addAudit", addAudit)
        for number in range(audit.maxWaiting + 3):
            self.record(str(number))
        self.assertEqual([len(rows) for rows, _ in writes], [1])
        writes[0][1].callback(None)
        names = [row.username for rows, _ in writes for row in rows]
        self.assertEqual(names, [str(number) for number in range(audit.maxWaiting + 1)])
        # On a disk that is full they wait for the next, as many as may.
        writes[1][1].errback(NoSpace())
        self.record("one too many")
        self.audit._write()
        self.assertEqual([row.username for row in writes[2][0]], names[1:])
        writes[2][1].callback(None)
        self.assertEqual(self.audit._lost, 0)


class UsersTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.patch(passwords, "memoryBytes", pwhash.argon2id.MEMLIMIT_MIN)
        self.clock = Clock()
        self.now = 1e9
        self.store, self.connection = memoryStore()
        for row in (
            UserRow("ann", weak),
            UserRow("disabled", weak, disabled=True),
            UserRow("elsewhere", weak, external=True),
        ):
            addUser(self.connection, row)
        self.state = self.mktemp()
        os.mkdir(self.state)
        self.servers = {"srv", "other"}
        self.logins = self.another()

    def another(self) -> Logins:
        """The logins as another daemon has them."""
        hashing = Passwords(atOnce)
        self.users = Users(self.store.users, hashing, self.state, False, self.servers.__contains__)
        logins = Logins(
            self.clock, self.store.users, self.users, hashing, self.clock.seconds, lambda: self.now
        )
        logins.load(self.connection)
        return logins

    def login(
        self, username: str, password: str, address: str = "192.0.2.1", solved: bool = True
    ) -> Deferred[tuple[str, float]]:
        """With the work done, or not."""
        token, difficulty = self.logins.ticket(address)
        proofs = proof.solve(token, username, 8, difficulty if solved else 0)
        return Deferred.fromCoroutine(self.logins.login(username, password, token, proofs, address))

    def test_accountNumbers(self) -> None:
        """
        An account is found by its number, with the rights it has now; one that is made anew under
        the name has another number, over restarts, too.
        """

        def done(step: Coroutine[Deferred[Any], Any, Any]) -> None:
            self.successResultOf(Deferred.fromCoroutine(step))

        done(self.users.update("ann", mayCreate=True))
        account = accountOf(self.logins, 1)
        self.assertEqual(account, Person("ann", create=True, account=1))
        done(self.users.update("ann", disabled=True))
        self.assertEqual(accountOf(self.logins, 1), Person("ann", account=1))
        # It could not log in, since it is one from elsewhere.
        self.assertEqual(accountOf(self.logins, 3), Person("elsewhere", account=3))
        done(self.users.delete("ann"))
        self.assertIsNone(accountOf(self.logins, 1))
        done(self.users.create(UserRow("ann", None), "a meadow full of sheep"))
        for _ in range(2):
            self.assertIsNone(accountOf(self.logins, 1))
            self.assertEqual(accountOf(self.logins, 4), Person("ann", account=4))
            self.logins = self.another()
        self.assertIsNone(accountOf(self.logins, 0))

    def test_login(self) -> None:
        """A right password gives a token, of which a digest is stored; the hash is renewed."""
        token, expires = self.successResultOf(self.login("ann", "old"))
        self.assertEqual(expires, idleSeconds)
        session = self.logins.session(token, "192.0.2.1")
        self.assertEqual(self.logins.person(session), Person("ann", account=1))
        [row] = loadTokens(self.connection)
        self.assertEqual(row, TokenRow(digestOf(token), "ann", self.now, self.now))
        stored = next(row.password for row in loadUsers(self.connection) if row.name == "ann")
        assert stored is not None
        self.assertFalse(isOutdated(stored))
        self.assertTrue(passwords.verifyNow(stored, "old"))

    def test_refusals(self) -> None:
        """A wrong password, an unknown, a disabled and a foreign user are the same."""
        for username, password in (
            ("ann", "wrong"),
            ("nobody", "old"),
            ("disabled", "old"),
            ("elsewhere", "old"),
        ):
            self.failureResultOf(self.attempt(username, password), InvalidCredentials)
        self.assertEqual(loadTokens(self.connection), [])

    def test_proofBeforeUse(self) -> None:
        """Wrong proofs cost the sender nothing but the try."""
        token, _ = self.logins.ticket("192.0.2.1")
        for _ in range(2):
            login = self.logins.login("ann", "old", token, [1] * 8, "192.0.2.1")
            self.failureResultOf(Deferred.fromCoroutine(login), ProofInvalid)

    def test_serverMadeMeanwhile(self) -> None:
        """A right that comes while a password is checked spoils neither."""
        late: list[Deferred[object]] = []

        def inThread(*arguments: object) -> Deferred[object]:
            late.append(Deferred())
            return late[-1]

        self.logins._hashing = self.users._hashing = Passwords(inThread)
        login = self.login("ann", "old")
        self.users.created("ann", "srv")
        late[0].callback(True)
        late[1].callback(hashNow("old"))
        token, _ = self.successResultOf(login)
        self.logins.person(self.logins.session(token, "192.0.2.1")).checkRight("srv", "destroy")
        self.users.destroyed("srv")
        self.assertFalse(self.logins.person(self.logins.session(token, "192.0.2.1")).maySee("srv"))

    def test_logout(self) -> None:
        """A logout ends the token here and in the store."""
        token, _ = self.successResultOf(self.login("ann", "old"))
        session = self.logins.session(token, "192.0.2.1")
        self.successResultOf(Deferred.fromCoroutine(self.logins.logout(session)))
        self.assertRaises(TokenInvalid, self.logins.session, token, "192.0.2.1")
        self.assertEqual(loadTokens(self.connection), [])
        self.logins.flush()

    def test_accountThrottle(self) -> None:
        """After five failures each next try must wait longer; a right one clears it."""
        waits = []
        for _ in range(throttle.patientFailures + 3):
            self.failureResultOf(self.attempt("ann", "wrong"), InvalidCredentials)
            refused = self.mustWait("ann")
            waits.append(refused)
            self.clock.advance(refused)
        self.assertEqual(waits, [0, 0, 0, 0, 1, 2, 4, 8])
        self.successResultOf(self.attempt("ann", "old"))
        self.assertEqual(self.mustWait("ann"), 0)

    def mustWait(self, username: str) -> float:
        """How long this user must wait now, for what is neither tried nor counted."""
        try:
            self.logins._ofAccount.check((username, ""), self.clock.seconds())
        except TooManyRequests as error:
            assert error.retryAfter is not None
            return error.retryAfter
        return 0

    def attempt(self, username: str, password: str, address: str = "192.0.2.1") -> Deferred[Any]:
        """Log in without doing the work, which is not looked at."""
        self.patch(proof, "verify", lambda *_: True)
        token, _ = self.logins.ticket(address)
        login = self.logins.login(username, password, token, [0] * 8, address)
        return Deferred.fromCoroutine(login)

    def test_throttleIsTold(self) -> None:
        """Who must wait is told for how long, before the password is looked at."""
        for username in ("ann", "nobody"):
            for _ in range(throttle.patientFailures):
                self.failureResultOf(self.attempt(username, "wrong"), InvalidCredentials)
            refused = self.failureResultOf(self.attempt(username, "old"), TooManyRequests)
            self.assertEqual(refused.value.retryAfter, 1)

    def test_ownerIsNotLockedOut(self) -> None:
        """Guesses from elsewhere do not keep the user out, nor is what they know lost."""
        self.successResultOf(self.attempt("ann", "old", "192.0.2.7"))
        for _ in range(throttle.patientFailures):
            self.failureResultOf(self.attempt("ann", "wrong", "192.0.2.8"), InvalidCredentials)
        self.failureResultOf(self.attempt("ann", "old", "192.0.2.9"), TooManyRequests)
        self.successResultOf(self.attempt("ann", "old", "192.0.2.7"))

    def test_namesLikeKeys(self) -> None:
        """A name that looks like somebody at an address is just a name."""
        self.successResultOf(self.attempt("ann", "old", "192.0.2.7"))
        for _ in range(throttle.patientFailures):
            guess = self.attempt("ann 192.0.2.7", "wrong", "192.0.2.8")
            self.failureResultOf(guess, InvalidCredentials)
        self.successResultOf(self.attempt("ann", "old", "192.0.2.7"))

    def test_resetWins(self) -> None:
        """A password that an admin sets is not overwritten by whoever knew the old one."""
        late: list[tuple[Deferred[object], Any]] = []

        def inThread(function: Any, *arguments: object) -> Deferred[object]:
            late.append((Deferred(), lambda: function(*arguments)))
            return late[-1][0]

        token, _ = self.successResultOf(self.attempt("ann", "old"))
        session = self.logins.session(token, "192.0.2.1")
        self.logins._hashing = Passwords(inThread)
        thief = Deferred.fromCoroutine(
            self.logins.changePassword(session, "old", "a password of a thief's", "192.0.2.9")
        )
        update = self.users.update("ann", password="a password of the admin's")
        self.successResultOf(Deferred.fromCoroutine(update))
        waiting, work = late[0]
        waiting.callback(work())
        self.failureResultOf(thief, InvalidCredentials)
        self.logins = self.another()
        self.successResultOf(self.attempt("ann", "a password of the admin's"))

    def test_endedForGood(self) -> None:
        """What ended with a password or a user does not come back with the next daemon."""
        for change in ({"password": "a meadow full of sheep"}, {"disabled": True}):
            self.users = self.logins._users
            given: Any = change
            token, _ = self.successResultOf(self.attempt("ann", "old"))
            # As where the daemon has no logins of its own: nothing else deletes tokens.
            self.users._hub = Hub()
            self.successResultOf(Deferred.fromCoroutine(self.users.update("ann", **given)))
            self.assertEqual(loadTokens(self.connection), [])
            self.logins = self.another()
            self.assertRaises(TokenInvalid, self.logins.session, token, "192.0.2.1")
            back = self.users.update("ann", disabled=False)
            self.successResultOf(Deferred.fromCoroutine(back))
            self.connection.execute("UPDATE users SET password = ? WHERE name = 'ann'", (weak,))
            self.logins = self.another()

    def test_ownerGone(self) -> None:
        """A server can't be made for somebody who is not there any more."""
        row = ServerRow("x", "t", "", {}, {})
        self.failureResultOf(self.store.servers.addServer(row, "nobody", ["view"]), NoSuchUser)
        self.assertEqual(loadServers(self.connection), [])

    def test_addressThrottle(self) -> None:
        """An address has its number of login tokens and of logins; another does not notice."""
        for _ in range(int(loginBurst)):
            self.logins.ticket("192.0.2.1")
        self.assertRaises(TooManyRequests, self.logins.ticket, "192.0.2.1")
        self.logins.ticket("192.0.2.2")
        for _ in range(int(loginBurst)):
            self.logins.admit("192.0.2.1")
        self.assertRaises(TooManyRequests, self.logins.admit, "192.0.2.1")
        self.logins.admit("192.0.2.2")
        self.clock.advance(1 / loginRate)
        self.logins.admit("192.0.2.1")
        self.logins.ticket("192.0.2.1")

    def test_difficulty(self) -> None:
        """An address that fails gets harder proofs, within bounds; no other does."""
        base = proofDifficulty
        got = []
        for _ in range(7):
            got.append(self.logins.ticket("192.0.2.1")[1] - base)
            self.failureResultOf(self.attempt("x", "wrong"), InvalidCredentials)
            self.clock.advance(100)
        self.assertEqual(got, [0, 1, 2, 3, 4, 5, 5])
        self.assertEqual(self.logins.ticket("192.0.2.2")[1], base)
        self.clock.advance(throttle.forgetSeconds)
        self.assertEqual(self.logins.ticket("192.0.2.1")[1], base)

    def test_load(self) -> None:
        """A full queue of passwords makes the next logins a little harder for all."""
        late: list[Deferred[object]] = []

        def inThread(*arguments: object) -> Deferred[object]:
            late.append(Deferred())
            return late[-1]

        self.logins._hashing = Passwords(inThread)
        got = []
        for number in range(passwords.maxQueued):
            got.append(self.logins.ticket("192.0.2.2")[1] - proofDifficulty)
            self.attempt(f"u{number}", "x", f"192.0.2.{number}")
        self.assertEqual(got, [0] * 4 + [1] * 4 + [2] * 4 + [3] * 4)
        self.failureResultOf(self.attempt("ann", "x", "192.0.2.77"), Busy)
        self.assertEqual(self.mustWait("ann"), 0)

    def test_sameWork(self) -> None:
        """Whoever is refused has cost one hash of the same parameters, whoever they are."""
        hashes: list[str] = []

        def verify(hash: str, password: str) -> bool:
            hashes.append(hash)
            return False

        self.patch(passwords, "verifyNow", verify)
        self.successResultOf(
            Deferred.fromCoroutine(
                self.users.create(UserRow("bob", None), "a meadow full of sheep")
            )
        )
        for username in ("bob", "nobody", "disabled", "elsewhere"):
            self.failureResultOf(self.attempt(username, "x"), InvalidCredentials)
        parameters = {hash.rpartition("$")[0].rpartition("$")[0] for hash in hashes}
        self.assertEqual((len(hashes), len(parameters)), (4, 1), parameters)

    def test_useIsStored(self) -> None:
        """When a token was used is stored in a while, and counts for the next daemon."""
        token, _ = self.successResultOf(self.login("ann", "old"))
        self.clock.advance(idleSeconds - 100)
        self.now += idleSeconds - 100
        self.logins.session(token, "192.0.2.1")
        self.clock.advance(60)
        self.now += 60
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.now += 1000
        self.another().session(token, "192.0.2.1")

    def test_firstUser(self) -> None:
        """At the very first start there is an admin, whose password only a file holds."""
        state = self.mktemp()
        os.mkdir(state)
        self.assertIsNone(makeFirstUser(self.connection, state))
        _, connection = memoryStore()
        made = makeFirstUser(connection, state)
        assert made is not None
        name, password = made
        self.assertEqual(name, "admin")
        path = os.path.join(state, "admin-password")
        with open(path) as file:
            self.assertEqual(file.read(), password + "\n")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        [row] = loadUsers(connection)
        self.assertEqual((row.name, row.admin), ("admin", True))
        policy.check(password, name)
        self.assertIsNone(makeFirstUser(connection, state))
