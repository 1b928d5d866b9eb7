"""Schedules of servers: when each is due, and what it does then."""
