The settings of a server mark the section that is read, and what happened can be searched for words.
