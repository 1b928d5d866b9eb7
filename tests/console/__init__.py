"""Tests of the console log."""
