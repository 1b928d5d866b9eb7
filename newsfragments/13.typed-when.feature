What completes a command tells when it was typed, and marks what stands there already.
