The page has keys of one letter, listed by `?`, that can be turned off under *Account*.
