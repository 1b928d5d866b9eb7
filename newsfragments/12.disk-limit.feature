A server's directory can have a limit (`diskLimit`, in MiB): beyond it a start is refused with 507 `quota_exceeded`, and a game that runs is told of by the event `disk_limit`.
