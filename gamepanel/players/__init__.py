"""Who plays: what lines and queries tell of it, kept and told."""
