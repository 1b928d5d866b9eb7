"""Running game servers: their life, their process, their console."""
