"""Tests of players, and what games are asked."""
