An installation whose steps run no programs has no process that could run any.
