"""Tests of the project itself: its layers, its packages, its commands."""
