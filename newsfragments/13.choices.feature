In German, what can be chosen for the options of shipped types is German, too.
