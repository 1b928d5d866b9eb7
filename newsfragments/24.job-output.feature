The page shows what the programs of an installation or update print: while it goes on, below the reason when it has failed, and in *Activity* afterwards.
