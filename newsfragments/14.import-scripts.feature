`gamepanel import` takes over packages of projects below the server's directory, what else `npm`, `yarn` and `npx` do in one, and versions that `sed` and `grep` cut out of pages.
