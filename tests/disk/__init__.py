"""Tests of what must be on the disk."""
