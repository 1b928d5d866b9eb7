Schedules: what is done with a server at certain times (cron lines with a time zone) or when something happens; made, listed and changed through the API.
