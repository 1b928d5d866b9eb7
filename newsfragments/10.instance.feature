`config` has `instance`, a random name by which a client knows a daemon under all its addresses.
