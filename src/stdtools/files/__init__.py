"""Names of files taken apart and put together, and a file that is both the source and the target of a pipeline."""
