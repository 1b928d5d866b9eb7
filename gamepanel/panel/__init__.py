"""The page that people see: files, served as they are by L{gamepanel.web.panel}."""
