"""Tickets, each for one download."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.accounts.tickets import Thing, Tickets, maxTickets, ticketSeconds
from gamepanel.base.errors import TokenInvalid

map: Thing = ("file", 1, "world/map")


class TicketTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.tickets = Tickets(self.clock.seconds)

    def test_once(self) -> None:
        """A ticket is good once, for one thing; what it is not good for does not use it up."""
        ticket = self.tickets.issue("ann", "secret", map)
        self.assertEqual(self.tickets.find(ticket).token, "secret")
        for other in (("file", 1, "world"), ("file", 2, "world/map"), ("job", 1, "world/map")):
            self.assertRaises(TokenInvalid, self.tickets.use, ticket, other)
        self.tickets.use(ticket, map)
        self.assertRaises(TokenInvalid, self.tickets.use, ticket, map)
        self.assertRaises(TokenInvalid, self.tickets.find, ticket)

    def test_late(self) -> None:
        """A ticket is good for a minute."""
        ticket = self.tickets.issue("ann", "secret", map)
        self.clock.advance(ticketSeconds - 1)
        self.tickets.find(ticket)
        self.clock.advance(1)
        self.assertRaises(TokenInvalid, self.tickets.use, ticket, map)
        self.tickets.issue("ann", "secret", map)
        self.assertEqual(len(self.tickets._tickets), 1)

    def test_many(self) -> None:
        """Of one user too many, the oldest gives way; those of others stay."""
        other = self.tickets.issue("bob", "other", map)
        mine = [self.tickets.issue("ann", "secret", map) for _ in range(maxTickets + 1)]
        self.assertEqual(len(set(mine)), maxTickets + 1)
        self.assertRaises(TokenInvalid, self.tickets.find, mine[0])
        for ticket in (other, *mine[1:]):
            self.tickets.find(ticket)
