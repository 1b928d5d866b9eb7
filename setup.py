from setuptools import setup

# In a flat layout the default editable install hides twisted/plugins from
# twistd; "compat" puts the checkout itself on the path.
setup(options={"editable_wheel": {"mode": "compat"}})
