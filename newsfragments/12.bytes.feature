An address pays for the bytes of its requests as it pays for requests (429).
