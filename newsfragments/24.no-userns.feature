Where the daemon is not root, an isolated game can make no user namespace of its own (bubblewrap 0.8 or newer), through which most holes of the kernel are reached.
