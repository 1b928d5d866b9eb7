The files of a destroyed server are deleted by a job outside the daemon (`job_list`, `job_status`, `job_log`, `job_cancel`), which goes on when the daemon ends.
