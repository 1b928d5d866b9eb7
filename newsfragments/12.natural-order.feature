`gamepanel ls` lists servers as people count, `arena2` before `arena10`.
