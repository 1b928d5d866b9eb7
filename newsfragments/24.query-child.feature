The process that asks games is nobody's where the daemon is root, and opens, by Landlock, no file but what Python imports.
