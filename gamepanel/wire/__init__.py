"""
The API as types: what goes over the wire, and nothing of the daemon.
"""
