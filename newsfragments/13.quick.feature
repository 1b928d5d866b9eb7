`gamepanel` needs a third of the time: commands that ask once no longer import Twisted.
