Java runtimes that were brought for servers and that none of them needs any more are removed.
