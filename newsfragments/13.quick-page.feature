The page is there sooner over slow networks: one style sheet, words and the page that one comes for are asked for at once, and nothing jumps while it loads.
