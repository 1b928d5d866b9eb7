`gamepanel import` takes over links that scripts cut out of pages with several tools, and a second word for what is newest.
