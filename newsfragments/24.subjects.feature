With `--auth url` a user's record is bound to the issuer's `sub` where that is given: a name made anew at the issuer does not inherit the old one's rights.
