The audit trail and its page show what was typed into consoles, up to 200 characters.
