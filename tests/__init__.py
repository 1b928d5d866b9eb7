"""What gamepanel is held to."""
