`gamepanel import` asks the host for the programs that a template of PufferPanel requires, and tells images for containers where it has nothing else.
