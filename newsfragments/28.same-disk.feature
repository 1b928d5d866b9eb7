The tab Backups tells administrators once where backups lie on the disk of the games; `host_status` has `backupsOnSameDisk`.
