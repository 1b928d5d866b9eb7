"""Tests of the programs that do jobs."""
