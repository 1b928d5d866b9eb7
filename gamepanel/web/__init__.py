"""HTTP to a call below, an answer back."""
