flying-squid is installed and updated from npm's registry. Certificates that `SSL_CERT_FILE`, `SSL_CERT_DIR` and `NODE_EXTRA_CA_CERTS` of the daemon name hold for installs, too.
