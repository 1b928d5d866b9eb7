import sys
from tempfile import TemporaryDirectory

from setuptools import setup

if sys.hexversion < 0x030B0000:
    # Before pip looks for what we need: in the end it blames that.
    sys.exit(f"gamepanel needs Python 3.11 or newer; this is {sys.version.split()[0]}")

with TemporaryDirectory(prefix="gamepanel-build-") as place:
    setup(
        options={
            # In a flat layout the default editable install hides twisted/plugins from
            # twistd; "compat" puts the checkout itself on the path.
            "editable_wheel": {"mode": "compat"},
            # All of "build" goes into a wheel, also what an earlier build has left there and
            # is no longer in the checkout.
            "build": {"build_base": place},
        }
    )
