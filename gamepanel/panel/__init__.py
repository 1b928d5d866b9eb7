"""The page that people see: what L{gamepanel.web.panel} serves, joined or as it is."""
