from tempfile import TemporaryDirectory

from setuptools import setup

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
