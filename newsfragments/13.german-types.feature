In German, the page shows what the shipped type files say in German, too: descriptions, tags, options, hints and actions. Who reads English loads nothing of it.
