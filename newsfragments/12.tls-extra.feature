What https takes is the extra `gamepanel[tls]`: without it the daemon needs 7 MB less of memory, and whatever wants TLS says what to install.
