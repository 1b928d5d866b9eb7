In the list of servers `r` restarts, `c` copies the address, `p` pins and arrows move; menus name these keys and take them. On a server's page `[` and `]` go to the server before and behind.
