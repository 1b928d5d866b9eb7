When all connections are taken, the idlest of the greediest source goes for a new one, and some are kept for the host itself and for trusted proxies.
