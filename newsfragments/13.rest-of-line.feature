`gamepanel cmd ID say hello world` types the rest of the line, and `gamepanel login` takes an address without a scheme, such as `127.0.0.1:8080`.
