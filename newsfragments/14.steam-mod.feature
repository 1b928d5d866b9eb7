A step of SteamCMD may say which game of 90 it installs (`mod = "cstrike"`), and `gamepanel import` takes it over, and start commands that stand in quotes.
