"""The console log: the ring of bytes, its file, and all that reads or writes it."""
