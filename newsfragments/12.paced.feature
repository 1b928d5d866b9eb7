What a busy console prints reaches those who watch it sooner, mostly within 2 to 6 ms, and takes less of a CPU: the daemon waits the longer in between the longer it usually takes to send it to all.
