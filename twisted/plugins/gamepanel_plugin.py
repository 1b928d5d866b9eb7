"""Makes C{twistd gamepanel} appear."""

from twisted.application.service import ServiceMaker

gamepanel = ServiceMaker(
    "gamepanel",
    "gamepanel.tap",
    "Run game servers and serve a JSON API to look after them.",
    "gamepanel",
)
