Types of the catalogue know who joins, leaves and speaks in 41 games, and how players are kicked or banned in 25 of them.
