Answers of over 8 KiB are gzip-encoded for clients that allow it, except those that hold a secret.
