An automatic restart comes at the earliest 1 s after the last start, whatever the settings say: a game that ends at once no longer keeps the host busy. What people ask for is not delayed.
