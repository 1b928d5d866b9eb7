An event `changed` tells who has changed which settings of a server, or its type: their names, never their values.
