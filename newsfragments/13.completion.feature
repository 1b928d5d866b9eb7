Shells complete options, settings and their values, tags, users and rights, too; in bash also behind `=` and `:`.
