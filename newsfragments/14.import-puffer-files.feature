`gamepanel import` sets lines and JSON that PufferPanel's templates write before each start then, not once, and shows escaped texts of Minecraft's `server.properties` as people write them.
