A type or a setting that there is not is answered with the one that may have been meant, and an id that is none with what an id has.
