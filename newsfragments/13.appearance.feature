Lists and the status of servers tell the title and icon of the type, the server's tags (a setting of each server) and its ports (`typeTitle`, `icon`, `tags`, `ports`).
