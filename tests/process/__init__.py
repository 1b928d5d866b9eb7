"""Tests of processes that outlive the daemon."""
