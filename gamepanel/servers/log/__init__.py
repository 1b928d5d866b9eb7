"""The byte-offset log of a server: a ring in a mapped file."""
