A bad token in the header is answered `token_invalid` before anything looks at the body, and each endpoint has a limit of its own for its body (most 4 KiB).
