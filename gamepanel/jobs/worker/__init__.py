"""The program that does a job: C{python -m gamepanel.jobs.worker DIRECTORY}."""
