`[players]` of a type can have `rename`, the pattern of a line that says that a player has another name: he leaves under the old one and joins under the new one. OpenTTD has it.
