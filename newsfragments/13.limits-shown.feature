The status of a server tells its limits of memory and CPU (`limits`); the page shows them as bars in the list and as lines in graphs.
