"""Tests of real game servers."""
