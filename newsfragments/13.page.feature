The page is drawn anew for fifty servers: a list with filters, groups, pins and bulk actions, Ctrl-K, tabs, light and dark themes, and a bar at the bottom on phones.
