Beside the console stands a curve of the players, too; in the list of people no chip counts nobody.
