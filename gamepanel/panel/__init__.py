"""The page that people see; C{make page} builds what L{gamepanel.web.panel} serves of it."""
