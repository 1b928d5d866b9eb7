"""
The daemon as a service of its host: its log, its addresses, signals, systemd, and how a start
fails.
"""
