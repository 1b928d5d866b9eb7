The status of a server tells what is installed (`installed`) and which job it has (`job`), its console tells each step of an installation, and `gamepanel job N --follow` shows how far it is.
