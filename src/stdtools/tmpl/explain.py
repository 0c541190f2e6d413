"""The scripts that --explain prints: string.Template, and the readers of the standard library."""
