`--hsts SECONDS` tells browsers to use nothing but https for this host name, on all of its ports; it is off by default.
