"""
Why a config file can't be edited.
"""


class CannotHold(Exception):
    """A file can't be read, or its format has no way to write a value; the text says which."""
