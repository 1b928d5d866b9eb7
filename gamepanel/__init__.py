"""
gamepanel: runs game servers on one host, keeps what they print, hands them
what people type, and answers a JSON API.
"""

__version__ = "0.1.0"
