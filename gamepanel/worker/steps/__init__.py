"""Performs the install steps of a type, in the process of a job."""
