"""What all parts share: errors, listeners, threads and their pools, slices of long work, timers."""
