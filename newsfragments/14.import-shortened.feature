`gamepanel import` takes over what scripts cut out of values that they look up (`cut`, `sed`, `ltrimstr`, `${TAG#v}`), documents that are one of several, and NeoForge's list of versions.
