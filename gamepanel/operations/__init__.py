"""
What a person may do: check the right, act, write the audit entry, once for all who ask.
"""
