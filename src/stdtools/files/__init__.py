"""Files and trees copied or moved, names taken apart, and a file that is both source and target of a pipeline."""
