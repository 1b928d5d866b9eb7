Tables of the command fit the terminal: in lists a line is a server and ends with `…` where there is no more room, elsewhere what does not fit goes on below itself.
