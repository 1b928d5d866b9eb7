The last event of a stream, `end`, says why: `no_such_server` or `token_invalid`. Streams are answered at once, also where there is nothing to tell yet, and begin with `retry: 1000`.
