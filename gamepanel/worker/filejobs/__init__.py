"""Jobs with files of people: copies, archives, downloads from elsewhere."""
