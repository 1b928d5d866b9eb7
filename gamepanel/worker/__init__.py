"""The program that does a job: C{python -m gamepanel.worker DIRECTORY}."""
