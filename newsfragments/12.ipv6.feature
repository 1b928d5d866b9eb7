Limits hold for the /56 and the /48 around an IPv6 address, too, not only for its /64.
