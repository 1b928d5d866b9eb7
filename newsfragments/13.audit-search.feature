Filters of the audit page look through older entries, too, not only through those that are shown.
