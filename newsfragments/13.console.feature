The console shows the end of a log first, rules between runs, time stamps, warnings and errors in colour, links, carriage returns as a terminal does; it completes commands and finds from the newest.
