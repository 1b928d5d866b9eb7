piqueserver is installed and updated from PyPI; it takes Python 3.11 on the host. Servers whose piqueserver is on the PATH go on with that.
