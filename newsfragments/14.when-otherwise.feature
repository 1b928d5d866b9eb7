A type's arguments may depend on an option in both ways: `{ when = "pvp", add = ["--pvp"], otherwise = ["--pve"] }`.
