"""Finding and walking: the files below a directory."""
