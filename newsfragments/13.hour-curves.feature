The small CPU curves of the list show the last hour, from before the page was opened.
