The page has a tab with the players of a server: who is on and since when, who was seen, how many over time, and actions that ask first.
