The page shows admins what the host uses of its processors, memory and disk, now and over the last day, under "Host".
