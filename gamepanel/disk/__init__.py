"""Files that must be on the disk, and what is said when the disk takes nothing."""
