On touch screens Stop and Restart ask first while players are on.
