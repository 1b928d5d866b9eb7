Each type of the catalogue says what its backups leave out, and how its game is made to save, or to hold still, before it is copied.
