"""Tests of the Python client and the command."""
