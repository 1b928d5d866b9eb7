"""Who may do what: users, passwords, tokens, rights."""
