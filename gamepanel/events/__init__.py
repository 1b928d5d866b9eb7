"""The stored stream of what happened: numbered, bounded, told once it is on the disk."""
