`gamepanel import` takes over lines that an install script adds to a file or sets with `sed`, and reads more of what only bash has.
