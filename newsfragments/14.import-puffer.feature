`gamepanel import` takes over more of PufferPanel's templates: consoles by telnet and RCON, output from a file, exit codes, queries, `spongedl`, `alterfile`, and conditions with brackets and lists.
