Types of the catalogue say how their console is reached, and how their servers are asked who plays.
