"""genrelab gives songs their genre, and announces the accuracy you will get."""
