The form for a new server proposes ports that no server and no other program of the host has.
