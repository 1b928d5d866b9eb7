"""A process for each server in use, which alone touches the files of its game for people."""
