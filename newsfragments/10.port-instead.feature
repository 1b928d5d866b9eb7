The message of a port that another server has also names the next one that nobody has: 25576 where 25566 belongs to a server called creative, say.
