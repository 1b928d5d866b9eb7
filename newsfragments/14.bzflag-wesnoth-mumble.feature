The catalogue has BZFlag, The Battle for Wesnoth and Mumble, and a page in the reference lists all games that it has, and which of them are tested.
