The page tells why jobs failed in German, too.
