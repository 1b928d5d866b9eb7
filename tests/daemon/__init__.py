"""Tests of a whole daemon, in a process of its own."""
