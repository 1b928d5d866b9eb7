The page has a tab Schedules: each as a sentence, a form of days and times, events or cron lines with the next times, templates to start from, the run that goes on and the last ones.
