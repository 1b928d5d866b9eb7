Settings are in sections, count their changes and say what waits for a restart; destroying a server asks in a dialog.
