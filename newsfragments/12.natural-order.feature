`gamepanel ls` lists servers as people count, `arena2` before `arena10`, as the page does.
