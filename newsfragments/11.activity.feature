The page lists what happened, on each server and for all servers under "Activity": in English and German, live, with older events on a button.
