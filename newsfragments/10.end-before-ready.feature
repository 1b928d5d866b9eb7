A game that ends before it was ready is a failed start whatever its exit code, and the reason quotes its last lines; a start that was begun by the restart policy and fails is tried again.
