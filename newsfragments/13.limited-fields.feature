Fields of limited length tell how many characters are used; the form of a new server links to the homepage of its game, which `server_create_options` with a `type` names.
