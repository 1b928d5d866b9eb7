"""Tests of the stored stream of events."""
