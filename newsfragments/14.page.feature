The page tells of installs and updates as they go on (steps, bytes, speed, time left, Cancel), which version is out, and marks types that nobody has run in tests.
