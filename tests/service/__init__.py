"""Tests of the daemon's process: signals, logs, TLS."""
