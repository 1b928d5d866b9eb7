`gamepanel reset-password USER --state DIR` lets an administrator in again who can't log in any more, and a daemon without one says so at its start.
