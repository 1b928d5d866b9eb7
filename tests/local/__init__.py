"""Tests of commands that need no daemon."""
