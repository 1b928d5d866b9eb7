"""Asks games whether they are well and who plays: a child process does it for all servers."""
