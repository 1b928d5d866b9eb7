"""Tests of types of servers."""
