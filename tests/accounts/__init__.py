"""Tests of accounts, logins and rights."""
