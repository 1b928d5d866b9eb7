`job_running` names the job that is in the way, so that a client can wait for it, and `port_in_use` has its port, the server that has it (where one may see it) and the next free port as data.
