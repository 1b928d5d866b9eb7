The API describes itself (OpenAPI 3.1 at `openapi.json`), a Python client follows consoles through anything, and the command `gamepanel` does everything from a shell.
